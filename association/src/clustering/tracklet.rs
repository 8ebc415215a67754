//! One person in one view, for as long as the view does not lose them.

use std::cmp::Ordering;

use mvmhat_scene::PersonId;

use super::held_back::TrackletBox;
use super::looks::Looks;
use crate::observations::Observations;
use crate::{ClusteringConfig, Motion};

/// Observations after which a sighting has half its full say.
const HALF_RELIABLE: f32 = 5.0;

/// The name of a tracklet, in the order in which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TrackletId(pub(crate) u64);

/// What is remembered of a tracklet: who, where and when, and how they looked. All that identities are decided by.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    /// Who it is; nobody yet before the first decision.
    pub(crate) person: Option<PersonId>,
    /// Index of the camera.
    pub(crate) view: usize,
    pub(crate) looks: Looks,
    /// The timesteps of the first and the last detection.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Number of detections.
    pub(crate) hits: u32,
    /// The tracklets it is made of, as far as boxes of them may still wait for a name.
    pub(crate) tracklets: Vec<TrackletId>,
}

impl Sighting {
    /// A sighting that begins, of nobody yet.
    pub(crate) fn new(view: usize, timestep: u64) -> Self {
        let looks = Looks::default();
        Self { person: None, view, looks, first: timestep, last: timestep, hits: 0, tracklets: Vec::new() }
    }

    /// An order in which neither that of the views nor that of detections matters.
    pub(crate) fn in_order(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (self.looks.mean(), other.looks.mean());
        let plain = |s: &Self| (s.first, s.last, s.hits, s.looks.mean().len());
        let values = || ours.iter().zip(theirs).map(|(a, b)| a.total_cmp(b));
        plain(self).cmp(&plain(other)).then_with(|| values().find(|o| o.is_ne()).unwrap_or(Ordering::Equal))
    }

    /// How much its looks can be relied on, 0 to 1: after few observations, chance says as much about them as the person
    /// does.
    pub(crate) fn reliability(&self) -> f64 {
        let observations = self.looks.weight();
        f64::from(observations / (observations + HALF_RELIABLE))
    }

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
        self.tracklets.extend(&other.tracklets);
    }
}

/// What a hidden person's looks count: nothing where anything better is known, but they are a beginning.
const HIDDEN: f32 = 1e-3;

/// A sighting that goes on: the person is seen, or was until recently.
#[derive(Clone, Debug)]
pub(crate) struct Tracklet {
    pub(crate) id: TrackletId,
    pub(crate) sighting: Sighting,
    pub(crate) motion: Motion,
    /// Frames of the camera since the last detection, 0 while the person is seen.
    pub(crate) missed: u32,
    /// Whether it has been seen often or surely enough to be a person.
    pub(crate) believed: bool,
    /// Which detection of this timestep it is.
    pub(crate) detection: Option<usize>,
    score: f32,
}

impl Tracklet {
    /// A tracklet called `id` that starts with detection `i` of `view` at `timestep`, which can be seen as well as `clarity` says.
    pub(crate) fn start(
        id: TrackletId,
        view: usize,
        timestep: u64,
        seen: &Observations,
        i: usize,
        clarity: f32,
        config: &ClusteringConfig,
    ) -> Self {
        let mut sighting = Sighting::new(view, timestep);
        sighting.tracklets.push(id);
        let motion = Motion::start(&seen.measurements[i], config.motion_noise());
        let mut tracklet =
            Self { id, sighting, motion, missed: 0, believed: false, detection: None, score: 0.0 };
        tracklet.hit(timestep, seen, i, clarity, config);
        tracklet
    }

    /// Moves on by one frame of the camera.
    pub(crate) fn predict(&mut self, config: &ClusteringConfig) {
        self.motion.predict(config.motion_noise());
        self.missed = self.missed.saturating_add(1);
        self.detection = None;
    }

    /// Moves on by one timestep at which the camera has no frame: the person walks on, but nobody was missed.
    pub(crate) fn coast(&mut self, config: &ClusteringConfig) {
        self.detection = None;
        self.motion.predict(config.motion_noise());
    }

    /// Continues with detection `i`.
    pub(crate) fn update(
        &mut self,
        timestep: u64,
        seen: &Observations,
        i: usize,
        clarity: f32,
        config: &ClusteringConfig,
    ) {
        self.motion.update(&seen.measurements[i], config.motion_noise());
        self.hit(timestep, seen, i, clarity, config);
    }

    fn hit(&mut self, timestep: u64, seen: &Observations, i: usize, clarity: f32, config: &ClusteringConfig) {
        if let Some(embedding) = seen.embedding(i) {
            self.sighting.looks.learn(embedding, clarity.max(HIDDEN));
        }
        self.sighting.last = timestep;
        self.sighting.hits = self.sighting.hits.saturating_add(1);
        self.missed = 0;
        self.detection = Some(i);
        self.score = seen.scores[i];
        self.believed |=
            f64::from(self.score) >= config.instant_confirm_score || self.sighting.hits >= config.min_hits;
    }

    /// Whether the tracklet outlives this timestep.
    pub(crate) fn survives(&self, config: &ClusteringConfig) -> bool {
        self.missed == 0 || (self.believed && self.missed <= config.max_age)
    }

    /// Where the person is seen, or believed to be if they were seen at the timestep before: one frame without detection
    /// is mostly the detector's fault.
    pub(crate) fn current_box(&self) -> Option<TrackletBox> {
        (self.missed <= 1).then(|| TrackletBox {
            tracklet: self.id,
            bbox: self.motion.bbox(),
            score: self.score,
            detected: self.missed == 0,
        })
    }
}
