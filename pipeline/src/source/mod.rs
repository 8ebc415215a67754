//! Where frames come from: the images of one camera, in order, or only the numbers of its frames where no network needs
//! images.
//!
//! A frame of a video is decoded in `video_decoder.rs`, an image file in `image_file.rs`; [`FrameReader`] reads either, turns
//! images upright and passes over what is not wanted.

mod camera_motion;
mod frame_error;
mod image_file;
mod mp4;
mod reader;
mod video_decoder;

use mvmhat_detectors::Image;
use mvmhat_scene::{Camera, DEFAULT_FPS, DetectionFile, FrameNumber, FrameRange};

pub use camera_motion::{CameraMotionEstimator, ImageMotion};
pub use frame_error::FrameError;
pub use reader::FrameReader;

/// Frames per second of a camera: what the recording says, else its video, else 25.
pub fn fps(camera: &Camera) -> f64 {
    let own = || FrameReader::open(camera).map_or(DEFAULT_FPS, |reader| reader.fps());
    camera.fps.unwrap_or_else(own)
}

/// The frames of one camera.
pub enum FrameSource {
    /// With their images.
    Images(Box<FrameReader>),
    /// Only their numbers, from the first to the last that a file of detections names.
    Numbers {
        /// What is left of them.
        numbers: std::ops::Range<u64>,
        /// Frames per second.
        fps: f64,
    },
}

impl FrameSource {
    /// Opens a camera for the frames of a range.
    ///
    /// # Errors
    /// A camera without images, or without detections where no images are wanted; a file that cannot be read.
    pub fn open(camera: &Camera, images: bool, range: FrameRange) -> anyhow::Result<Self> {
        if images {
            return Ok(Self::Images(Box::new(FrameReader::open(camera)?.in_range(range))));
        }
        let path = camera.detections.as_ref().ok_or_else(|| {
            anyhow::anyhow!(
                "camera {} has no det/det.npy or det/det.txt to take detections from",
                camera.name
            )
        })?;
        let file = DetectionFile::read(path)?;
        let (mut low, mut high) = (u64::from(range.first.0), u64::from(range.last.0));
        low = low.max(file.numbers().min().map_or(u64::MAX, |n| u64::from(n.0)));
        high = high.min(file.numbers().max().map_or(0, |n| u64::from(n.0)));
        Ok(Self::Numbers { numbers: low..(high + 1).max(low), fps: fps(camera) })
    }

    /// Frames per second.
    pub fn fps(&self) -> f64 {
        match self {
            Self::Images(reader) => reader.fps(),
            Self::Numbers { fps, .. } => *fps,
        }
    }

    /// How many frames are to come, as far as the source tells.
    pub fn expected(&self) -> u64 {
        match self {
            Self::Images(reader) => reader.expected(),
            Self::Numbers { numbers, .. } => numbers.end - numbers.start,
        }
    }
}

impl Iterator for FrameSource {
    type Item = (FrameNumber, Result<Option<Image>, FrameError>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Images(reader) => reader.next().map(|(number, image)| (number, image.map(Some))),
            Self::Numbers { numbers, .. } => numbers.next().map(|n| (FrameNumber(n as u32), Ok(None))),
        }
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{CameraId, Rotation, Source};
    use opencv::core::{CV_8UC3, Mat, Scalar, Size};
    use opencv::prelude::*;
    use opencv::videoio::VideoWriter;

    use super::*;

    #[test]
    fn the_rate_of_a_video_counts_where_only_boxes_are_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let [video, boxes] = ["video.avi", "det.txt"].map(|name| folder.path().join(name));
        let code = VideoWriter::fourcc('M', 'J', 'P', 'G').unwrap();
        let mut writer =
            VideoWriter::new(video.to_str().unwrap(), code, 50.0, Size::new(32, 32), true).unwrap();
        let image = Mat::new_rows_cols_with_default(32, 32, CV_8UC3, Scalar::all(9.0)).unwrap();
        (0..3).for_each(|_| writer.write(&image).unwrap());
        writer.release().unwrap();
        std::fs::write(&boxes, "1,-1,0,0,9,9,0.9,-1,-1,-1\n").unwrap();
        let camera = Camera {
            id: CameraId(0),
            name: "a".into(),
            source: Source::Video(video),
            fps: None,
            start: 0.0,
            rotation: Rotation::default(),
            detections: Some(boxes),
            ground_truth: None,
        };
        for images in [true, false] {
            let source = FrameSource::open(&camera, images, FrameRange::default()).unwrap();
            assert!((source.fps() - 50.0).abs() < 1e-9, "{images}");
        }
    }
}
