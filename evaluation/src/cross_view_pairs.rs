//! The clean cross-view score: of all pairs of boxes that show one person in two views, how many are found?
//!
//! In every frame tracks and people are matched one to one. A pair is two boxes of one timestep in different views with
//! one identity. A pair of tracks is correct when both match the same person:
//! `P` = correct / pairs of tracks, `R` = correct / pairs of people. The counts add up over timesteps and sequences.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::Comparison;
use crate::clear_mot::at_least_one;
use crate::frame_matches::FrameMatches;
use crate::pair_counter::PairCounter;

/// Counts of cross-view pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossViewPairs {
    /// Pairs of tracks that are one person.
    pub correct: u64,
    /// Pairs of tracks with one identity.
    pub tracked: u64,
    /// Pairs of people with one identity.
    pub gt: u64,
}

impl CrossViewPairs {
    /// Fraction of the tracked pairs that are correct, 0 to 1.
    pub fn precision(&self) -> f64 {
        self.correct as f64 / at_least_one(self.tracked)
    }

    /// Fraction of the true pairs that are found, 0 to 1.
    pub fn recall(&self) -> f64 {
        self.correct as f64 / at_least_one(self.gt)
    }

    /// Harmonic mean of the two, 0 to 1.
    pub fn f1(&self) -> f64 {
        2.0 * self.correct as f64 / at_least_one(self.tracked + self.gt)
    }
}

impl AddAssign<&Self> for CrossViewPairs {
    fn add_assign(&mut self, other: &Self) {
        self.correct += other.correct;
        self.tracked += other.tracked;
        self.gt += other.gt;
    }
}

/// Scores all pairs of views of a sequence.
pub fn cross_view_pairs(comparison: &Comparison) -> CrossViewPairs {
    let matches = FrameMatches::new(comparison.views.iter());
    let mut gt = Timesteps::new(comparison.gt_ids().len());
    let mut tracks = Timesteps::new(comparison.track_ids().len());
    let mut correct = Timesteps::new(comparison.pairs().len());
    for frame in 0..comparison.frames() {
        gt.next(matches.gt_at(frame));
        tracks.next(matches.tracks_at(frame));
        correct.next(matches.pairs_at(frame));
    }
    CrossViewPairs { correct: correct.pairs, tracked: tracks.pairs, gt: gt.pairs }
}

/// Pairs of equal identities of one timestep, summed over the timesteps. A view has an identity at most once, so that
/// equal ones are of different views.
struct Timesteps {
    counts: PairCounter,
    here: Vec<u32>,
    pairs: u64,
}

impl Timesteps {
    fn new(identities: usize) -> Self {
        Self { counts: PairCounter::new(identities), here: Vec::new(), pairs: 0 }
    }

    fn next(&mut self, identities: impl Iterator<Item = u32>) {
        for identity in identities {
            self.pairs += u64::from(self.counts.add(identity));
            self.here.push(identity);
        }
        self.here.drain(..).for_each(|identity| self.counts.remove(identity));
    }
}
