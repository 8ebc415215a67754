//! Matching over time: which detection of a view continues which of its tracklets.
//!
//! Two stages (Zhang et al., *ByteTrack*, ECCV 2022). First the detections of high score with all tracklets, by one cost of
//! place and looks together: a person who is hidden for a moment looks like somebody else but is where they were
//! foreseen, and a person who turns up elsewhere looks as ever. Then what is left of tracklets that are not lost,
//! with what is left of detections however uncertain, by overlap: a low score mostly means a hidden person, whose
//! looks say nothing. Only who is seen well and looks like somebody else is not taken.

use super::likelihoods::Likelihoods;
use super::tracklet::Tracklet;
use crate::gated_assignment::GatedAssignment;
use crate::observations::Observations;
use mvmhat_assignment::CostMatrix;

use crate::{ClusteringConfig, MotionGate};

/// The most that looks can say: they are never so sure as a narrow estimate of their scatter makes them.
const MOST: f64 = 8.0;

/// What there is to match in one view at one timestep.
pub(crate) struct Situation<'a> {
    pub(crate) tracklets: &'a [Tracklet],
    pub(crate) seen: &'a Observations,
    /// How clearly each detection can be seen.
    pub(crate) clarity: &'a [f32],
    pub(crate) likelihoods: &'a Likelihoods,
    pub(crate) config: &'a ClusteringConfig,
}

impl Situation<'_> {
    /// Whether the detector is certain enough of a detection for it to begin a tracklet.
    fn is_certain(&self, detection: usize) -> bool {
        f64::from(self.seen.scores[detection]) >= self.config.track_high_thresh
    }

    /// How much looks speak for a detection being the person of a tracklet, in nats, where they are known.
    fn continuity(&self, tracklet: usize, detection: usize) -> Option<f64> {
        let looks = &self.tracklets[tracklet].sighting.looks;
        let likeness = looks.likeness_to(self.seen.embedding(detection)?)?;
        Some(self.likelihoods.continuity(likeness.into()))
    }
}

/// Matches the tracklets of one view with its detections. One for all views: it keeps nothing but its workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeMatcher {
    costs: CostMatrix,
    solver: GatedAssignment,
    /// Tracklet of each detection.
    tracklet_of: Vec<Option<usize>>,
    gates: Vec<MotionGate>,
    spreads: Vec<f64>,
    /// Tracklets and detections that the stage is about.
    tracklets: Vec<usize>,
    detections: Vec<usize>,
    matched: Vec<bool>,
}

impl TimeMatcher {
    /// The tracklet (as an index) of each detection. The tracklets have been predicted to this timestep.
    pub(crate) fn match_view(&mut self, view: &Situation<'_>) -> &[Option<usize>] {
        self.tracklet_of.clear();
        self.tracklet_of.resize(view.seen.len(), None);
        self.matched.clear();
        self.matched.resize(view.tracklets.len(), false);
        self.by_place_and_looks(view);
        self.by_overlap(view);
        &self.tracklet_of
    }

    fn by_place_and_looks(&mut self, view: &Situation<'_>) {
        let (config, noise) = (view.config, view.config.motion_noise());
        self.tracklets.clear();
        self.tracklets.extend(0..view.tracklets.len());
        self.detections.clear();
        self.detections.extend((0..view.seen.len()).filter(|&i| view.is_certain(i)));
        self.gates.clear();
        self.gates.extend(view.tracklets.iter().map(|t| t.motion.gate(noise)));
        self.spreads.clear();
        self.spreads.extend(view.tracklets.iter().map(|t| t.motion.spread(noise)));
        let Self { costs, gates, spreads, detections, .. } = self;
        costs.fill(view.tracklets.len(), detections.len(), |row, column| {
            let detection = detections[column];
            let place = gates[row].squared_mahalanobis(&view.seen.measurements[detection]);
            // The cheap gate first: looks are compared only where the person may have got to.
            if place.is_nan() || place > config.mahalanobis_gate {
                return CostMatrix::FORBIDDEN;
            }
            let looks = view.continuity(row, detection).unwrap_or(0.0).clamp(-MOST, MOST);
            (0.5 * place + spreads[row] - f64::from(view.clarity[detection]) * looks) as f32
        });
        self.assign(config.max_cost as f32);
    }

