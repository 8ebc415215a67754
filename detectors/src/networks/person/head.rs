//! The head: whether there is a person and where, told by branches of their own.
//!
//! All levels share the convolutions, since people look alike at every size; each level has normalizations of its own, since
//! its numbers are distributed in their own way (Lyu et al., *RTMDet*, arXiv 2212.07784), and a factor for its boxes.

use learning::Fold;
use tch::Tensor;
use tch::nn::{self, Path};

use super::separable::Separable;

/// Separable convolutions of a branch.
const DEPTH: usize = 2;

/// From three levels to rows of box and score.
#[derive(Debug)]
pub(super) struct Head {
    levels: Vec<Level>,
    boxes: nn::Conv2D,
    score: nn::Conv2D,
    /// One factor a level.
    scales: Tensor,
}

/// What a level has of its own.
#[derive(Debug)]
struct Level {
    box_branch: Vec<Separable>,
    score_branch: Vec<Separable>,
}

impl Head {
    pub(super) fn new(path: &Path, levels: usize, channels: i64) -> Self {
        let branch = |name: &str| -> Vec<Separable> {
            (0..DEPTH).map(|i| Separable::new(&(path / name / i), channels)).collect()
        };
        let first = Level { box_branch: branch("box_branch"), score_branch: branch("score_branch") };
        let again = |level: usize| {
            let of = |name: &str, branch: &[Separable]| {
                let path = path / "levels" / level / name;
                let own = |(i, block): (usize, &Separable)| block.with_norms_of_its_own(&(&path / i));
                branch.iter().enumerate().map(own).collect()
            };
            Level {
                box_branch: of("box_branch", &first.box_branch),
                score_branch: of("score_branch", &first.score_branch),
            }
        };
        let others: Vec<Level> = (1..levels).map(again).collect();
        let prediction =
            |name: &str, outputs| nn::conv2d(path / name, channels, outputs, 1, Default::default());
        Self {
            boxes: prediction("boxes", 4),
            score: prediction("score", 1),
            scales: path.ones("scales", &[levels as i64]),
            levels: std::iter::once(first).chain(others).collect(),
        }
    }

    /// N x rows x 5.
    pub(super) fn forward_t(&self, levels: &[Tensor], train: bool) -> Tensor {
        let rows = self.levels.iter().zip(levels).enumerate().map(|(i, (level, xs))| {
            let through = |branch: &[Separable]| {
                branch.iter().fold(xs.shallow_clone(), |ys, block| ys.apply_t(block, train))
            };
            let boxes = through(&level.box_branch).apply(&self.boxes) * self.scales.get(i as i64);
            let score = through(&level.score_branch).apply(&self.score);
            Tensor::cat(&[boxes, score], 1).flatten(2, 3).transpose(1, 2)
        });
        Tensor::cat(&rows.collect::<Vec<_>>(), 1)
    }
}

impl Fold for Level {
    fn fold(&mut self) {
        self.box_branch.fold();
        self.score_branch.fold();
    }
}

impl Fold for Head {
    fn fold(&mut self) {
        self.levels.fold();
    }
}
