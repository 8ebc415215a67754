//! Synthetic assignment problems, to pretrain the assignment network on.
//!
//! Each view has a random subset of the people in random order. The ground truth is a matrix of permutation blocks: 1 where
//! two boxes are the same person. Similarities are simulated from it: symmetrically, a fraction of the entries between
//! different views is flipped (0 to 1 and 1 to 0), and noise is added. Their soft assignments are the network's input, the
//! ground truth its target. Within a view nothing is flipped: a box is matched to itself only.

use mvmhat_random::Random;
use tch::{Kind, Tensor};

use crate::Temperature;

/// The parameters of the problems.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SyntheticBlocks {
    /// Views, M.
    pub views: usize,
    /// People in all views together.
    pub people: usize,
    /// People in each view; all of them if there are fewer. The matrices have N = `views * people_per_view` rows.
    pub people_per_view: usize,
    /// Fraction of flipped entries between different views, 0 to 1; 0.1 as published.
    pub flipped: f64,
    /// Amplitude of the noise on the similarities.
    pub noise: f64,
    /// The temperature of the soft assignments.
    pub temperature: Temperature,
}

impl Default for SyntheticBlocks {
    fn default() -> Self {
        Self {
            views: 4,
            people: 5,
            people_per_view: 4,
            flipped: 0.1,
            noise: 0.05,
            temperature: Temperature::default(),
        }
    }
}

impl SyntheticBlocks {
    /// `count` problems: soft assignments and ground truth, each `count` x N x N. The same seed gives the same problems.
    pub fn batch(&self, count: usize, seed: u64) -> (Tensor, Tensor) {
        let problem = Self { people_per_view: self.people_per_view.min(self.people), ..*self };
        let mut random = Random::new(seed, "synthetic blocks");
        let mut gt = Vec::new();
        let mut similarity = Vec::new();
        for _ in 0..count {
            problem.append(&mut random, &mut gt, &mut similarity);
        }
        let boxes = (problem.views * problem.people_per_view) as i64;
        let [gt, similarity] =
            [gt, similarity].map(|values| Tensor::from_slice(&values).view([count as i64, boxes, boxes]));
        (problem.soft_assignments(&similarity), gt)
    }

    /// Appends one problem to both.
    fn append(&self, random: &mut Random, gt: &mut Vec<f32>, similarity: &mut Vec<f32>) {
        let mut people = Vec::new();
        for _ in 0..self.views {
            let mut all: Vec<usize> = (0..self.people).collect();
            random.shuffle(&mut all);
            people.extend_from_slice(&all[..self.people_per_view]);
        }
        let boxes = people.len();
        let start = gt.len();
        let same = |a: usize, b: usize| if people[a] == people[b] { 1.0 } else { 0.0 };
        gt.extend((0..boxes * boxes).map(|place| same(place / boxes, place % boxes)));
        similarity.extend_from_slice(&gt[start..]);
        let similarity = &mut similarity[start..];

        let between: Vec<(usize, usize)> = (0..boxes)
            .flat_map(|a| (a + 1..boxes).map(move |b| (a, b)))
            .filter(|(a, b)| a / self.people_per_view != b / self.people_per_view)
            .collect();
        let mut flipped = between.clone();
        random.shuffle(&mut flipped);
        flipped.truncate((self.flipped * between.len() as f64).round() as usize);
        for (a, b) in flipped {
            similarity[a * boxes + b] = 1.0 - similarity[a * boxes + b];
        }
        for (a, b) in between {
            similarity[a * boxes + b] += (self.noise * (2.0 * random.uniform() - 1.0)) as f32;
            similarity[b * boxes + a] = similarity[a * boxes + b];
        }
    }

    /// Row-softmax of each block of `similarity`, ... x N x N.
    fn soft_assignments(&self, similarity: &Tensor) -> Tensor {
        let (views, people) = (self.views as i64, self.people_per_view as i64);
        let tau = self.temperature.tau(&Tensor::from(people), Kind::Float);
        let blocks = (similarity * tau).view([-1, views * people, views, people]);
        blocks.softmax(-1, Kind::Float).view_as(similarity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn the_ground_truth_is_made_of_permutation_blocks() {
        let blocks = SyntheticBlocks { people: 4, ..SyntheticBlocks::default() };
        let (_, gt) = blocks.batch(3, 1);
        assert_eq!(gt.size(), [3, 16, 16]);
        for problem in 0..3 {
            let gt = gt.get(problem);
            assert_eq!(gt.tr(), gt);
            let sums = gt.view([16, 4, 4]).sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
            assert_eq!(
                sums,
                Tensor::ones([16, 4], (Kind::Float, Device::Cpu)),
                "everybody once in each view"
            );
            // Being the same person is transitive: T T = 4 T.
            assert_eq!(gt.matmul(&gt), &gt * 4.0);
        }
    }

    #[test]
    fn a_tenth_of_the_entries_is_flipped() {
        // Without noise and at tau = 1 (epsilon = ln 4) the ratio of two entries in a row tells their similarities.
        let temperature = Temperature { delta: 0.5, epsilon: 4f64.ln() };
        let blocks = SyntheticBlocks { noise: 0.0, temperature, ..SyntheticBlocks::default() };
        let (soft, gt) = blocks.batch(1, 2);
        let (soft, gt) = (soft.get(0), gt.get(0));
        // Where all four of a block's row are alike it cannot be told of which kind; there the ground truth is taken.
        let by_block = soft.view([16, 4, 4]);
        let spread = by_block.amax([-1], true) - by_block.amin([-1], true);
        let likely = by_block
            .ge_tensor(&(by_block.mean_dim([-1i64].as_slice(), true, Kind::Float)))
            .to_kind(Kind::Float);
        let predicted = likely.where_self(&spread.gt(1e-3), &gt.view([16, 4, 4])).view([16, 16]);
        // 6 pairs of views with 16 entries: 96, of which 10 are flipped, on both sides of the diagonal.
        let flipped = (predicted - &gt).abs().sum(Kind::Float).double_value(&[]);
        assert!((16.0..=20.0).contains(&flipped), "{flipped}");
        for set in 0..4 {
            let within = soft.narrow(0, 4 * set, 4).narrow(1, 4 * set, 4).argmax(-1, false);
            assert_eq!(within, Tensor::arange(4, (Kind::Int64, Device::Cpu)), "a box is itself");
        }
    }

    #[test]
    fn a_seed_decides_everything_and_nobody_is_twice_in_a_view() {
        let blocks =
            SyntheticBlocks { people: 3, people_per_view: 9, views: 2, ..SyntheticBlocks::default() };
        let (soft, gt) = blocks.batch(2, 5);
        assert_eq!(soft.size(), [2, 6, 6], "no more than there are");
        assert_eq!(blocks.batch(2, 5), (soft.shallow_clone(), gt));
        assert_ne!(blocks.batch(2, 6).0, soft);
    }
}
