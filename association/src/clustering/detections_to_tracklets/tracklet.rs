//! One person in one view, from the first detection until the view loses them.

use super::tracklet_descriptor::{TrackletDescriptor, TrackletId};
use crate::clustering::output_buffer::TrackletBox;
use crate::observations::Observations;
use crate::{BoxKalmanFilter, ClusteringConfig};

/// The weight of an occluded person's embedding: nothing where any better one is known, but a beginning.
const OCCLUDED_WEIGHT: f32 = 1e-3;

/// A detection that starts or continues a tracklet.
#[derive(Clone, Copy)]
pub(super) struct MatchedDetection<'a> {
    pub(super) timestep: u64,
    /// All detections of the view at that timestep.
    pub(super) observations: &'a Observations,
    /// The index of the detection among them.
    pub(super) index: usize,
    /// Its visibility, 0 to 1.
    pub(super) visibility: f32,
}

/// A tracklet: detections of one person in one view, and the prediction of where they will be next.
#[derive(Clone, Debug)]
pub(crate) struct Tracklet {
    pub(crate) id: TrackletId,
    pub(crate) descriptor: TrackletDescriptor,
    pub(crate) motion: BoxKalmanFilter,
    /// Frames of the camera since the last detection, 0 while the person is detected.
    pub(super) missed: u32,
    /// Whether it has been detected often enough, or with a score high enough, to be a person.
    pub(crate) confirmed: bool,
    /// The index of its detection at this timestep.
    pub(crate) detection: Option<usize>,
    score: f32,
}

impl Tracklet {
    /// A tracklet of `view` that starts with a detection.
    pub(super) fn start(
        id: TrackletId,
        view: usize,
        detection: &MatchedDetection<'_>,
        config: &ClusteringConfig,
    ) -> Self {
        let mut descriptor = TrackletDescriptor::new(view, detection.timestep);
        descriptor.tracklets.push(id);
        let measurement = &detection.observations.measurements[detection.index];
        let motion = BoxKalmanFilter::start(measurement, config.motion_noise());
        let mut tracklet =
            Self { id, descriptor, motion, missed: 0, confirmed: false, detection: None, score: 0.0 };
        tracklet.count(detection, config);
        tracklet
    }

    /// Predicts the next frame of the camera.
    pub(super) fn predict(&mut self, config: &ClusteringConfig) {
        self.motion.predict(config.motion_noise());
        self.missed = self.missed.saturating_add(1);
        self.detection = None;
    }

    /// Predicts a timestep at which the camera has no frame: the person walks on, but nobody was missed.
    pub(super) fn predict_without_frame(&mut self, config: &ClusteringConfig) {
        self.detection = None;
        self.motion.predict(config.motion_noise());
    }

    /// Continues the tracklet with a detection.
    pub(super) fn update(&mut self, detection: &MatchedDetection<'_>, config: &ClusteringConfig) {
        let measurement = &detection.observations.measurements[detection.index];
        self.motion.update(measurement, config.motion_noise());
        self.count(detection, config);
    }

    fn count(&mut self, detection: &MatchedDetection<'_>, config: &ClusteringConfig) {
        let MatchedDetection { timestep, observations, index, visibility } = *detection;
        if let Some(embedding) = observations.embedding(index) {
            self.descriptor.appearance.add(embedding, visibility.max(OCCLUDED_WEIGHT));
        }
        self.descriptor.last = timestep;
        self.descriptor.hits = self.descriptor.hits.saturating_add(1);
        self.missed = 0;
        self.detection = Some(index);
        self.score = observations.scores[index];
        self.confirmed |=
            f64::from(self.score) >= config.instant_confirm_score || self.descriptor.hits >= config.min_hits;
    }

    /// Whether the tracklet outlives this timestep.
    pub(super) fn survives(&self, config: &ClusteringConfig) -> bool {
        self.missed == 0 || (self.confirmed && self.missed <= config.max_age)
    }

    /// Where the person is detected, or predicted if they were detected at the timestep before: a single frame without a
    /// detection is mostly the detector's fault.
    pub(crate) fn current_box(&self) -> Option<TrackletBox> {
        (self.missed <= 1).then(|| TrackletBox {
            tracklet: self.id,
            bbox: self.motion.bbox(),
            score: self.score,
            detected: self.missed == 0,
        })
    }
}
