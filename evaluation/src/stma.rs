//! STMA: space-time matching accuracy over short windows.
//!
//! Feng et al., *Unveiling the power of self-supervision for multi-view multi-human association and tracking*
//! (MvMHAT++). All boxes of all views in a window of `L` frames are compared with each other: two are linked when they
//! have one identity. Precision, recall and F1 of the tracks' links against the true ones; windows advance by half
//! their length; the score is the mean of F1 over the windows. Links are counted in closed form: with `n` boxes of
//! an identity there are `n^2` of them, so that a window is kept up to date in the time of its change.

use crate::Comparison;
use crate::camera_overlaps::CameraOverlaps;
use crate::frame_matches::FrameMatches;
use crate::pair_counter::PairCounter;

/// The windows published scores are given for.
pub const STMA_LENGTHS: [u32; 3] = [5, 10, 30];

/// What keeps the reference implementation's ratios finite, and so is part of the scores.
const EPSILON: f64 = 1e-7;

/// The scores of a sequence for windows of `lengths` frames: mean F1 over the windows, 0 to 1. A length below 2 is taken
/// as 2, the shortest that can advance by half of itself. All rows of the files count, repeated ones too.
pub fn stma<const N: usize>(comparison: &Comparison, lengths: [u32; N]) -> [f64; N] {
    let matches = FrameMatches::new(comparison.views.iter().map(CameraOverlaps::with_duplicates));
    lengths.map(|length| {
        let mut window = Links::new(comparison);
        mean_over_windows(&mut window, &matches, comparison.frames(), length.max(2) as usize)
    })
}

fn mean_over_windows(window: &mut Links, matches: &FrameMatches<'_>, frames: usize, length: usize) -> f64 {
    let (mut start, mut end) = (0, 0);
    let (mut sum, mut windows) = (0.0, 0u32);
    while start < frames {
        while end < (start + length).min(frames) {
            window.add(matches, end);
            end += 1;
        }
        sum += window.f1();
        windows += 1;
        // The windows at the end of the sequence are shorter, and count in full.
        let next = (start + length / 2).min(frames);
        (start..next).for_each(|frame| window.remove(matches, frame));
        start = next;
    }
    sum / f64::from(windows.max(1))
}

/// The links in a window.
struct Links {
    gt: PairCounter,
    tracks: PairCounter,
    both: PairCounter,
}

impl Links {
    fn new(comparison: &Comparison) -> Self {
        Self {
            gt: PairCounter::new(comparison.gt_ids().len()),
            tracks: PairCounter::new(comparison.track_ids().len()),
            both: PairCounter::new(comparison.pairs().len()),
        }
    }

    fn add(&mut self, matches: &FrameMatches<'_>, frame: usize) {
        matches.gt_at(frame).for_each(|id| _ = self.gt.add(id));
        matches.tracks_at(frame).for_each(|id| _ = self.tracks.add(id));
        matches.pairs_at(frame).for_each(|pair| _ = self.both.add(pair));
    }

    fn remove(&mut self, matches: &FrameMatches<'_>, frame: usize) {
        matches.gt_at(frame).for_each(|id| self.gt.remove(id));
        matches.tracks_at(frame).for_each(|id| self.tracks.remove(id));
        matches.pairs_at(frame).for_each(|pair| self.both.remove(pair));
    }

    fn f1(&self) -> f64 {
        let correct = self.both.squares() as f64;
        let precision = correct / (self.tracks.squares() as f64 + EPSILON);
        let recall = correct / (self.gt.squares() as f64 + EPSILON);
        2.0 * precision * recall / (precision + recall + EPSILON)
    }
}
