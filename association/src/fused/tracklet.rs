//! One person in one view, for as long as the view does not lose them.

use scene::{PersonId, TrackedBox};

use super::looks::Looks;
use crate::observations::Observations;
use crate::{FusedConfig, Motion};

/// What is remembered of a tracklet: who, where and when, and how they looked. All that identities are decided by.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    /// Who it is; nobody yet before the first decision.
    pub(crate) person: Option<PersonId>,
    /// Index of the camera.
    pub(crate) view: usize,
    pub(crate) looks: Looks,
    /// The instants of the first and the last detection.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Number of detections.
    pub(crate) hits: u32,
}

impl Sighting {
    /// Whether the two were in one view at one time, and are therefore two people.
    pub(crate) fn met(&self, other: &Self) -> bool {
        self.view == other.view && self.first <= other.last && other.first <= self.last
    }

    /// Takes over what is remembered of another sighting of the same person in the same view.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.looks.absorb(&other.looks);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.hits = self.hits.saturating_add(other.hits);
    }
}

/// What a hidden person's looks count: nothing where anything better is known, but they are a beginning.
const HIDDEN: f32 = 1e-3;

/// A sighting that goes on: the person is seen, or was until recently.
#[derive(Clone, Debug)]
pub(crate) struct Tracklet {
    pub(crate) sighting: Sighting,
    pub(crate) motion: Motion,
    /// Frames of the camera since the last detection, 0 while the person is seen.
    pub(crate) missed: u32,
    /// Whether it has been seen often or surely enough to be a person.
    pub(crate) believed: bool,
    score: f32,
}

impl Tracklet {
    /// A tracklet that starts with detection `i` of `view` at `instant`, which can be seen as well as `clarity` says.
    pub(crate) fn start(
        view: usize,
        instant: u64,
        seen: &Observations,
        i: usize,
        clarity: f32,
        config: &FusedConfig,
    ) -> Self {
        let looks = Looks::default();
        let sighting = Sighting { person: None, view, looks, first: instant, last: instant, hits: 0 };
        let motion = Motion::start(&seen.measurements[i], config.motion_noise());
        let mut tracklet = Self { sighting, motion, missed: 0, believed: false, score: 0.0 };
        tracklet.hit(instant, seen, i, clarity, config);
        tracklet
    }

    /// Moves on by one frame of the camera.
    pub(crate) fn predict(&mut self, config: &FusedConfig) {
        self.motion.predict(config.motion_noise());
        self.missed = self.missed.saturating_add(1);
    }

    /// Moves on by one instant at which the camera has no frame: the person walks on, but nobody was missed.
    pub(crate) fn coast(&mut self, config: &FusedConfig) {
        self.motion.predict(config.motion_noise());
    }

    /// Continues with detection `i`.
    pub(crate) fn update(
        &mut self,
        instant: u64,
        seen: &Observations,
        i: usize,
        clarity: f32,
        config: &FusedConfig,
    ) {
        self.motion.update(&seen.measurements[i], config.motion_noise());
        self.hit(instant, seen, i, clarity, config);
    }

    fn hit(&mut self, instant: u64, seen: &Observations, i: usize, clarity: f32, config: &FusedConfig) {
        if let Some(embedding) = seen.embedding(i) {
            self.sighting.looks.learn(embedding, clarity.max(HIDDEN));
        }
        self.sighting.last = instant;
        self.sighting.hits = self.sighting.hits.saturating_add(1);
        self.missed = 0;
        self.score = seen.scores[i];
        self.believed |=
            f64::from(self.score) >= config.sure_score || self.sighting.hits >= config.confirm_hits;
    }

    /// Whether the tracklet outlives this instant.
    pub(crate) fn survives(&self, config: &FusedConfig) -> bool {
        self.missed == 0 || (self.believed && self.missed <= config.max_misses)
    }

    /// The person where they are seen, or believed to be if they were seen at the instant before. One frame without
    /// detection is mostly the detector's fault.
    pub(crate) fn tracked_box(&self) -> Option<TrackedBox> {
        let person = self.sighting.person.filter(|_| self.missed <= 1)?;
        Some(TrackedBox { person, bbox: self.motion.bbox(), score: self.score })
    }
}
