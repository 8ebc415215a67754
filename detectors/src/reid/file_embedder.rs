//! Embeddings that come with the sequence.

use mvmhat_scene::{Detection, DetectionFile, Sequence};

use super::Embedder;
use crate::{Error, Frame};

/// Reads embeddings from the files of the cameras, by frame number and box.
///
/// The boxes must be those of the files, so it goes together with the `file` detector only.
#[derive(Debug)]
pub(super) struct FileEmbedder {
    /// One per camera, in the order of the cameras.
    files: Vec<DetectionFile>,
}

impl FileEmbedder {
    pub(super) fn open(sequence: &Sequence) -> Result<Self, Error> {
        let mut expected = None;
        let mut files = Vec::new();
        for camera in &sequence.cameras {
            let Some(path) = &camera.detections else {
                return Err(Error::NoDetections { camera: camera.name.clone() });
            };
            let file = DetectionFile::read(path)?;
            match (file.dimension(), expected) {
                (None, _) if file.numbers().next().is_none() => {} // No detection needs an embedding.
                (None, _) => return Err(Error::NoEmbeddings { path: path.clone() }),
                (Some(found), Some(expected)) if found != expected => {
                    return Err(Error::Dimension { path: path.clone(), found, expected });
                }
                (Some(found), _) => expected = Some(found),
            }
            files.push(file);
        }
        Ok(Self { files })
    }
}

impl Embedder for FileEmbedder {
    fn needs_images(&self) -> bool {
        false
    }

    fn embed(&mut self, frames: &[Frame], detections: &mut [Vec<Detection>]) -> Result<(), Error> {
        for (frame, detections) in frames.iter().zip(detections) {
            let known = self.files.get(frame.camera.index()).map(|file| file.detections(frame.number));
            for detection in detections {
                let same = |d: &&Detection| d.bbox == detection.bbox && d.score == detection.score;
                let embedding =
                    known.and_then(|known| known.iter().find(same)).and_then(|d| d.embedding.clone());
                detection.embedding = Some(embedding.ok_or(Error::Unmatched {
                    camera: frame.camera,
                    number: frame.number,
                    bbox: detection.bbox,
                })?);
            }
        }
        Ok(())
    }
}
