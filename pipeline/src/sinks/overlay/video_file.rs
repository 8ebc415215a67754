//! A video file that appears complete or not at all.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use opencv::core::{self, Mat};
use opencv::prelude::*;
use opencv::videoio::{self, VideoCapture, VideoWriter};

use crate::sinks::mosaic::Size;

/// H.264 plays everywhere, in browsers too. MPEG-4 part 2 is what every FFmpeg can encode.
const CODECS: [(&str, [char; 4]); 2] = [("H.264", ['a', 'v', 'c', '1']), ("MPEG-4", ['m', 'p', '4', 'v'])];

/// Writes an MP4 under a temporary name in the same folder and gives it its own name when it is complete.
pub(super) struct VideoFile {
    writer: VideoWriter,
    path: PathBuf,
    partial: PathBuf,
    frames: u64,
}

impl VideoFile {
    /// Begins the video that will be `path`.
    ///
    /// # Errors
    /// Where OpenCV has no encoder, or the folder cannot be written.
    pub(super) fn create(path: &Path, fps: f64, size: Size) -> Result<Self> {
        // FFmpeg knows the container by the name, so the extension stays.
        let partial = path.with_extension("partial.mp4");
        // Tried here because OpenCV does not say why it cannot open a file.
        std::fs::File::create(&partial).with_context(|| format!("{}: cannot be written", path.display()))?;
        let frame_size = core::Size::new(size.width as i32, size.height as i32);
        for (name, [a, b, c, d]) in CODECS {
            let code = VideoWriter::fourcc(a, b, c, d)?;
            let writer =
                VideoWriter::new_with_backend(&partial, videoio::CAP_FFMPEG, code, fps, frame_size, true);
            let Some(writer) = writer.ok().filter(|w| w.is_opened().unwrap_or(false)) else { continue };
            if name != CODECS[0].0 {
                tracing::warn!(
                    "OpenCV's FFmpeg has no H.264 encoder: the overlay is {name}, which browsers do not play"
                );
            }
            return Ok(Self { writer, path: path.to_path_buf(), partial, frames: 0 });
        }
        std::fs::remove_file(&partial).ok();
        bail!(
            "{}: OpenCV can encode neither H.264 nor MPEG-4 at {}x{}, {fps} frames per second; \
             is its FFmpeg back end there? `mvmhat doctor` tells",
            path.display(),
            size.width,
            size.height
        );
    }

    /// Appends a picture: BGR, 8 bit, of the size the video was created with.
    pub(super) fn write(&mut self, picture: &Mat) -> Result<()> {
        self.writer.write(picture)?;
        self.frames += 1;
        Ok(())
    }

    /// Completes the file and gives it its name. A video without a picture leaves no file.
    ///
    /// # Errors
    /// Where the file is not whole: OpenCV does not report a full disk while it writes.
    pub(super) fn finish(mut self) -> Result<()> {
        self.writer.release()?;
        if self.frames == 0 {
            return Ok(());
        }
        let written = VideoCapture::from_file(&self.partial, videoio::CAP_FFMPEG)
            .and_then(|capture| capture.get(videoio::CAP_PROP_FRAME_COUNT))
            .unwrap_or(0.0);
        if written < self.frames as f64 {
            bail!(
                "{}: only {written} of {} frames reached the file; is the disk full?",
                self.path.display(),
                self.frames
            );
        }
        std::fs::rename(&self.partial, &self.path)
            .with_context(|| format!("{}: the finished video cannot take this name", self.path.display()))
    }
}

impl Drop for VideoFile {
    fn drop(&mut self) {
        // Gone already where the video was finished.
        std::fs::remove_file(&self.partial).ok();
    }
}
