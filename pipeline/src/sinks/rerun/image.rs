//! What one camera shows in the viewer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mvmhat_scene::{Camera, FrameNumber, Rotation, Source};
use opencv::core::{Mat, Vector};
use opencv::imgproc::{self, INTER_AREA};
use opencv::prelude::*;
use opencv::videoio::{self, VideoCapture};
use opencv::{core, imgcodecs};
use rerun::components::VideoTimestamp;
use rerun::{AssetVideo, Clear, EncodedImage, EntityPath, RecordingStream, VideoFrameReference};

use crate::ffmpeg_path::ffmpeg_path;
use crate::sinks::replay::{self, Replay};

/// A larger video is not embedded: the viewer keeps assets in memory.
const LARGEST_VIDEO: u64 = 1 << 30;
/// Images that must be encoded again are scaled down to this many pixels on the longer side.
const LONGER_SIDE: u32 = 960;
const JPEG_QUALITY: i32 = 80;

/// The images of one camera, as cheaply as the source allows.
pub(super) enum Images {
    /// An MP4 that the viewer decodes itself, logged once: the presentation time of each frame, in nanoseconds.
    Video(Vec<i64>),
    /// JPEG and PNG files, logged as they are.
    Files(BTreeMap<FrameNumber, PathBuf>),
    /// Anything else, decoded, turned upright, scaled down and encoded as JPEG.
    Encoded {
        /// Where they come from.
        replay: Replay,
        /// Pixels shown a pixel of the source, at most 1.
        scale: f64,
    },
    /// No images at all.
    None,
}

impl Images {
    /// Chooses how a camera is shown; a video is logged to `path` as a whole.
    ///
    /// A video or image is logged as it is only if its pixels are where the boxes are: a camera that is turned, by
    /// the recording or by the video's own display matrix, is decoded.
    pub(super) fn open(camera: &Camera, stream: &RecordingStream, path: &EntityPath) -> Result<Self> {
        match &camera.source {
            Source::Video(file) if camera.rotation == Rotation::None && is_upright(file) => {
                match embeddable(file) {
                    Ok((asset, times)) => {
                        stream.log_static(path.clone(), &asset)?;
                        return Ok(Self::Video(times));
                    }
                    Err(why) => tracing::info!("camera {} is shown as single images: {why:#}", camera.name),
                }
            }
            Source::Images(files)
                if camera.rotation == Rotation::None && files.iter().all(|(_, f)| is_common(f)) =>
            {
                return Ok(Self::Files(files.iter().cloned().collect()));
            }
            Source::Video(_) | Source::Images(_) => {}
            Source::Detections => return Ok(Self::None),
        }
        Ok(match replay::image_size(camera) {
            Some(size) => {
                let scale = f64::from(LONGER_SIDE) / f64::from(size.width.max(size.height));
                Self::Encoded { replay: Replay::open(camera), scale: scale.min(1.0) }
            }
            None => Self::None,
        })
    }

    /// Pixels shown a pixel of the source.
    pub(super) fn scale(&self) -> f64 {
        match self {
            Self::Encoded { scale, .. } => *scale,
            _ => 1.0,
        }
    }

    /// Logs the image of a frame at the stream's time; takes the last one away where there is none.
    pub(super) fn log(
        &mut self,
        stream: &RecordingStream,
        path: &EntityPath,
        number: Option<FrameNumber>,
    ) -> Result<()> {
        let image = match (&mut *self, number) {
            (Self::None, _) => return Ok(()),
            (Self::Video(times), Some(FrameNumber(number))) => {
                // Videos are numbered from 1.
                if let Some(time) = (number as usize).checked_sub(1).and_then(|i| times.get(i)) {
                    let reference = VideoFrameReference::new(VideoTimestamp::from_nanos(*time));
                    return Ok(stream.log(path.clone(), &reference)?);
                }
                None
            }
            (Self::Files(files), Some(number)) => {
                files.get(&number).and_then(|file| std::fs::read(file).ok())
            }
            (Self::Encoded { replay, scale }, Some(number)) => match replay.image(number) {
                Some(image) => Some(jpeg(image.mat(), *scale)?),
                None => None,
            },
            (_, None) => None,
        };
        match image {
            Some(bytes) => stream.log(path.clone(), &EncodedImage::from_file_contents(bytes))?,
            None => stream.log(path.clone(), &Clear::flat())?,
        }
        Ok(())
    }
}

/// The video as an asset and the presentation times of its frames, or why the viewer could not show it.
fn embeddable(file: &Path) -> Result<(AssetVideo, Vec<i64>)> {
    let bytes = std::fs::metadata(file)?.len();
    anyhow::ensure!(bytes <= LARGEST_VIDEO, "{} has {} MB", file.display(), bytes >> 20);
    let asset = AssetVideo::from_file_path(file).with_context(|| file.display().to_string())?;
    let times = asset.read_frame_timestamps_nanos().with_context(|| file.display().to_string())?;
    Ok((asset, times))
}

/// Whether the pixels of a video are stored as they are shown: OpenCV obeys a display matrix, the viewer does not.
fn is_upright(file: &Path) -> bool {
    let angle = VideoCapture::from_file(ffmpeg_path(file), videoio::CAP_ANY)
        .and_then(|capture| capture.get(videoio::CAP_PROP_ORIENTATION_META));
    angle.is_ok_and(|angle| angle.rem_euclid(360.0) == 0.0)
}

/// Whether the viewer decodes files of this kind.
fn is_common(file: &Path) -> bool {
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    ["jpg", "jpeg", "png"].contains(&extension.as_str())
}

fn jpeg(image: &Mat, scale: f64) -> Result<Vec<u8>> {
    let mut small = Mat::default();
    imgproc::resize(image, &mut small, core::Size::default(), scale, scale, INTER_AREA)?;
    let mut bytes = Vector::new();
    let quality = Vector::from_slice(&[imgcodecs::IMWRITE_JPEG_QUALITY, JPEG_QUALITY]);
    imgcodecs::imencode(".jpg", &small, &mut bytes, &quality)?;
    Ok(bytes.to_vec())
}
