//! How well the people of a held-out labelled sequence are told apart while the embedding is learned.

use anyhow::{Context, Result};
use mvmhat_detectors::CropInput;
use mvmhat_evaluation::{Crop, Crops, EmbeddingScores};
use mvmhat_pipeline::evaluate::FrameSelection;
use mvmhat_pipeline::evaluate::reid::{LabelledCrop, LabelledCropSelection, labelled_crops};
use mvmhat_scene::{Embedding, Sequence, SequencePart};

use crate::labelled_images::for_each_image;

/// The crops of a labelled sequence, in memory: those that `mvmhat eval-reid` scores where no `groups.json` leaves frames or
/// views out.
pub(super) struct ReidValidation {
    labelled: Vec<LabelledCrop>,
    /// Red, green, blue, crop by crop.
    pub(super) pixels: Vec<u8>,
}

/// The names of [`ReidValidation::scores`].
pub(super) const METRICS: &[&str] = &["cross_view_accuracy", "rank1"];

impl ReidValidation {
    /// Reads the crops of a sequence, or of a part of it.
    ///
    /// # Errors
    /// Images or ground truth that cannot be read.
    pub(super) fn read(part: &SequencePart, input: &CropInput) -> Result<Self> {
        let sequence = Sequence::open(&part.folder)?;
        let FrameSelection { every, min_visibility, .. } = FrameSelection::default();
        let selection = LabelledCropSelection { frames: part.frames, views: None, every, min_visibility };
        let labelled = labelled_crops(&sequence, &selection)?;
        let mut pixels = Vec::with_capacity(labelled.len() * input.bytes());
        for_each_image(
            &sequence,
            &labelled,
            |crop| (crop.camera, crop.number),
            |image, crops| {
                for crop in crops {
                    input.push(&image, crop.detection.bbox, &mut pixels)?;
                }
                Ok(())
            },
        )?;
        Ok(Self { labelled, pixels })
    }

    /// The scores of the crops with these embeddings, in the order of [`METRICS`].
    ///
    /// # Errors
    /// Crops that cannot be compared: no person is visible to two cameras.
    pub(super) fn scores(&self, embeddings: Vec<Embedding>) -> Result<Vec<f64>> {
        let crop = |(labelled, embedding): (&LabelledCrop, Embedding)| Crop {
            camera: labelled.camera,
            timestep: labelled.timestep,
            person: labelled.person,
            embedding,
        };
        let crops = self.labelled.iter().zip(embeddings).map(crop).collect();
        let crops = Crops::new(crops).context("the recording cannot be validated on")?;
        let overall = EmbeddingScores::new(&crops).overall;
        Ok(vec![overall.cross_view.accuracy(), overall.retrieval.rank1()])
    }
}
