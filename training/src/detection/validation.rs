//! How well people of a labelled recording are found while the detector is learned.

use anyhow::{Context, Result, bail};
use mvmhat_detectors::networks::PersonNetworkConfig;
use mvmhat_detectors::{DetectorConfig, DetectorName, Frame, person_detector};
use mvmhat_evaluation::{DetectionScores, MIN_VISIBILITY, OPERATING_SCORE};
use mvmhat_scene::Sequence;
use tch::nn::VarStore;

use crate::commands::eval::detections::samples::{self, Limits, View};
use crate::sequence_part::SequencePart;
use crate::source::Reader;

/// What [`Validation::scores`] tells.
pub(super) const METRICS: &[&str] = &["AP50", "AP", "recall"];

/// Of the labelled frames, one in so many is looked at.
const EVERY: usize = 10;
/// Boxes less certain than this change nothing.
const SCORE: f32 = 0.01;

/// The images of a labelled recording, in memory. The same as `mvmhat eval --detections` looks at.
pub(super) struct Validation {
    views: Vec<(View, Frame)>,
}

impl Validation {
    /// Reads the images of a recording.
    ///
    /// # Errors
    /// Images or ground truth that cannot be read.
    pub(super) fn read(part: &SequencePart) -> Result<Self> {
        let recording = Sequence::open(&part.folder)?;
        let limits = Limits { frames: part.frames, views: None, every: EVERY, visibility: MIN_VISIBILITY };
        let mut views = Vec::new();
        for of_camera in samples::views(&recording, &limits)?.chunk_by(|a, b| a.camera == b.camera) {
            let camera = &recording.cameras[of_camera[0].camera.index()];
            let wanted = of_camera.iter().map(|view| view.number).collect();
            let mut images = Reader::open(camera)?.among(wanted);
            for view in of_camera {
                let image = match images.next() {
                    Some((number, image)) if number == view.number => image?,
                    _ => bail!(
                        "camera {}: there is ground truth of frame {}, but no image",
                        camera.name,
                        view.number
                    ),
                };
                let frame = Frame { camera: camera.id, number: view.number, image: Some(image) };
                views.push((view.clone(), frame));
            }
        }
        Ok(Self { views })
    }

    /// The scores of a network as its variables are now, in the order of [`METRICS`].
    ///
    /// # Errors
    /// If it cannot be run.
    pub(super) fn scores(&self, network: &PersonNetworkConfig, variables: &VarStore) -> Result<Vec<f64>> {
        let config =
            DetectorConfig { name: DetectorName::Person, score: Some(SCORE), ..DetectorConfig::default() };
        let mut detector = person_detector(&config, network, variables).context("the validation failed")?;
        let mut frames = Vec::with_capacity(self.views.len());
        for (view, frame) in &self.views {
            let found = detector.detect(std::slice::from_ref(frame))?.concat();
            frames.push(view.scored(&found));
        }
        let scores = DetectionScores::new(&frames, OPERATING_SCORE);
        Ok(vec![scores.ap50(), scores.ap(), scores.point.recall.ratio()])
    }
}
