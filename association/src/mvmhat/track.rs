//! One person in one view: motion, appearance and the stage of life.

use mvmhat_scene::{PersonId, TrackedBox};

use crate::observations::Observations;
use crate::{BoxKalmanFilter, EmbeddingGallery, MvmhatConfig};

/// How far a track has come. One that is deleted is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Detected too few times yet to be confirmed; a single miss ends it.
    Tentative,
    /// Reported while it is detected.
    Confirmed,
}

/// One person in one view.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) person: PersonId,
    pub(crate) motion: BoxKalmanFilter,
    pub(crate) gallery: EmbeddingGallery,
    pub(crate) stage: Stage,
    /// Frames of the camera since the last detection; 1 after the prediction for a track detected in the frame before.
    pub(crate) age: u32,
    hits: u32,
    score: f32,
}

impl Track {
    /// A track that starts with detection `i`.
    pub(crate) fn start(
        person: PersonId,
        observations: &Observations,
        i: usize,
        config: &MvmhatConfig,
    ) -> Self {
        let mut track = Self {
            person,
            motion: BoxKalmanFilter::start(&observations.measurements[i], config.motion_noise()),
            gallery: EmbeddingGallery::new(config.gallery_size),
            stage: Stage::Tentative,
            age: 0,
            hits: 0,
            score: 0.0,
        };
        track.count(observations, i, config);
        track
    }

    /// Predicts the next frame of the camera.
    pub(crate) fn predict(&mut self, config: &MvmhatConfig) {
        self.predict_without_frame(config);
        self.age = self.age.saturating_add(1);
    }

    /// Predicts a timestep at which the camera has no frame: the person walks on, but nobody was missed.
    pub(crate) fn predict_without_frame(&mut self, config: &MvmhatConfig) {
        self.motion.predict(config.motion_noise());
    }

    /// Continues with detection `i`.
    pub(crate) fn update(&mut self, observations: &Observations, i: usize, config: &MvmhatConfig) {
        self.motion.update(&observations.measurements[i], config.motion_noise());
        self.count(observations, i, config);
    }

    fn count(&mut self, observations: &Observations, i: usize, config: &MvmhatConfig) {
        if let Some(embedding) = observations.embedding(i) {
            self.gallery.add(embedding);
        }
        self.age = 0;
        self.score = observations.scores[i];
        self.hits = self.hits.saturating_add(1);
        if self.hits >= config.min_hits {
            self.stage = Stage::Confirmed;
        }
    }

    /// The box of the Kalman filter, with the score of the last detection.
    pub(crate) fn tracked_box(&self) -> TrackedBox {
        TrackedBox { person: self.person, bbox: self.motion.bbox(), score: self.score }
    }

    /// Whether the track outlives a timestep at which no view detected the person.
    pub(crate) fn survives_miss(&self, config: &MvmhatConfig) -> bool {
        self.stage == Stage::Confirmed && self.age <= config.max_age
    }
}
