//! Detections that come with the recording.

use mvmhat_scene::{Detection, DetectionFile, Sequence};

use crate::{Detector, DetectorConfig, Error, Frame};

/// Looks detections up in the files of the cameras, by frame number.
///
/// They are taken as they are: what a file holds was chosen before. Only a `score` in the configuration leaves out more.
#[derive(Debug)]
pub(crate) struct FileDetector {
    /// One a camera, in the order of the cameras.
    files: Vec<DetectionFile>,
    score: Option<f32>,
}

impl FileDetector {
    pub(crate) fn open(config: &DetectorConfig, recording: &Sequence) -> Result<Self, Error> {
        let file = |camera: &mvmhat_scene::Camera| match &camera.detections {
            Some(path) => Ok(DetectionFile::read(path)?),
            None => Err(Error::NoDetections { camera: camera.name.clone() }),
        };
        let files = recording.cameras.iter().map(file).collect::<Result<_, _>>()?;
        Ok(Self { files, score: config.score })
    }
}

impl Detector for FileDetector {
    fn needs_images(&self) -> bool {
        false
    }

    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, Error> {
        let kept = |d: &&Detection| self.score.is_none_or(|score| d.score >= score);
        // How somebody looks is for the embedder to say.
        let plain = |d: &Detection| Detection { embedding: None, ..*d };
        let detections = |frame: &Frame| {
            let found = self.files.get(frame.camera.index()).map(|file| file.at(frame.number));
            let mut found: Vec<Detection> =
                found.unwrap_or_default().iter().filter(kept).map(plain).collect();
            // A stable sort: equals stay in the order of the file.
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
            found
        };
        Ok(frames.iter().map(detections).collect())
    }
}
