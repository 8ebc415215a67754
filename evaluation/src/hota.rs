//! HOTA: detection and association in equal parts, over all localization thresholds.
//!
//! Luiten et al., *HOTA: a higher order metric for evaluating multi-object tracking* (IJCV 2021), as TrackEval computes
//! it. For each threshold alpha of 0.05, 0.10, ..., 0.95:
//!
//! * `DetA = TP / (TP + FN + FP)`;
//! * `AssA` = mean over all TP `c` of `TPA(c) / (TPA(c) + FNA(c) + FPA(c))`, where the TP of the same two identities
//!   are the true positive associations;
//! * `HOTA = sqrt(DetA * AssA)`.
//!
//! The scores without alpha are the means over the thresholds.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::camera_overlaps::FrameOverlaps;
use crate::clear_mot::at_least_one;
use crate::matching::{Candidate, Matcher};
use crate::{CameraSequence, GtAndTracks, Location};

/// How many thresholds there are.
pub const ALPHAS: usize = 19;

/// A value for every threshold.
pub type PerAlpha = [f64; ALPHAS];

/// The threshold of place `index`, 0.05 to 0.95, as TrackEval's `numpy.arange(0.05, 0.99, 0.05)` has it.
pub fn alpha(index: usize) -> f64 {
    0.05 + index as f64 * 0.05
}

/// Counts and sums of HOTA. They add up over cameras and sequences, and the ratios follow from the sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hota {
    /// Boxes of the ground truth.
    pub gt: u64,
    /// Boxes of the tracks.
    pub tracks: u64,
    /// Matches whose similarity reaches each threshold.
    pub tp: [u64; ALPHAS],
    /// Sum over the matches of their association accuracy.
    pub association: PerAlpha,
    /// Sum over the matches of their association recall.
    pub association_recall: PerAlpha,
    /// Sum over the matches of their association precision.
    pub association_precision: PerAlpha,
    /// Sum over the matches of their similarity.
    pub localization: PerAlpha,
}

impl Hota {
    /// HOTA for each threshold.
    pub fn hota_alpha(&self) -> PerAlpha {
        let (detection, association) = (self.det_a_alpha(), self.ass_a_alpha());
        std::array::from_fn(|a| (detection[a] * association[a]).sqrt())
    }

    /// Detection accuracy for each threshold.
    pub fn det_a_alpha(&self) -> PerAlpha {
        std::array::from_fn(|a| self.tp[a] as f64 / at_least_one(self.gt + self.tracks - self.tp[a]))
    }

    /// Association accuracy for each threshold.
    pub fn ass_a_alpha(&self) -> PerAlpha {
        self.mean_of_matches(&self.association)
    }

    /// Localization accuracy for each threshold; 1 where nothing matches, as in TrackEval.
    pub fn loc_a_alpha(&self) -> PerAlpha {
        std::array::from_fn(|a| self.localization[a].max(1e-10) / (self.tp[a] as f64).max(1e-10))
    }

    /// Higher order tracking accuracy, 0 to 1.
    pub fn hota(&self) -> f64 {
        mean(&self.hota_alpha())
    }

    /// Detection accuracy, 0 to 1.
    pub fn det_a(&self) -> f64 {
        mean(&self.det_a_alpha())
    }

    /// Detection recall, 0 to 1.
    pub fn det_re(&self) -> f64 {
        mean(&self.tp.map(|tp| tp as f64 / at_least_one(self.gt)))
    }

    /// Detection precision, 0 to 1.
    pub fn det_pr(&self) -> f64 {
        mean(&self.tp.map(|tp| tp as f64 / at_least_one(self.tracks)))
    }

    /// Association accuracy, 0 to 1.
    pub fn ass_a(&self) -> f64 {
        mean(&self.ass_a_alpha())
    }

    /// Association recall, 0 to 1.
    pub fn ass_re(&self) -> f64 {
        mean(&self.mean_of_matches(&self.association_recall))
    }

    /// Association precision, 0 to 1.
    pub fn ass_pr(&self) -> f64 {
        mean(&self.mean_of_matches(&self.association_precision))
    }

    /// Localization accuracy, 0 to 1; 1 where nothing matches, as in TrackEval.
    pub fn loc_a(&self) -> f64 {
        mean(&self.loc_a_alpha())
    }

    fn mean_of_matches(&self, sums: &PerAlpha) -> PerAlpha {
        std::array::from_fn(|a| sums[a] / at_least_one(self.tp[a]))
    }
}

fn mean(values: &PerAlpha) -> f64 {
    values.iter().sum::<f64>() / ALPHAS as f64
}

