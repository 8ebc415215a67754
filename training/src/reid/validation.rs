//! How well people of a labelled recording are told apart while the embedding is learned.

use std::num::NonZeroUsize;

use anyhow::{Context, Result, bail};
use mvmhat_detectors::CropInput;
use mvmhat_evaluation::{Crop, Crops, EmbeddingScores, MIN_VISIBILITY, Window};
use mvmhat_scene::{Embedding, Sequence};

use crate::commands::eval::embedding::samples::{self, Limits, Sample};
use crate::sequence_part::SequencePart;
use crate::frame_range::FrameRange;
use crate::source::Reader;

/// The crops of a labelled recording, in memory. The same as `mvmhat eval --embedding` looks at where no
/// `groups.json` leaves frames or views out.
pub(super) struct Validation {
    samples: Vec<Sample>,
    /// Red, green, blue, crop by crop.
    pub(super) pixels: Vec<u8>,
}

/// What [`Validation::scores`] tells.
pub(super) const METRICS: &[&str] = &["cross_view_accuracy", "rank1"];

const EVERY: NonZeroUsize = NonZeroUsize::new(10).unwrap();

impl Validation {
    /// Reads the crops of a recording, or of a part of it.
    ///
    /// # Errors
    /// Images or ground truth that cannot be read.
    pub(super) fn read(part: &SequencePart, input: &CropInput) -> Result<Self> {
        let recording = Sequence::open(&part.folder)?;
        let window = part.frames.map(|FrameRange { first, last }| Window { first, last });
        let limits = Limits { window, views: None, every: EVERY, visibility: MIN_VISIBILITY };
        let samples = samples::samples(&recording, &limits)?;
        let mut pixels = Vec::with_capacity(samples.len() * input.bytes());
        for of_camera in samples.chunk_by(|a, b| a.camera == b.camera) {
            let camera = &recording.cameras[of_camera[0].camera.index()];
            let wanted = of_camera.iter().map(|sample| sample.number).collect();
            let mut images = Reader::open(camera)?.among(wanted);
            for view in of_camera.chunk_by(|a, b| a.timestep == b.timestep) {
                let number = view[0].number;
                let image = match images.next() {
                    Some((read, image)) if read == number => image?,
                    _ => bail!(
                        "camera {}: there is ground truth of frame {number}, but no image",
                        camera.name
                    ),
                };
                for sample in view {
                    input.push(&image, sample.detection.bbox, &mut pixels)?;
                }
            }
        }
        Ok(Self { samples, pixels })
    }

    /// The scores of the crops with these embeddings, in the order of [`METRICS`].
    ///
    /// # Errors
    /// Crops that cannot be compared: nobody is seen by two cameras.
    pub(super) fn scores(&self, embeddings: Vec<Embedding>) -> Result<Vec<f64>> {
        let crop = |(sample, embedding): (&Sample, Embedding)| Crop {
            camera: sample.camera,
            timestep: sample.timestep,
            person: sample.person,
            embedding,
        };
        let crops = self.samples.iter().zip(embeddings).map(crop).collect();
        let scores =
            EmbeddingScores::new(&Crops::new(crops).context("the recording cannot be validated on")?);
        let overall = scores.overall;
        Ok(vec![overall.cross_view.accuracy(), overall.retrieval.rank1()])
    }
}
