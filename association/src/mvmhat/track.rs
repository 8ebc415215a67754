//! One person in one view: motion, looks and the stage of life.

use mvmhat_scene::{PersonId, TrackedBox};

use crate::observations::Observations;
use crate::{Gallery, Motion, MvmhatConfig};

/// How far a track has come. One that is deleted is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// ViewDetections too few times yet to be believed; a single miss ends it.
    Tentative,
    /// Believed, and reported while it is seen.
    Confirmed,
}

/// One person in one view.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) person: PersonId,
    pub(crate) motion: Motion,
    pub(crate) gallery: Gallery,
    pub(crate) stage: Stage,
    /// Frames of the camera since the last detection; 1 after the prediction for a track seen in the frame before.
    pub(crate) age: u32,
    hits: u32,
    score: f32,
}

impl Track {
    /// A track that starts with detection `i`.
    pub(crate) fn start(person: PersonId, seen: &Observations, i: usize, config: &MvmhatConfig) -> Self {
        let mut track = Self {
            person,
            motion: Motion::start(&seen.measurements[i], config.motion_noise()),
            gallery: Gallery::new(config.gallery_size),
            stage: Stage::Tentative,
            age: 0,
            hits: 0,
            score: 0.0,
        };
        track.hit(seen, i, config);
        track
    }

    /// Moves on by one frame of the camera.
    pub(crate) fn predict(&mut self, config: &MvmhatConfig) {
        self.coast(config);
        self.age = self.age.saturating_add(1);
    }

    /// Moves on by one timestep at which the camera has no frame: the person walks on, but nobody was missed.
    pub(crate) fn coast(&mut self, config: &MvmhatConfig) {
        self.motion.predict(config.motion_noise());
    }

    /// Continues with detection `i`.
    pub(crate) fn update(&mut self, seen: &Observations, i: usize, config: &MvmhatConfig) {
        self.motion.update(&seen.measurements[i], config.motion_noise());
        self.hit(seen, i, config);
    }

    fn hit(&mut self, seen: &Observations, i: usize, config: &MvmhatConfig) {
        if let Some(embedding) = seen.embedding(i) {
            self.gallery.add(embedding);
        }
        self.age = 0;
        self.score = seen.scores[i];
        self.hits = self.hits.saturating_add(1);
        if self.hits >= config.min_hits {
            self.stage = Stage::Confirmed;
        }
    }

    /// Where the person is believed to be, with the score of the last detection.
    pub(crate) fn tracked_box(&self) -> TrackedBox {
        TrackedBox { person: self.person, bbox: self.motion.bbox(), score: self.score }
    }

    /// Whether the track outlives a timestep at which nobody saw the person.
    pub(crate) fn survives_miss(&self, config: &MvmhatConfig) -> bool {
        self.stage == Stage::Confirmed && self.age <= config.max_age
    }
}
