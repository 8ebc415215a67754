//! One person, one track: the best matching of one frame.

use mvmhat_assignment::{CostMatrix, LinearAssignment, TieBreaking};

use crate::camera_overlaps::{FrameOverlaps, Overlap};

/// An overlap that may become a match, and how much it is wanted: more than 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) overlap: Overlap,
    pub(crate) score: f64,
}

/// Matches frame after frame and keeps its memory between them.
#[derive(Debug)]
pub(crate) struct Matcher {
    assignment: LinearAssignment,
    costs: CostMatrix<f64>,
    taken: Vec<bool>,
}

impl Default for Matcher {
    fn default() -> Self {
        // The scorers that are reproduced use SciPy.
        let assignment = LinearAssignment::new(TieBreaking::SciPy);
        Self { assignment, costs: CostMatrix::default(), taken: Vec::new() }
    }
}

impl Matcher {
    /// Keeps of `candidates` (sorted as the overlaps of `frame`) a one-to-one subset with the greatest sum of scores.
    pub(crate) fn maximize<P>(&mut self, frame: &FrameOverlaps<'_, P>, candidates: &mut Vec<Candidate>) {
        self.assign(frame, candidates, 0.0, |score| -score);
    }

    /// Keeps the largest one-to-one subset of `candidates`, and of the largest ones the one with the least sum of
    /// scores, which are costs here, well below `1e9`.
    pub(crate) fn minimize<P>(&mut self, frame: &FrameOverlaps<'_, P>, candidates: &mut Vec<Candidate>) {
        self.assign(frame, candidates, 1e9, |cost| cost);
    }

    fn assign<P>(
        &mut self,
        frame: &FrameOverlaps<'_, P>,
        candidates: &mut Vec<Candidate>,
        cost_of_others: f64,
        cost: impl Fn(f64) -> f64,
    ) {
        if frame.disjoint || self.are_disjoint(frame, candidates) {
            return;
        }
        // The whole matrix of the frame, so that ties fall as in the scorers that hand it to SciPy.
        self.costs.reset(frame.gt.ids.len(), frame.tracks.ids.len(), cost_of_others);
        for Candidate { overlap, score } in candidates.iter() {
            self.costs.set(overlap.gt as usize, overlap.track as usize, cost(*score));
        }
        // Scores are finite, so there is always an assignment.
        let chosen = self.assignment.solve(&self.costs).unwrap_or_default();
        candidates.retain(|c| chosen.get(c.overlap.gt as usize) == Some(&Some(c.overlap.track as usize)));
    }

    /// Whether no two candidates share a person or a track: then all of them match.
    fn are_disjoint<P>(&mut self, frame: &FrameOverlaps<'_, P>, candidates: &[Candidate]) -> bool {
        self.taken.clear();
        self.taken.resize(frame.tracks.ids.len(), false);
        candidates.windows(2).all(|two| two[0].overlap.gt != two[1].overlap.gt)
            && candidates.iter().all(|c| !std::mem::replace(&mut self.taken[c.overlap.track as usize], true))
    }
}
