//! Matching over time: which detection of a view continues which of its tracks.
//!
//! DeepSORT's two steps (Wojke et al., ICIP 2017, section 2.3). First a *cascade*: confirmed tracks by how they look, those
//! seen last before those that have been lost for longer, because the uncertainty of a lost one is so wide that it
//! would win any detection. Then what is left by *overlap*: tentative tracks, and confirmed ones lost from sight only now.

use crate::observations::Observations;
use crate::track::{Stage, Track};
use crate::{CostMatrix, LinearAssignment, MotionGate, MotionNoise, MvmhatConfig};

/// What a pair beyond the gate costs more than one at the gate.
///
/// It stays a finite cost, as in DeepSORT: the assignment then has no reason to give up a good pair for the sake of two
/// poor ones, as it would have if it went for as many pairs as possible.
const BEYOND_GATE: f32 = 1e-5;

/// Matches the tracks of one view with its detections. One for all views: it keeps nothing but its workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeMatcher {
    costs: CostMatrix,
    solver: LinearAssignment,
    /// Track of each detection.
    track_of: Vec<Option<usize>>,
    /// Confirmed tracks that the cascade may match, in order of their age.
    confirmed: Vec<usize>,
    candidates: Vec<usize>,
    gates: Vec<MotionGate>,
    free: Vec<usize>,
    matched: Vec<bool>,
}

impl TimeMatcher {
    /// The track (as an index) of each detection. The tracks have been predicted to this instant.
    pub(crate) fn match_view(
        &mut self,
        tracks: &[Track],
        seen: &Observations,
        config: &MvmhatConfig,
    ) -> &[Option<usize>] {
        self.track_of.clear();
        self.track_of.resize(seen.len(), None);
        self.matched.clear();
        self.matched.resize(tracks.len(), false);
        self.free.clear();
        self.free.extend(0..seen.len());
        self.cascade(tracks, seen, config);
        self.overlap(tracks, seen, config);
        &self.track_of
    }

    fn cascade(&mut self, tracks: &[Track], seen: &Observations, config: &MvmhatConfig) {
        let noise = MotionNoise { position: config.position_noise, velocity: config.velocity_noise };
        self.confirmed.clear();
        let within = |t: &Track| t.stage == Stage::Confirmed && t.age <= config.max_misses;
        self.confirmed.extend((0..tracks.len()).filter(|&t| within(&tracks[t])));
        self.confirmed.sort_by_key(|&t| tracks[t].age);
        let confirmed = std::mem::take(&mut self.confirmed);
        for same_age in confirmed.chunk_by(|&a, &b| tracks[a].age == tracks[b].age) {
            if self.free.is_empty() {
                break;
            }
            self.candidates.clear();
            self.candidates.extend_from_slice(same_age);
            self.gates.clear();
            self.gates.extend(same_age.iter().map(|&t| tracks[t].motion.gate(noise)));
            let limit = config.max_cosine_distance;
            let Self { costs, free, gates, .. } = self;
            costs.fill(same_age.len(), free.len(), |row, column| {
                let detection = free[column];
                // The cheap gate first: looks are compared only where the person may have got to.
                let distance = gates[row].squared_mahalanobis(&seen.measurements[detection]);
                let near = distance <= config.mahalanobis_gate;
                let embedding = if near { seen.embedding(detection) } else { None };
                let distance = embedding.and_then(|e| tracks[same_age[row]].gallery.distance(e));
                gated(distance.unwrap_or(f32::INFINITY), limit)
            });
            self.assign(limit);
        }
        self.confirmed = confirmed;
    }

    fn overlap(&mut self, tracks: &[Track], seen: &Observations, config: &MvmhatConfig) {
        self.candidates.clear();
        self.candidates.extend((0..tracks.len()).filter(|&t| tracks[t].stage == Stage::Tentative));
        let confirmed = |t: &usize| tracks[*t].stage == Stage::Confirmed;
        let matched = &self.matched;
        let just_lost = (0..tracks.len()).filter(confirmed).filter(|&t| tracks[t].age == 1 && !matched[t]);
        self.candidates.extend(just_lost);
        let limit = config.max_iou_distance;
        let Self { costs, free, candidates, .. } = self;
        costs.fill(candidates.len(), free.len(), |row, column| {
            let track = &tracks[candidates[row]];
            if track.age > 1 {
                return gated(f32::INFINITY, limit);
            }
            gated(1.0 - track.motion.bbox().iou(&seen.boxes[free[column]]) as f32, limit)
        });
        self.assign(limit);
    }

    /// Matches `candidates` (the rows of the costs) with the free detections (their columns).
    fn assign(&mut self, limit: f32) {
        let Self { costs, solver, track_of, candidates, free, matched, .. } = self;
        // Gated costs are finite, so there is always an assignment.
        let columns = solver.solve(costs).unwrap_or_default();
        for (row, column) in columns.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
            if costs.get(row, column) <= limit {
                track_of[free[column]] = Some(candidates[row]);
                matched[candidates[row]] = true;
            }
        }
        free.retain(|&detection| track_of[detection].is_none());
    }
}

/// A cost up to `limit`, or what stands for all that is beyond (also for what is not a number).
fn gated(cost: f32, limit: f32) -> f32 {
    if cost <= limit { cost } else { limit + BEYOND_GATE }
}
