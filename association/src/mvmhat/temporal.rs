//! Data association over time: which detection of a view continues which of its tracks.
//!
//! DeepSORT's two steps (Wojke et al., ICIP 2017, section 2.3). First the *matching cascade*: confirmed tracks by
//! appearance, those detected last before those lost for longer, because the uncertainty of a lost one is so wide that it
//! would win any detection. Then what is left by *IoU*: tentative tracks, and confirmed ones lost only now.

use mvmhat_assignment::CostMatrix;

use super::track::{Stage, Track};
use crate::gated_assignment::GatedAssignment;
use crate::observations::Observations;
use crate::{MahalanobisGate, MvmhatConfig};

/// Matches the tracks of one view with its detections. Nothing but its workspace is kept between calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct CascadeMatcher {
    costs: CostMatrix,
    solver: GatedAssignment,
    /// Track of each detection.
    track_of: Vec<Option<usize>>,
    /// Confirmed tracks that the cascade may match, in order of their age.
    confirmed: Vec<usize>,
    candidates: Vec<usize>,
    gates: Vec<MahalanobisGate>,
    free: Vec<usize>,
    matched: Vec<bool>,
}

impl CascadeMatcher {
    /// The track (as an index) of each detection. The tracks have been predicted to this timestep.
    pub(crate) fn match_view(
        &mut self,
        tracks: &[Track],
        observations: &Observations,
        config: &MvmhatConfig,
    ) -> &[Option<usize>] {
        self.track_of.clear();
        self.track_of.resize(observations.len(), None);
        self.matched.clear();
        self.matched.resize(tracks.len(), false);
        self.free.clear();
        self.free.extend(0..observations.len());
        self.match_cascade(tracks, observations, config);
        self.match_by_iou(tracks, observations, config);
        &self.track_of
    }

