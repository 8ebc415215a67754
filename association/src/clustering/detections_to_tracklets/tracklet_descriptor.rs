//! What identity association knows of a tracklet.

use std::cmp::Ordering;

use mvmhat_scene::PersonId;

use super::appearance::Appearance;

/// Observations after which the appearance of a descriptor counts half.
const HALF_RELIABLE: f32 = 5.0;

/// The number of a tracklet, in the order in which they started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TrackletId(pub(crate) u64);

/// Numbers the tracklets of all views.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TrackletIds {
    last: u64,
}

impl TrackletIds {
    /// A number that no tracklet has yet.
    pub(crate) fn next_id(&mut self) -> TrackletId {
        self.last += 1;
        TrackletId(self.last)
    }
}

/// What is remembered of a tracklet, and all that identities are decided by: view, time, and appearance.
#[derive(Clone, Debug)]
pub(crate) struct TrackletDescriptor {
    /// Whose tracklet it is; `None` before the first decision.
    pub(crate) person: Option<PersonId>,
    /// Index of the camera.
    pub(crate) view: usize,
    pub(crate) appearance: Appearance,
    /// The timestep of the first detection.
    pub(crate) first: u64,
    /// The timestep of the last detection.
    pub(crate) last: u64,
    /// Number of detections.
    pub(crate) hits: u32,
    /// The tracklets it is made of, as far as boxes of them may still be in the output buffer.
    pub(crate) tracklets: Vec<TrackletId>,
}

impl TrackletDescriptor {
    /// The descriptor of a tracklet that starts at `timestep`.
    pub(crate) fn new(view: usize, timestep: u64) -> Self {
        Self {
            person: None,
            view,
            appearance: Appearance::default(),
            first: timestep,
            last: timestep,
            hits: 0,
            tracklets: Vec::new(),
        }
    }

    /// An order that depends neither on that of the views nor on that of the detections.
    pub(crate) fn canonical_order(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (self.appearance.mean(), other.appearance.mean());
        let plain = |d: &Self| (d.first, d.last, d.hits, d.appearance.mean().len());
        let values = || ours.iter().zip(theirs).map(|(a, b)| a.total_cmp(b));
        plain(self).cmp(&plain(other)).then_with(|| values().find(|o| o.is_ne()).unwrap_or(Ordering::Equal))
    }

    /// How reliable its appearance is, 0 to 1: after few observations, chance has as much part in it as the person.
    pub(crate) fn reliability(&self) -> f64 {
        let observations = self.appearance.weight();
        f64::from(observations / (observations + HALF_RELIABLE))
    }

    /// Whether the two overlap in time in one view and are therefore two people (a cannot-link constraint).
    pub(crate) fn cannot_link(&self, other: &Self) -> bool {
        self.view == other.view && self.first <= other.last && other.first <= self.last
    }

    /// Merges another descriptor of the same person in the same view into this one.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.appearance.merge(&other.appearance);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.hits = self.hits.saturating_add(other.hits);
        self.tracklets.extend(&other.tracklets);
    }
}
