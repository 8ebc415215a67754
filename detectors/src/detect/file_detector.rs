//! Detections that come with the sequence.

use mvmhat_scene::{Camera, Detection, DetectionFile, Sequence};

use super::{Detector, DetectorConfig};
use crate::{Error, Frame};

/// Reads detections from the files of the cameras, by frame number.
///
/// All detections of a file are taken, except where `conf` is set in the configuration.
#[derive(Debug)]
pub(super) struct FileDetector {
    /// One per camera, in the order of the cameras.
    files: Vec<DetectionFile>,
    conf: Option<f32>,
}

impl FileDetector {
    pub(super) fn open(config: &DetectorConfig, sequence: &Sequence) -> Result<Self, Error> {
        let file = |camera: &Camera| match &camera.detections {
            Some(path) => Ok(DetectionFile::read(path)?),
            None => Err(Error::NoDetections { camera: camera.name.clone() }),
        };
        let files = sequence.cameras.iter().map(file).collect::<Result<_, _>>()?;
        Ok(Self { files, conf: config.conf })
    }
}

impl Detector for FileDetector {
    fn needs_images(&self) -> bool {
        false
    }

    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, Error> {
        let confident = |d: &&Detection| self.conf.is_none_or(|conf| d.score >= conf);
        // Embeddings are the embedder's task.
        let plain = |d: &Detection| Detection { embedding: None, ..*d };
        let detections = |frame: &Frame| {
            let rows = self.files.get(frame.camera.index()).map(|file| file.detections(frame.number));
            let rows = rows.unwrap_or_default().iter();
            let mut detections: Vec<Detection> = rows.filter(confident).map(plain).collect();
            // A stable sort: equal scores stay in the order of the file.
            detections.sort_by(|a, b| b.score.total_cmp(&a.score));
            detections
        };
        Ok(frames.iter().map(detections).collect())
    }
}