    fn by_overlap(&mut self, view: &Situation<'_>) {
        let matched = &self.matched;
        self.tracklets.clear();
        let just_lost = |&t: &usize| !matched[t] && view.tracklets[t].missed == 1;
        self.tracklets.extend((0..view.tracklets.len()).filter(just_lost));
        let tracklet_of = &self.tracklet_of;
        self.detections.clear();
        self.detections.extend((0..view.seen.len()).filter(|&i| tracklet_of[i].is_none()));
        let Self { costs, tracklets: rows, detections, .. } = self;
        costs.fill(rows.len(), detections.len(), |row, column| {
            let (tracklet, detection) = (rows[row], detections[column]);
            let telling = view.clarity[detection] >= 0.5 && view.is_certain(detection);
            if telling && view.continuity(tracklet, detection).is_some_and(|looks| looks < 0.0) {
                return CostMatrix::FORBIDDEN;
            }
            1.0 - view.tracklets[tracklet].motion.bbox().iou(&view.seen.boxes[detection]) as f32
        });
        self.assign(1.0 - view.config.min_iou as f32);
    }

    /// Matches the tracklets and detections that rows and columns of the costs stand for.
    fn assign(&mut self, limit: f32) {
        let Self { costs, solver, tracklet_of, tracklets, detections, matched, .. } = self;
        let columns = solver.solve(costs, limit);
        for (row, column) in columns.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
            tracklet_of[detections[column]] = Some(tracklets[row]);
            matched[tracklets[row]] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{BBox, Detection, Embedding};

    use super::super::tracklet::TrackletId;
    use super::*;

    const RED: [f32; 2] = [1.0, 0.0];
    const BLUE: [f32; 2] = [0.0, 1.0];

    fn observations(detections: &[(f64, f32, [f32; 2])]) -> Observations {
        let detection = |&(x, score, looks): &(f64, f32, [f32; 2])| Detection {
            bbox: BBox::new(x, 0.0, 50.0, 100.0),
            score,
            embedding: Some(Embedding::normalized(looks.to_vec())),
        };
        let mut observations = Observations::default();
        observations.take(&detections.iter().map(detection).collect::<Vec<_>>(), 0.2, 2);
        observations
    }

    /// The tracklet of each of `detections`, all clear to be seen but as `clarity` says, for tracklets that stood at the
    /// given places the timestep before.
    fn matches(
        tracklets: &[(f64, [f32; 2])],
        detections: &[(f64, f32, [f32; 2])],
        clarity: f32,
    ) -> Vec<Option<usize>> {
        let config = ClusteringConfig::default();
        let tracklet = |&(x, looks): &(f64, [f32; 2])| {
            let mut tracklet =
                Tracklet::start(TrackletId(0), 0, 0, &observations(&[(x, 0.9, looks)]), 0, 1.0, &config);
            tracklet.predict(&config);
            tracklet
        };
        let tracklets: Vec<_> = tracklets.iter().map(tracklet).collect();
        let clarity = vec![clarity; detections.len()];
        let (seen, likelihoods) = (observations(detections), Likelihoods::default());
        let (tracklets, seen, clarity) = (&tracklets[..], &seen, &clarity[..]);
        let view = Situation { tracklets, seen, clarity, likelihoods: &likelihoods, config: &config };
        TimeMatcher::default().match_view(&view).to_vec()
    }

    #[test]
    fn looks_decide_between_people_who_stand_close() {
        let tracklets = [(100.0, RED), (110.0, BLUE)];
        assert_eq!(matches(&tracklets, &[(100.0, 0.9, BLUE), (110.0, 0.9, RED)], 1.0), [Some(1), Some(0)]);
        assert_eq!(
            matches(&tracklets, &[(100.0, 0.9, BLUE), (110.0, 0.9, RED)], 0.0),
            [Some(0), Some(1)],
            "hidden"
        );
    }

    #[test]
    fn who_is_seen_well_and_looks_like_somebody_else_is_not_taken() {
        assert_eq!(matches(&[(100.0, RED)], &[(125.0, 0.9, BLUE)], 1.0), [None]);
        assert_eq!(matches(&[(100.0, RED)], &[(108.0, 0.3, BLUE)], 1.0), [Some(0)], "uncertain: by overlap");
    }

    #[test]
    fn nobody_jumps_through_the_image() {
        assert_eq!(matches(&[(100.0, RED)], &[(500.0, 0.9, RED)], 1.0), [None]);
    }
}
