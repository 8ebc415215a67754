//! Data association over time: which detection of a view continues which of its tracklets.
//!
//! Two stages (Zhang et al., *ByteTrack*, ECCV 2022). First the detections of high score with all tracklets, by one cost
//! of motion and appearance together: a person who is occluded for a moment has somebody else's appearance but is where
//! they were predicted, and a person who turns up elsewhere has the appearance they had. Then the remaining tracklets that
//! are not lost with the remaining detections of any score, by IoU: a low score mostly means an occluded person,
//! whose appearance is of no use. Only a visible person of another appearance is not matched.

use mvmhat_assignment::CostMatrix;

use super::tracklet::Tracklet;
use crate::clustering::affinity::Likelihoods;
use crate::gated_assignment::GatedAssignment;
use crate::observations::Observations;
use crate::{ClusteringConfig, MahalanobisGate};

/// The most that appearance counts, in nats: it is never as certain as a narrow estimate of its variance makes it.
const MAX_APPEARANCE_EVIDENCE: f64 = 8.0;

/// Visibility from which another appearance excludes a match by IoU.
const VISIBLE: f32 = 0.5;

/// What there is to match in one view at one timestep.
pub(super) struct MatchInput<'a> {
    pub(super) tracklets: &'a [Tracklet],
    pub(super) observations: &'a Observations,
    /// Visibility of each detection.
    pub(super) visibility: &'a [f32],
    pub(super) likelihoods: &'a Likelihoods,
    pub(super) config: &'a ClusteringConfig,
}

impl MatchInput<'_> {
    /// Whether the score of a detection is high enough for it to start a tracklet.
    fn has_high_score(&self, detection: usize) -> bool {
        f64::from(self.observations.scores[detection]) >= self.config.track_high_thresh
    }

    /// How much appearance speaks for a detection continuing a tracklet, in nats, where it is known.
    fn appearance_evidence(&self, tracklet: usize, detection: usize) -> Option<f64> {
        let appearance = &self.tracklets[tracklet].descriptor.appearance;
        let similarity = appearance.similarity_to(self.observations.embedding(detection)?)?;
        Some(self.likelihoods.continuity(similarity.into()))
    }
}

/// Matches the tracklets of one view with its detections. Nothing but its workspace is kept between calls.
#[derive(Clone, Debug, Default)]
pub(super) struct TrackletMatcher {
    costs: CostMatrix,
    solver: GatedAssignment,
    /// Tracklet of each detection.
    tracklet_of: Vec<Option<usize>>,
    gates: Vec<MahalanobisGate>,
    uncertainties: Vec<f64>,
    /// Tracklets of the current stage, the rows of the costs.
    tracklets: Vec<usize>,
    /// Detections of the current stage, the columns of the costs.
    detections: Vec<usize>,
    matched: Vec<bool>,
}

impl TrackletMatcher {
    /// The tracklet (as an index) of each detection. The tracklets have been predicted to this timestep.
    pub(super) fn match_view(&mut self, view: &MatchInput<'_>) -> &[Option<usize>] {
        self.tracklet_of.clear();
        self.tracklet_of.resize(view.observations.len(), None);
        self.matched.clear();
        self.matched.resize(view.tracklets.len(), false);
        self.match_by_motion_and_appearance(view);
        self.match_by_iou(view);
        &self.tracklet_of
    }

    fn match_by_motion_and_appearance(&mut self, view: &MatchInput<'_>) {
        let (config, noise) = (view.config, view.config.motion_noise());
        self.tracklets.clear();
        self.tracklets.extend(0..view.tracklets.len());
        self.detections.clear();
        self.detections.extend((0..view.observations.len()).filter(|&i| view.has_high_score(i)));
        self.gates.clear();
        self.gates.extend(view.tracklets.iter().map(|t| t.motion.gate(noise)));
        self.uncertainties.clear();
        self.uncertainties.extend(view.tracklets.iter().map(|t| t.motion.uncertainty(noise)));
        let Self { costs, gates, uncertainties, detections, .. } = self;
        costs.fill(view.tracklets.len(), detections.len(), |row, column| {
            let detection = detections[column];
            let distance = gates[row].squared_mahalanobis(&view.observations.measurements[detection]);
            // The cheap gate first: appearance is compared only where the person may have got to.
            if distance.is_nan() || distance > config.mahalanobis_gate {
                return CostMatrix::FORBIDDEN;
            }
            let appearance = view.appearance_evidence(row, detection).unwrap_or(0.0);
            let appearance = appearance.clamp(-MAX_APPEARANCE_EVIDENCE, MAX_APPEARANCE_EVIDENCE);
            (0.5 * distance + uncertainties[row] - f64::from(view.visibility[detection]) * appearance) as f32
        });
        self.assign(config.max_cost as f32);
    }