    fn match_cascade(&mut self, tracks: &[Track], observations: &Observations, config: &MvmhatConfig) {
        let noise = config.motion_noise();
        self.confirmed.clear();
        let within = |t: &Track| t.stage == Stage::Confirmed && t.age <= config.max_age;
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
            let limit = config.max_cosine_distance as f32;
            let Self { costs, free, gates, .. } = self;
            costs.fill(same_age.len(), free.len(), |row, column| {
                let detection = free[column];
                // The cheap gate first: appearance is compared only where the person may have got to.
                let distance = gates[row].squared_mahalanobis(&observations.measurements[detection]);
                let near = distance <= config.mahalanobis_gate;
                let embedding = if near { observations.embedding(detection) } else { None };
                let distance = embedding.and_then(|e| tracks[same_age[row]].gallery.distance(e));
                distance.unwrap_or(CostMatrix::FORBIDDEN)
            });
            self.assign(limit);
        }
        self.confirmed = confirmed;
    }

    fn match_by_iou(&mut self, tracks: &[Track], observations: &Observations, config: &MvmhatConfig) {
        self.candidates.clear();
        self.candidates.extend((0..tracks.len()).filter(|&t| tracks[t].stage == Stage::Tentative));
        let confirmed = |t: &usize| tracks[*t].stage == Stage::Confirmed;
        let matched = &self.matched;
        let just_lost = (0..tracks.len()).filter(confirmed).filter(|&t| tracks[t].age == 1 && !matched[t]);
        self.candidates.extend(just_lost);
        let limit = config.max_iou_distance as f32;
        let Self { costs, free, candidates, .. } = self;
        costs.fill(candidates.len(), free.len(), |row, column| {
            let track = &tracks[candidates[row]];
            if track.age > 1 {
                return CostMatrix::FORBIDDEN;
            }
            1.0 - track.motion.bbox().iou(&observations.boxes[free[column]]) as f32
        });
        self.assign(limit);
    }

    /// Matches `candidates` (the rows of the costs) with the free detections (their columns).
    fn assign(&mut self, limit: f32) {
        let Self { costs, solver, track_of, candidates, free, matched, .. } = self;
        let columns = solver.solve(costs, limit);
        for (row, column) in columns.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
            track_of[free[column]] = Some(candidates[row]);
            matched[candidates[row]] = true;
        }
        free.retain(|&detection| track_of[detection].is_none());
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{BBox, Detection, Embedding, PersonId};

    use super::*;

    fn observations(detections: &[(f64, Option<[f32; 2]>)]) -> Observations {
        let detection = |&(x, embedding): &(f64, Option<[f32; 2]>)| Detection {
            bbox: BBox::new(x, 0.0, 50.0, 100.0),
            score: 0.9,
            embedding: embedding.map(|e| Embedding::normalized(e.to_vec())),
        };
        let mut observations = Observations::default();
        observations.take(&detections.iter().map(detection).collect::<Vec<_>>(), 0.5, 2);
        observations
    }

    /// A track that has stood at `x` for `hits` timesteps and was last detected `age` timesteps ago.
    fn track(x: f64, embedding: [f32; 2], hits: usize, age: u32) -> Track {
        let (config, first) = (MvmhatConfig::default(), observations(&[(x, Some(embedding))]));
        let mut track = Track::start(PersonId(1), &first, 0, &config);
        for _ in 1..hits {
            track.predict(&config);
            track.update(&first, 0, &config);
        }
        (0..age).for_each(|_| track.predict(&config));
        track
    }

    fn matches(tracks: &[Track], detections: &[(f64, Option<[f32; 2]>)]) -> Vec<Option<usize>> {
        let config = MvmhatConfig::default();
        CascadeMatcher::default().match_view(tracks, &observations(detections), &config).to_vec()
    }

    const RED: [f32; 2] = [1.0, 0.0];
    const BLUE: [f32; 2] = [0.0, 1.0];

    #[test]
    fn appearance_decides_between_people_who_stand_close() {
        let tracks = [track(100.0, RED, 5, 1), track(110.0, BLUE, 5, 1)];
        assert_eq!(matches(&tracks, &[(100.0, Some(BLUE)), (110.0, Some(RED))]), [Some(1), Some(0)]);
    }

    #[test]
    fn nobody_jumps_through_the_image() {
        // The same appearance, but 400 pixels from one timestep to the next: beyond the Mahalanobis gate.
        assert_eq!(matches(&[track(100.0, RED, 5, 1)], &[(500.0, Some(RED))]), [None]);
    }

    #[test]
    fn the_track_detected_last_comes_first() {
        // Both match in appearance and position.
        let tracks = [track(100.0, RED, 5, 9), track(101.0, RED, 5, 1)];
        assert_eq!(matches(&tracks, &[(100.0, Some(RED))]), [Some(1)]);
    }

    #[test]
    fn a_tentative_track_and_one_just_lost_are_matched_by_iou() {
        let other_appearance = [(102.0, Some(BLUE))];
        assert_eq!(matches(&[track(100.0, RED, 1, 1)], &other_appearance), [Some(0)], "tentative");
        assert_eq!(matches(&[track(100.0, RED, 5, 1)], &other_appearance), [Some(0)], "just lost");
        assert_eq!(matches(&[track(100.0, RED, 5, 2)], &other_appearance), [None], "lost for longer");
        assert_eq!(
            matches(&[track(100.0, RED, 5, 2)], &[(102.0, Some(RED))]),
            [Some(0)],
            "but the same appearance"
        );
        // Moved by 30 of 50 pixels: an intersection of 20 over a union of 80, a distance of 0.75.
        assert_eq!(matches(&[track(100.0, RED, 5, 1)], &[(130.0, Some(BLUE))]), [None], "too little overlap");
    }

    #[test]
    fn without_embedding_there_is_iou_only() {
        assert_eq!(matches(&[track(100.0, RED, 5, 1)], &[(102.0, None)]), [Some(0)]);
        assert_eq!(matches(&[track(100.0, RED, 5, 2)], &[(102.0, None)]), [None]);
    }

    #[test]
    fn one_good_pair_is_worth_more_than_two_poor_ones() {
        // Cosine distances: track 0 to the detections 0 and 0.18, track 1 to the first 0.18 and to the second beyond the
        // gate. Two pairs would cost 0.36; the good one and one at the gate cost 0.2.
        let unit_vector = |cosine: f32| [cosine, (1.0 - cosine * cosine).sqrt()];
        let tracks = [track(100.0, RED, 5, 2), track(100.0, [0.82, -(1.0f32 - 0.82 * 0.82).sqrt()], 5, 2)];
        assert_eq!(
            matches(&tracks, &[(100.0, Some(RED)), (100.0, Some(unit_vector(0.82)))]),
            [Some(0), None]
        );
    }
}
