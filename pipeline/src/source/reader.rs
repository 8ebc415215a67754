//! Reading the images of one camera, in order, from a video or a folder of images.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mvmhat_detectors::Image;
use opencv::core::{self, Mat};
use opencv::prelude::*;
use opencv::videoio::{self, VideoCapture};
use mvmhat_scene::{Camera, FrameNumber, Rotation, Source};

use super::{DEFAULT_FPS, image_file, mp4};
use crate::ffmpeg_path::ffmpeg_path;

/// Why there is no image.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// This one frame cannot be read; the camera is absent at that timestep and goes on afterwards.
    #[error("{0}")]
    Frame(String),
    /// A video that announces more frames than it holds: all that it holds has been read.
    #[error(
        "{path}: the video ends after frame {read} of the {announced} it announces; is the file complete?"
    )]
    EndsEarly {
        /// The file.
        path: String,
        /// Frames that could be read.
        read: u64,
        /// Frames that the file's header announces.
        announced: u64,
        /// How many of those that were asked for are missing.
        lost: u64,
    },
    /// The camera cannot go on.
    #[error("{0}")]
    Source(String),
}

/// The images of one camera, in order: an iterator of frame numbers and images.
pub(crate) struct Reader {
    frames: Frames,
    rotation: Rotation,
    fps: f64,
    /// Width and height of the first image, as read.
    size: Option<(i32, i32)>,
    /// First frame wanted; earlier ones are passed over as cheaply as the source allows.
    first: FrameNumber,
    last: FrameNumber,
    /// The only frames wanted between these, if not all.
    among: Option<BTreeSet<FrameNumber>>,
    done: bool,
}

enum Frames {
    Video {
        path: PathBuf,
        capture: VideoCapture,
        read: u64,
        /// Frames the file should have; an estimate where it is not `counted`.
        announced: u64,
        counted: bool,
    },
    Images(std::iter::Peekable<std::vec::IntoIter<(FrameNumber, PathBuf)>>),
}

impl Reader {
    /// Opens the images of a camera.
    ///
    /// # Errors
    /// A video that cannot be opened, or a camera without images.
    pub(crate) fn open(camera: &Camera) -> Result<Self, ReadError> {
        let (frames, own_fps) = match &camera.source {
            Source::Video(path) => open_video(path)?,
            Source::Images(files) => (Frames::Images(files.clone().into_iter().peekable()), None),
            Source::Detections => {
                return Err(ReadError::Source(format!(
                    "camera {} has no images, only boxes: use `detector: file` and `embedder: file`",
                    camera.name
                )));
            }
        };
        Ok(Self {
            frames,
            rotation: camera.rotation,
            fps: camera.fps.or(own_fps).unwrap_or(DEFAULT_FPS),
            size: None,
            first: FrameNumber(0),
            last: FrameNumber(u32::MAX),
            among: None,
            done: false,
        })
    }

    /// Frames per second: what the recording says of this camera, else the video, else 25.
    pub(crate) fn fps(&self) -> f64 {
        self.fps
    }

    /// Reads only the frames from `first` to `last`, both included.
    pub(crate) fn between(mut self, first: FrameNumber, last: FrameNumber) -> Self {
        (self.first, self.last) = (first, last);
        self
    }

    /// Reads only these frames.
    pub(crate) fn among(self, frames: BTreeSet<FrameNumber>) -> Self {
        let none = (FrameNumber(1), FrameNumber(0));
        let (first, last) = frames.first().copied().zip(frames.last().copied()).unwrap_or(none);
        Self { among: Some(frames), ..self.between(first, last) }
    }

    fn wants(&self, number: FrameNumber) -> bool {
        self.first <= number && self.among.as_ref().is_none_or(|frames| frames.contains(&number))
    }

    /// How many frames are to come, as far as the source tells.
    pub(crate) fn expected(&self) -> u64 {
        let wanted = |n: FrameNumber| self.first <= n && n <= self.last;
        match &self.frames {
            Frames::Video { announced, .. } => {
                let last = u64::from(self.last.0).min(*announced);
                (last + 1).saturating_sub(u64::from(self.first.0).max(1))
            }
            Frames::Images(files) => files.clone().filter(|(number, _)| wanted(*number)).count() as u64,
        }
    }

    fn check(&mut self, image: Mat, what: &dyn Fn() -> String) -> Result<Image, ReadError> {
        let size = (image.cols(), image.rows());
        let expected = *self.size.get_or_insert(size);
        if size != expected {
            return Err(ReadError::Source(format!(
                "{}: the image is {}x{}, but this camera began with {}x{}; a camera must keep its resolution",
                what(),
                size.0,
                size.1,
                expected.0,
                expected.1
            )));
        }
        let turned =
            rotated(image, self.rotation).map_err(|e| ReadError::Source(format!("{}: {e}", what())))?;
        Image::new(turned).map_err(|e| ReadError::Source(format!("{}: {e}", what())))
    }