    fn match_by_iou(&mut self, view: &MatchInput<'_>) {
        let matched = &self.matched;
        self.tracklets.clear();
        let just_lost = |&t: &usize| !matched[t] && view.tracklets[t].missed == 1;
        self.tracklets.extend((0..view.tracklets.len()).filter(just_lost));
        let tracklet_of = &self.tracklet_of;
        self.detections.clear();
        self.detections.extend((0..view.observations.len()).filter(|&i| tracklet_of[i].is_none()));
        let Self { costs, tracklets: rows, detections, .. } = self;
        costs.fill(rows.len(), detections.len(), |row, column| {
            let (tracklet, detection) = (rows[row], detections[column]);
            let visible = view.visibility[detection] >= VISIBLE && view.has_high_score(detection);
            let differs = |evidence: f64| evidence < 0.0;
            if visible && view.appearance_evidence(tracklet, detection).is_some_and(differs) {
                return CostMatrix::FORBIDDEN;
            }
            1.0 - view.tracklets[tracklet].motion.bbox().iou(&view.observations.boxes[detection]) as f32
        });
        self.assign(1.0 - view.config.min_iou as f32);
    }

    /// Matches the tracklets and detections of the current stage by their costs.
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

    use super::super::tracklet::MatchedDetection;
    use super::super::tracklet_descriptor::TrackletId;
    use super::*;

    const RED: [f32; 2] = [1.0, 0.0];
    const BLUE: [f32; 2] = [0.0, 1.0];

    /// Detections given by left edge, score and embedding.
    fn observations(detections: &[(f64, f32, [f32; 2])]) -> Observations {
        let detection = |&(x, score, embedding): &(f64, f32, [f32; 2])| Detection {
            bbox: BBox::new(x, 0.0, 50.0, 100.0),
            score,
            embedding: Some(Embedding::normalized(embedding.to_vec())),
        };
        let mut observations = Observations::default();
        observations.take(&detections.iter().map(detection).collect::<Vec<_>>(), 0.2, 2);
        observations
    }

    /// The tracklet of each of `detections`, all of one `visibility`, for tracklets that were detected at the given left
    /// edges one timestep before.
    fn matches(
        tracklets: &[(f64, [f32; 2])],
        detections: &[(f64, f32, [f32; 2])],
        visibility: f32,
    ) -> Vec<Option<usize>> {
        let config = ClusteringConfig::default();
        let tracklet = |&(x, embedding): &(f64, [f32; 2])| {
            let observations = observations(&[(x, 0.9, embedding)]);
            let first =
                MatchedDetection { timestep: 0, observations: &observations, index: 0, visibility: 1.0 };
            let mut tracklet = Tracklet::start(TrackletId(0), 0, &first, &config);
            tracklet.predict(&config);
            tracklet
        };
        let tracklets: Vec<_> = tracklets.iter().map(tracklet).collect();
        let input = MatchInput {
            tracklets: &tracklets,
            observations: &observations(detections),
            visibility: &vec![visibility; detections.len()],
            likelihoods: &Likelihoods::default(),
            config: &config,
        };
        TrackletMatcher::default().match_view(&input).to_vec()
    }

    #[test]
    fn appearance_decides_between_people_who_stand_close() {
        let tracklets = [(100.0, RED), (110.0, BLUE)];
        assert_eq!(matches(&tracklets, &[(100.0, 0.9, BLUE), (110.0, 0.9, RED)], 1.0), [Some(1), Some(0)]);
        assert_eq!(
            matches(&tracklets, &[(100.0, 0.9, BLUE), (110.0, 0.9, RED)], 0.0),
            [Some(0), Some(1)],
            "occluded"
        );
    }

    #[test]
    fn a_visible_person_of_another_appearance_is_not_matched() {
        assert_eq!(matches(&[(100.0, RED)], &[(125.0, 0.9, BLUE)], 1.0), [None]);
        assert_eq!(matches(&[(100.0, RED)], &[(108.0, 0.3, BLUE)], 1.0), [Some(0)], "low score: by IoU");
    }

    #[test]
    fn nobody_jumps_through_the_image() {
        assert_eq!(matches(&[(100.0, RED)], &[(500.0, 0.9, RED)], 1.0), [None]);
    }
}
