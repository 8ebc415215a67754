//! Identity measures: for how many boxes does a track have the one identity its person should have?
//!
//! Ristani et al., *Performance measures and a data set for multi-target, multi-camera tracking* (2016). Every person
//! is given at most one track for the whole sequence such that most boxes agree; `IDTP` are those boxes.

use std::ops::AddAssign;

use mvmhat_assignment::{CostMatrix, LinearAssignment};
use serde::{Deserialize, Serialize};

use crate::MATCH_IOU;
use crate::clear_mot::at_least_one;
use crate::{CameraSequence, Location, Protocol};

/// Counts of the identity measures. They add up over cameras and sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Boxes of people under their right identity.
    pub idtp: u64,
    /// Boxes of tracks that are not.
    pub idfp: u64,
    /// Boxes of people that are not.
    pub idfn: u64,
}

impl Identity {
    /// Identity precision, 0 to 1.
    pub fn idp(&self) -> f64 {
        self.idtp as f64 / at_least_one(self.idtp + self.idfp)
    }

    /// Identity recall, 0 to 1.
    pub fn idr(&self) -> f64 {
        self.idtp as f64 / at_least_one(self.idtp + self.idfn)
    }

    /// Harmonic mean of the two, 0 to 1.
    pub fn idf1(&self) -> f64 {
        2.0 * self.idtp as f64 / at_least_one(2 * self.idtp + self.idfp + self.idfn)
    }
}

impl AddAssign<&Self> for Identity {
    fn add_assign(&mut self, other: &Self) {
        self.idtp += other.idtp;
        self.idfp += other.idfp;
        self.idfn += other.idfn;
    }
}

/// Scores one sequence. The protocols differ in people listed twice in a frame: TrackEval counts the last row, the
/// devkit all rows, of which one can be found.
pub fn identity<P: Location>(sequence: CameraSequence<'_, P>, protocol: Protocol) -> Identity {
    let mut agreed = vec![0u32; sequence.comparison.pairs().len()];
    for overlap in sequence.frames().flat_map(|frame| frame.overlaps) {
        agreed[overlap.pair as usize] += u32::from(overlap.similarity >= MATCH_IOU);
    }
    let idtp = most_agreed(sequence.comparison.pairs(), &agreed);
    let rows = |with_duplicates: fn(&crate::camera_overlaps::CameraOverlaps<P>) -> usize| {
        sequence.views.iter().map(with_duplicates).sum::<usize>() as u64
    };
    let repeated = match protocol {
        Protocol::TrackEval => 0,
        Protocol::Devkit => rows(|view| view.duplicates().gt),
    };
    Identity {
        idtp,
        idfp: rows(|view| view.tracks.len()) - idtp,
        idfn: rows(|view| view.gt.len()) + repeated - idtp,
    }
}

/// The greatest number of boxes on which a one-to-one assignment of identities agrees.
///
/// Identities that never agree cannot compete: groups of identities that are connected by agreement are assigned one by
/// one.
fn most_agreed(pairs: &[(u32, u32)], agreed: &[u32]) -> u64 {
    let agreeing = || pairs.iter().zip(agreed).filter(|(_, agreed)| **agreed > 0);
    let gt_count = pairs.iter().map(|(gt, _)| *gt + 1).max().unwrap_or(0);
    let tracks = pairs.iter().map(|(_, track)| *track + 1).max().unwrap_or(0);
    let mut groups = Groups::new(gt_count + tracks);
    for ((gt, track), _) in agreeing() {
        groups.join(*gt, gt_count + track);
    }
    let mut edges: Vec<_> =
        agreeing().map(|((gt, track), agreed)| (groups.root(*gt), *gt, *track, *agreed)).collect();
    edges.sort_unstable();
    let (mut costs, mut assignment) = (CostMatrix::default(), LinearAssignment::default());
    let mut total = 0;
    for group in edges.chunk_by(|a, b| a.0 == b.0) {
        let rows = numbering(group.iter().map(|edge| edge.1));
        let columns = numbering(group.iter().map(|edge| edge.2));
        let index = |ids: &[u32], id: u32| ids.partition_point(|other| *other < id);
        costs.reset(rows.len(), columns.len(), 0.0);
        for (_, gt, track, agreed) in group {
            costs.set(index(&rows, *gt), index(&columns, *track), -f64::from(*agreed));
        }
        // Counts are finite, so there is always an assignment; of equals any will do, as only the sum is asked for.
        let chosen = assignment.solve(&costs).unwrap_or_default();
        let gain = chosen.iter().enumerate().filter_map(|(row, column)| Some(-costs.get(row, (*column)?)));
        total += gain.sum::<f64>() as u64;
    }
    total
}

fn numbering(ids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Disjoint sets of the numbers `0..n` that can be joined (union-find).
struct Groups(Vec<u32>);

impl Groups {
    fn new(n: u32) -> Self {
        Self((0..n).collect())
    }

    /// The member that represents the group of `member`.
    fn root(&mut self, mut member: u32) -> u32 {
        while self.0[member as usize] != member {
            let parent = self.0[member as usize];
            self.0[member as usize] = self.0[parent as usize];
            member = parent;
        }
        member
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a as usize] = b;
    }
}