    fn next_of_video(&mut self) -> Option<(FrameNumber, Result<Image, ReadError>)> {
        loop {
            let Frames::Video { read, .. } = &self.frames else { return None };
            let number = FrameNumber((*read + 1).try_into().ok()?);
            if number > self.last {
                return None;
            }
            // Passing over a frame spares its conversion to BGR.
            let passed_over = !self.wants(number);
            let Frames::Video { path, capture, read, announced, counted } = &mut self.frames else {
                return None;
            };
            let mut image = Mat::default();
            let there = if passed_over { capture.grab() } else { capture.read(&mut image) };
            if !there.unwrap_or(false) || (!passed_over && image.empty()) {
                self.done = true;
                let error = match (*read, *announced) {
                    (0, _) => {
                        let path = path.display();
                        ReadError::Source(format!("{path}: the video holds no image that can be decoded"))
                    }
                    (read, announced) if read < announced && *counted => {
                        if mp4::is_whole(path) {
                            tracing::warn!(
                                "{}: {read} of its {announced} frames are shown: the others lie outside what it says is to be \
                                 shown, or cannot be decoded",
                                path.display()
                            );
                            return None;
                        }
                        let path = path.display().to_string();
                        let first = (read + 1).max(u64::from(self.first.0));
                        let lost = (announced.min(u64::from(self.last.0)) + 1).saturating_sub(first);
                        ReadError::EndsEarly { path, read, announced, lost }
                    }
                    _ => return None,
                };
                return Some((number, Err(error)));
            }
            *read += 1;
            if !passed_over {
                let name = path.clone();
                return Some((
                    number,
                    self.check(image, &|| format!("{}, frame {number}", name.display())),
                ));
            }
        }
    }

    fn next_of_images(&mut self) -> Option<(FrameNumber, Result<Image, ReadError>)> {
        let (number, path) = loop {
            let Frames::Images(files) = &mut self.frames else { return None };
            let (number, path) = files.next()?;
            if number > self.last {
                return None;
            }
            if self.wants(number) {
                break (number, path);
            }
        };
        let image = image_file::read(&path).map_err(ReadError::Frame);
        Some((number, image.and_then(|p| self.check(p, &|| path.display().to_string()))))
    }
}

impl Iterator for Reader {
    type Item = (FrameNumber, Result<Image, ReadError>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = match self.frames {
            Frames::Video { .. } => self.next_of_video(),
            Frames::Images(_) => self.next_of_images(),
        };
        self.done |= matches!(next, None | Some((_, Err(ReadError::Source(_)))));
        next
    }
}

fn open_video(path: &Path) -> Result<(Frames, Option<f64>), ReadError> {
    let name = path.display();
    let bytes = std::fs::metadata(path).map_err(|e| ReadError::Source(format!("{name}: {e}")))?.len();
    if bytes == 0 {
        return Err(ReadError::Source(format!("{name}: the file is empty (0 bytes)")));
    }
    let capture = ffmpeg_path(path)
        .to_str()
        .and_then(|p| VideoCapture::from_file(p, videoio::CAP_ANY).ok())
        .filter(|c| c.is_opened().unwrap_or(false));
    let Some(capture) = capture else {
        return Err(ReadError::Source(format!(
            "{name}: OpenCV cannot open this video; is it complete, and of a kind that `ffmpeg` reads?"
        )));
    };
    let number = |property| capture.get(property).ok().filter(|v| v.is_finite() && *v > 0.0);
    let fps = number(videoio::CAP_PROP_FPS);
    let announced = number(videoio::CAP_PROP_FRAME_COUNT).unwrap_or(0.0) as u64;
    // These containers count their frames; of others OpenCV has only an estimate from their duration.
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let counted = ["avi", "m4v", "mov", "mp4"].contains(&extension.as_str());
    Ok((Frames::Video { path: path.to_path_buf(), capture, read: 0, announced, counted }, fps))
}

fn rotated(image: Mat, rotation: Rotation) -> opencv::Result<Mat> {
    let code = match rotation {
        Rotation::None => return Ok(image),
        Rotation::Clockwise => core::ROTATE_90_CLOCKWISE,
        Rotation::UpsideDown => core::ROTATE_180,
        Rotation::Counterclockwise => core::ROTATE_90_COUNTERCLOCKWISE,
    };
    let mut turned = Mat::default();
    core::rotate(&image, &mut turned, code)?;
    Ok(turned)
}