impl AddAssign<&Self> for Hota {
    fn add_assign(&mut self, other: &Self) {
        self.gt += other.gt;
        self.tracks += other.tracks;
        for a in 0..ALPHAS {
            self.tp[a] += other.tp[a];
            self.association[a] += other.association[a];
            self.association_recall[a] += other.association_recall[a];
            self.association_precision[a] += other.association_precision[a];
            self.localization[a] += other.localization[a];
        }
    }
}

/// Scores one sequence.
pub fn hota<P: Location>(sequence: CameraSequence<'_, P>) -> Hota {
    let pairs = sequence.comparison.pairs();
    let presence = sequence.presence();
    let alignment = global_alignment(sequence, &presence);
    let mut hota = Hota {
        gt: presence.gt.iter().map(|n| u64::from(*n)).sum(),
        tracks: presence.tracks.iter().map(|n| u64::from(*n)).sum(),
        ..Hota::default()
    };
    // One match serves all thresholds up to its similarity: it is counted at the last of them, and summed up later.
    let mut matches = vec![[0u32; ALPHAS]; pairs.len()];
    let mut matcher = Matcher::default();
    let mut candidates = Vec::new();
    for frame in sequence.frames() {
        candidates.clear();
        candidates.extend(frame.overlaps.iter().map(|overlap| Candidate {
            overlap: *overlap,
            score: alignment[overlap.pair as usize] * overlap.similarity,
        }));
        matcher.maximize(&frame, &mut candidates);
        for Candidate { overlap, .. } in &candidates {
            if let Some(last) = last_reached(overlap.similarity) {
                matches[overlap.pair as usize][last] += 1;
                hota.localization[last] += overlap.similarity;
            }
        }
    }
    for a in (0..ALPHAS - 1).rev() {
        hota.localization[a] += hota.localization[a + 1];
    }
    for ((gt, track), matches) in pairs.iter().zip(&matches) {
        let present = f64::from(presence.gt[*gt as usize]);
        let tracked = f64::from(presence.tracks[*track as usize]);
        let mut count = 0;
        for a in (0..ALPHAS).rev() {
            count += matches[a];
            if count > 0 {
                let n = f64::from(count);
                hota.tp[a] += u64::from(count);
                hota.association[a] += n * n / (present + tracked - n);
                hota.association_recall[a] += n * n / present;
                hota.association_precision[a] += n * n / tracked;
            }
        }
    }
    hota
}

/// How well two identities fit over the whole sequence, for each pair: a Jaccard index of their boxes, in which every
/// possible match counts by its fraction of the similarities it competes with (equation 11 of the paper).
fn global_alignment<P: Location>(
    sequence: CameraSequence<'_, P>,
    presence: &GtAndTracks<Vec<u32>>,
) -> Vec<f64> {
    let pairs = sequence.comparison.pairs();
    let mut potential = vec![0.0; pairs.len()];
    let mut sums = Sums::default();
    for frame in sequence.frames() {
        if frame.disjoint {
            // Nothing competes.
            frame.overlaps.iter().for_each(|overlap| potential[overlap.pair as usize] += 1.0);
            continue;
        }
        sums.update(&frame);
        for overlap in frame.overlaps {
            let competing = sums.tracks[overlap.track as usize] + sums.gt[overlap.gt as usize];
            let all = competing - overlap.similarity;
            if all > f64::EPSILON {
                potential[overlap.pair as usize] += overlap.similarity / all;
            }
        }
    }
    let alignment = |(potential, (gt, track)): (f64, &(u32, u32))| {
        let boxes = presence.gt[*gt as usize] + presence.tracks[*track as usize];
        if boxes == 0 { 0.0 } else { potential / (f64::from(boxes) - potential) }
    };
    potential.into_iter().zip(pairs).map(alignment).collect()
}

/// Sum of the similarities of every person and of every track of a frame.
#[derive(Default)]
struct Sums {
    gt: Vec<f64>,
    tracks: Vec<f64>,
}

impl Sums {
    fn update<P: Location>(&mut self, frame: &FrameOverlaps<'_, P>) {
        self.gt.clear();
        self.gt.resize(frame.gt.ids.len(), 0.0);
        self.tracks.clear();
        self.tracks.resize(frame.tracks.ids.len(), 0.0);
        for overlap in frame.overlaps {
            self.gt[overlap.gt as usize] += overlap.similarity;
            self.tracks[overlap.track as usize] += overlap.similarity;
        }
    }
}

/// Index of the highest threshold that `similarity` reaches.
fn last_reached(similarity: f64) -> Option<usize> {
    (0..ALPHAS).rev().find(|index| similarity >= alpha(*index) - f64::EPSILON)
}
