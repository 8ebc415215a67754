//! The images of one camera, in order, from a video or a folder of images.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mvmhat_detectors::Image;
use mvmhat_scene::{Camera, DEFAULT_FPS, FrameNumber, FrameRange, Rotation, Source};
use opencv::core::{self, Mat};
use opencv::prelude::*;

use super::video_decoder::{Decoded, VideoDecoder};
use super::{FrameError, image_file};

/// The images of one camera, in order: an iterator of frame numbers and images.
pub struct FrameReader {
    frames: Frames,
    rotation: Rotation,
    fps: f64,
    /// Width and height of the first image, as read.
    size: Option<(i32, i32)>,
    /// Frames wanted; earlier ones are passed over as cheaply as the source allows.
    range: FrameRange,
    /// The only frames wanted of them, if not all.
    only: Option<BTreeSet<FrameNumber>>,
    done: bool,
}

enum Frames {
    Video(VideoDecoder),
    Images(std::iter::Peekable<std::vec::IntoIter<(FrameNumber, PathBuf)>>),
}

impl FrameReader {
    /// Opens the images of a camera.
    ///
    /// # Errors
    /// A video that cannot be opened, or a camera without images.
    pub fn open(camera: &Camera) -> Result<Self, FrameError> {
        let (frames, own_fps) = match &camera.source {
            Source::Video(path) => {
                let video = VideoDecoder::open(path)?;
                let fps = video.fps();
                (Frames::Video(video), fps)
            }
            Source::Images(files) => (Frames::Images(files.clone().into_iter().peekable()), None),
            Source::Detections => {
                return Err(FrameError::Source(format!(
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
            range: FrameRange::default(),
            only: None,
            done: false,
        })
    }

    /// Frames per second: what the recording says of this camera, else the video, else 25.
    pub fn fps(&self) -> f64 {
        self.fps
    }

    /// Reads only the frames of a range.
    #[must_use]
    pub fn in_range(mut self, range: FrameRange) -> Self {
        self.range = range;
        self
    }

    /// Reads only these frames.
    #[must_use]
    pub fn only(self, frames: BTreeSet<FrameNumber>) -> Self {
        let none = (FrameNumber(1), FrameNumber(0));
        let (first, last) = frames.first().copied().zip(frames.last().copied()).unwrap_or(none);
        Self { only: Some(frames), ..self.in_range(FrameRange { first, last }) }
    }

    /// How many frames are to come, as far as the source tells.
    pub fn expected(&self) -> u64 {
        let FrameRange { first, last } = self.range;
        match &self.frames {
            Frames::Video(video) => {
                let last = u64::from(last.0).min(video.announced());
                (last + 1).saturating_sub(u64::from(first.0).max(1))
            }
            Frames::Images(files) => {
                files.clone().filter(|(number, _)| self.range.contains(*number)).count() as u64
            }
        }
    }

    fn wants(&self, number: FrameNumber) -> bool {
        self.range.first <= number && self.only.as_ref().is_none_or(|frames| frames.contains(&number))
    }

    /// An image turned upright, if it has the size of the first one.
    fn check(&mut self, image: Mat, what: &dyn Fn() -> String) -> Result<Image, FrameError> {
        let size = (image.cols(), image.rows());
        let expected = *self.size.get_or_insert(size);
        if size != expected {
            return Err(FrameError::Source(format!(
                "{}: the image is {}x{}, but this camera began with {}x{}; a camera must keep its resolution",
                what(),
                size.0,
                size.1,
                expected.0,
                expected.1
            )));
        }
        let cannot = |e: &dyn std::fmt::Display| FrameError::Source(format!("{}: {e}", what()));
        let upright = rotated(image, self.rotation).map_err(|e| cannot(&e))?;
        Image::new(upright).map_err(|e| cannot(&e))
    }

    fn next_of_video(&mut self) -> Option<(FrameNumber, Result<Image, FrameError>)> {
        loop {
            let Frames::Video(video) = &self.frames else { return None };
            let number = video.next_number()?;
            if number > self.range.last {
                return None;
            }
            let is_wanted = self.wants(number);
            let FrameRange { first, last } = self.range;
            let Frames::Video(video) = &mut self.frames else { return None };
            match video.decode(is_wanted, first, last) {
                Decoded::PassedOver => {}
                Decoded::Image(image) => {
                    let path = video.path().to_path_buf();
                    let what = || format!("{}, frame {number}", path.display());
                    return Some((number, self.check(image, &what)));
                }
                Decoded::End => {
                    self.done = true;
                    return None;
                }
                Decoded::Error(error) => {
                    self.done = true;
                    return Some((number, Err(error)));
                }
            }
        }
    }

    fn next_of_images(&mut self) -> Option<(FrameNumber, Result<Image, FrameError>)> {
        let (number, path) = loop {
            let Frames::Images(files) = &mut self.frames else { return None };
            let (number, path) = files.next()?;
            if number > self.range.last {
                return None;
            }
            if self.wants(number) {
                break (number, path);
            }
        };
        let image = image_file::read(&path).map_err(FrameError::Frame);
        Some((number, image.and_then(|image| self.check(image, &|| path.display().to_string()))))
    }
}

impl Iterator for FrameReader {
    type Item = (FrameNumber, Result<Image, FrameError>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = match self.frames {
            Frames::Video(_) => self.next_of_video(),
            Frames::Images(_) => self.next_of_images(),
        };
        self.done |= matches!(next, None | Some((_, Err(FrameError::Source(_)))));
        next
    }
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
