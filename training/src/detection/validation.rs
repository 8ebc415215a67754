//! How well the people of a held-out labelled sequence are detected while the detector is learned.

use anyhow::{Context, Result};
use mvmhat_detectors::{DetectorConfig, DetectorModel, Frame, PersonNetworkConfig, person_detector};
use mvmhat_evaluation::{DetectionScores, OPERATING_SCORE};
use mvmhat_pipeline::evaluate::FrameSelection;
use mvmhat_pipeline::evaluate::detector::{
    LEAST_CONF, LabelledImage, LabelledImageSelection, labelled_images,
};
use mvmhat_scene::{Sequence, SequencePart};
use tch::nn::VarStore;

use crate::labelled_images::for_each_image;

/// The names of [`DetectionValidation::scores`].
pub(super) const METRICS: &[&str] = &["AP50", "AP", "recall"];

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
        let FrameSelection { every, min_visibility, .. } = FrameSelection::default();
        let selection = LabelledImageSelection {
            frames: part.frames.unwrap_or_default(),
            views: None,
            every,
            min_visibility,
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
        let config = DetectorConfig {
            name: DetectorModel::PERSON,
            conf: Some(LEAST_CONF),
            ..DetectorConfig::default()
        };
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
