//! A video file that appears complete or not at all.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use opencv::core::{Size, ToInputArray};
use opencv::prelude::*;
use opencv::videoio::{self, VideoCapture, VideoWriter};

use crate::ffmpeg_path::ffmpeg_path;

/// How a video is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264: small, and plays everywhere, in browsers too.
    H264,
    /// MPEG-4 part 2: fast, and every FFmpeg can encode it.
    Mpeg4,
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Mpeg4 => "MPEG-4",
        }
    }

    fn fourcc(self) -> [char; 4] {
        match self {
            Self::H264 => ['a', 'v', 'c', '1'],
            Self::Mpeg4 => ['m', 'p', '4', 'v'],
        }
    }
}

/// Writes an MP4 under a temporary name in the same folder and gives it its own name when it is complete.
pub struct VideoFile {
    writer: VideoWriter,
    path: PathBuf,
    partial: PathBuf,
    frames: u64,
}

impl VideoFile {
    /// Begins the video that will be `path`, of images of this width and height, with the first of these codecs that there is.
    ///
    /// # Errors
    /// Where OpenCV has no encoder, or the folder cannot be written.
    pub fn create(path: &Path, fps: f64, (width, height): (u32, u32), codecs: &[Codec]) -> Result<Self> {
        // FFmpeg knows the container by the name, so the extension stays.
        let partial = ffmpeg_path(path).with_extension("partial.mp4");
        // Tried here because OpenCV does not say why it cannot open a file.
        std::fs::File::create(&partial).with_context(|| format!("{}: cannot be written", path.display()))?;
        let frame_size = Size::new(width as i32, height as i32);
        for codec in codecs {
            let [a, b, c, d] = codec.fourcc();
            let code = VideoWriter::fourcc(a, b, c, d)?;
            let writer =
                VideoWriter::new_with_backend(&partial, videoio::CAP_FFMPEG, code, fps, frame_size, true);
            let Some(writer) = writer.ok().filter(|w| w.is_opened().unwrap_or(false)) else { continue };
            if codecs[0] == Codec::H264 && *codec != Codec::H264 {
                tracing::warn!(
                    "OpenCV's FFmpeg has no H.264 encoder: {} is {}, which browsers do not play",
                    path.display(),
                    codec.name()
                );
            }
            return Ok(Self { writer, path: path.to_path_buf(), partial, frames: 0 });
        }
        std::fs::remove_file(&partial).ok();
        bail!(
            "{}: OpenCV cannot encode {} at {width}x{height}, {fps} frames per second; \
             is its FFmpeg back end there? `mvmhat doctor` tells",
            path.display(),
            codecs.iter().map(|c| c.name()).collect::<Vec<_>>().join(" or "),
        );
    }

    /// Appends an image: BGR, 8 bit, of the size the video was created with.
    pub fn write(&mut self, image: &impl ToInputArray) -> Result<()> {
        self.writer.write(image)?;
        self.frames += 1;
        Ok(())
    }

    /// Completes the file and gives it its name. A video without an image leaves no file.
    ///
    /// # Errors
    /// Where the file is not whole: OpenCV does not report a full disk while it writes.
    pub fn finish(mut self) -> Result<()> {
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
