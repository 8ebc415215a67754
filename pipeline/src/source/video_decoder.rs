//! Decoding the frames of a video file, one after the other.

use std::path::{Path, PathBuf};

use mvmhat_scene::FrameNumber;
use opencv::core::Mat;
use opencv::prelude::*;
use opencv::videoio::{self, VideoCapture};

use super::{FrameError, mp4};
use crate::ffmpeg_path::ffmpeg_path;

/// A video that is being decoded.
pub(super) struct VideoDecoder {
    path: PathBuf,
    capture: VideoCapture,
    /// Frames read or passed over so far.
    read: u64,
    /// Frames the file should have; an estimate where they are not `counted`.
    announced: u64,
    counted: bool,
}

/// What the decoder has next.
pub(super) enum Decoded {
    /// An image, as it is stored.
    Image(Mat),
    /// A frame that was passed over.
    PassedOver,
    /// The video is over as it should be.
    End,
    /// The video is over too early.
    Error(FrameError),
}

impl VideoDecoder {
    /// Opens a video.
    ///
    /// # Errors
    /// A file that is not there, is empty, or that OpenCV cannot open.
    pub(super) fn open(path: &Path) -> Result<Self, FrameError> {
        let name = path.display();
        let bytes = std::fs::metadata(path).map_err(|e| FrameError::Source(format!("{name}: {e}")))?.len();
        if bytes == 0 {
            return Err(FrameError::Source(format!("{name}: the file is empty (0 bytes)")));
        }
        let capture = ffmpeg_path(path)
            .to_str()
            .and_then(|p| VideoCapture::from_file(p, videoio::CAP_ANY).ok())
            .filter(|c| c.is_opened().unwrap_or(false));
        let Some(capture) = capture else {
            return Err(FrameError::Source(format!(
                "{name}: OpenCV cannot open this video; is it complete, and of a kind that `ffmpeg` reads?"
            )));
        };
        let frames = positive(&capture, videoio::CAP_PROP_FRAME_COUNT).unwrap_or(0.0) as u64;
        // These containers count their frames; of others OpenCV has only an estimate from their duration.
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let counted = ["avi", "m4v", "mov", "mp4"].contains(&extension.as_str());
        Ok(Self { path: path.to_path_buf(), capture, read: 0, announced: frames, counted })
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Frames per second, where the file says.
    pub(super) fn fps(&self) -> Option<f64> {
        positive(&self.capture, videoio::CAP_PROP_FPS)
    }

    /// Frames the file should have.
    pub(super) fn announced(&self) -> u64 {
        self.announced
    }

    /// The number of the next frame: frames of a video are numbered from 1.
    pub(super) fn next_number(&self) -> Option<FrameNumber> {
        Some(FrameNumber((self.read + 1).try_into().ok()?))
    }

    /// Decodes the next frame, or passes over it, which spares its conversion to BGR. `first` and `last` bound the frames
    /// that are wanted, for the count of those that are missing.
    pub(super) fn decode(&mut self, is_wanted: bool, first: FrameNumber, last: FrameNumber) -> Decoded {
        let mut image = Mat::default();
        let there = if is_wanted { self.capture.read(&mut image) } else { self.capture.grab() };
        if !there.unwrap_or(false) || (is_wanted && image.empty()) {
            return self.end(first, last);
        }
        self.read += 1;
        if is_wanted { Decoded::Image(image) } else { Decoded::PassedOver }
    }

    /// Whether the end that was met is the one that was announced.
    fn end(&self, first: FrameNumber, last: FrameNumber) -> Decoded {
        let (read, announced) = (self.read, self.announced);
        let path = self.path.display();
        if read == 0 {
            return Decoded::Error(FrameError::Source(format!(
                "{path}: the video holds no image that can be decoded"
            )));
        }
        if read >= announced || !self.counted {
            return Decoded::End;
        }
        if mp4::is_whole(&self.path) {
            tracing::warn!(
                "{path}: {read} of its {announced} frames are shown: the others lie outside what it says is to be \
                 shown, or cannot be decoded"
            );
            return Decoded::End;
        }
        let first = (read + 1).max(u64::from(first.0));
        let lost = (announced.min(u64::from(last.0)) + 1).saturating_sub(first);
        Decoded::Error(FrameError::EndsEarly { path: path.to_string(), read, announced, lost })
    }
}

/// A property of a video, where it has a sensible one.
fn positive(capture: &VideoCapture, property: i32) -> Option<f64> {
    capture.get(property).ok().filter(|value| value.is_finite() && *value > 0.0)
}
