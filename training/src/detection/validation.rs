//! How well the people of a held-out labelled sequence are detected while the detector is learned.

use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use mvmhat_detectors::{DetectorConfig, DetectorModel, Frame, PersonNetworkConfig, person_detector};
use mvmhat_evaluation::{DetectionScores, MIN_VISIBILITY, OPERATING_SCORE};
use mvmhat_pipeline::evaluate::detector::{LabelledImage, LabelledImageSelection, labelled_images};
use mvmhat_scene::{Sequence, SequencePart};
use tch::nn::VarStore;

use crate::labelled_images::for_each_image;

/// The names of [`DetectionValidation::scores`].
pub(super) const METRICS: &[&str] = &["AP50", "AP", "recall"];

/// Of the labelled frames one in so many is used.
const EVERY: NonZeroUsize = NonZeroUsize::new(10).unwrap();
/// Boxes with a lower confidence change nothing.
const MIN_CONF: f32 = 0.01;

/// The images of a labelled sequence, in memory: those that `mvmhat eval-detector` scores.
pub(super) struct DetectionValidation {
    images: Vec<(LabelledImage, Frame)>,
}

impl DetectionValidation {
    /// Reads the images of a sequence, or of a part of it.
    ///
    /// # Errors
    /// Images or ground truth that cannot be read.
    pub(super) fn read(part: &SequencePart) -> Result<Self> {
        let sequence = Sequence::open(&part.folder)?;
        let selection = LabelledImageSelection {
            frames: part.frames.unwrap_or_default(),
            views: None,
            every: EVERY,
            min_visibility: MIN_VISIBILITY,
        };
        let labelled = labelled_images(&sequence, &selection)?;
        let mut images = Vec::with_capacity(labelled.len());
        for_each_image(
            &sequence,
            &labelled,
            |labelled| (labelled.camera, labelled.number),
            |image, labelled| {
                let frame =
                    Frame { camera: labelled[0].camera, number: labelled[0].number, image: Some(image) };
                images.push((labelled[0].clone(), frame));
                Ok(())
            },
        )?;
        Ok(Self { images })
    }

    /// The scores of a network as its variables are now, in the order of [`METRICS`].
    ///
    /// # Errors
    /// If it cannot be run.
    pub(super) fn scores(&self, network: &PersonNetworkConfig, variables: &VarStore) -> Result<Vec<f64>> {
        let config =
            DetectorConfig { name: DetectorModel::PERSON, conf: Some(MIN_CONF), ..DetectorConfig::default() };
        let mut detector = person_detector(&config, network, variables).context("the validation failed")?;
        let mut frames = Vec::with_capacity(self.images.len());
        for (labelled, frame) in &self.images {
            let detections = detector.detect(std::slice::from_ref(frame))?.concat();
            frames.push(labelled.scored(&detections));
        }
        let scores = DetectionScores::new(&frames, OPERATING_SCORE);
        Ok(vec![scores.ap50(), scores.ap(), scores.point.recall.ratio()])
    }
}
