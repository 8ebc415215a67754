//! Cross-view matching accuracy: how well people are matched between two views at one timestep.
//!
//! For every timestep and every pair of views all people of one are assigned one to one to those of the other, as many as
//! there can be, such that the sum of their cosines is greatest. `accuracy` = people assigned to themselves / people whom
//! both views see, pooled over timesteps. Those whom one view sees alone take part in the assignment, where they can take
//! the partner of another, but are not counted: no partner would be right for them.

use std::ops::{AddAssign, Range};

use mvmhat_assignment::{CostMatrix, LinearAssignment, TieBreaking};
use mvmhat_scene::FrameIndex;

use super::Crops;
use crate::clear_mot::at_least_one;

/// What the right partner costs more: among equally similar people the wrong one is chosen. Far less than cosines of
/// `f32` are exact to.
const HANDICAP: f64 = 1e-9;

/// Counts of people seen by two views at one timestep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CrossViewAccuracy {
    /// Those assigned to themselves.
    pub correct: u64,
    /// All of them.
    pub people: u64,
}

impl CrossViewAccuracy {
    /// Fraction of the people who are assigned to themselves, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / at_least_one(self.people)
    }

    /// Scores two cameras, each given by the range of its crops.
    pub(super) fn new(crops: &Crops, a: Range<usize>, b: Range<usize>) -> Self {
        let mut score = Self::default();
        let (mut costs, mut solver) = (CostMatrix::default(), LinearAssignment::new(TieBreaking::SciPy));
        let mut others = views(crops, b).peekable();
        for (timestep, rows) in views(crops, a) {
            while others.next_if(|(other, _)| *other < timestep).is_some() {}
            let Some((_, columns)) = others.next_if(|(other, _)| *other == timestep) else { continue };
            let is_same = |row: usize, column: usize| crops.dense()[row] == crops.dense()[column];
            costs.fill(rows.len(), columns.len(), |row, column| {
                let (row, column) = (rows.start + row, columns.start + column);
                let right = if is_same(row, column) { HANDICAP } else { 0.0 };
                right - f64::from(crops.cosine(row, column))
            });
            // Cosines are finite, so there is always an assignment.
            for (row, column) in rows.clone().zip(solver.solve(&costs).unwrap_or_default()) {
                score.people += u64::from(columns.clone().any(|column| is_same(row, column)));
                score.correct += u64::from(column.is_some_and(|index| is_same(row, columns.start + index)));
            }
        }
        score
    }
}

/// The crops of one camera at each timestep.
fn views(crops: &Crops, camera: Range<usize>) -> impl Iterator<Item = (FrameIndex, Range<usize>)> {
    let mut start = camera.start;
    crops.as_slice()[camera].chunk_by(|a, b| a.timestep == b.timestep).map(move |view| {
        let range = start..start + view.len();
        start = range.end;
        (view[0].timestep, range)
    })
}

impl AddAssign<&Self> for CrossViewAccuracy {
    fn add_assign(&mut self, other: &Self) {
        self.correct += other.correct;
        self.people += other.people;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::Crop;
    use crate::embedding::crops::tests::crop;

    fn score(crops: Vec<Crop>) -> (u64, u64) {
        let crops = Crops::new(crops).unwrap();
        let [(_, a), (_, b)] = crops.cameras() else { panic!("two cameras") };
        let score = CrossViewAccuracy::new(&crops, a.clone(), b.clone());
        (score.correct, score.people)
    }

    #[test]
    fn the_sum_decides_not_the_nearest() {
        // Cosines of camera 0's people 1, 2 (rows) with camera 1's 1, 2: [[0.8, 0.96], [0, 0.8]]. Person 1 is
        // more similar to camera 1's person 2, but 0.8 + 0.8 > 0.96 + 0.
        let mut crops = vec![
            crop(0, 1, 1, &[1.0, 0.0]),
            crop(0, 1, 2, &[0.6, 0.8]),
            crop(1, 1, 1, &[0.8, -0.6]),
            crop(1, 1, 2, &[0.96, 0.28]),
        ];
        assert_eq!(score(crops.clone()), (2, 2));
        // Another timestep is another question, here with the wrong answer.
        crops.push(crop(0, 2, 1, &[1.0, 0.0]));
        crops.push(crop(0, 2, 2, &[0.0, 1.0]));
        crops.push(crop(1, 2, 1, &[0.0, 1.0]));
        crops.push(crop(1, 2, 2, &[1.0, 0.0]));
        assert_eq!(score(crops.clone()), (2, 4));
        // Timesteps that one camera has alone are no question.
        crops.push(crop(0, 0, 1, &[1.0, 0.0]));
        crops.push(crop(1, 3, 1, &[1.0, 0.0]));
        assert_eq!(score(crops), (2, 4));
    }

    #[test]
    fn who_is_seen_by_one_view_alone_can_take_a_place_but_is_not_asked_for() {
        let pair = vec![crop(0, 1, 1, &[1.0, 0.0]), crop(1, 1, 1, &[0.8, 0.6])];
        assert_eq!(score(pair.clone()), (1, 1), "alone, it can only be right");
        let more = |person: &[f32]| [pair.clone(), vec![crop(1, 1, 2, person)]].concat();
        assert_eq!(score(more(&[0.6, 0.8])), (1, 1));
        assert_eq!(score(more(&[0.96, 0.28])), (0, 1), "person 2 is more similar to person 1");
    }

    #[test]
    fn who_cannot_be_told_apart_is_not_right() {
        let twins = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)];
        assert_eq!(
            score(twins.map(|(camera, person)| crop(camera, 1, person, &[1.0, 0.0])).to_vec()),
            (0, 3)
        );
    }
}
