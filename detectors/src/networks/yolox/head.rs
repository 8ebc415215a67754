//! The decoupled head: what it is and where it is are told by branches of their own.

use learning::{ConvNorm, Fold};
use tch::Tensor;
use tch::nn::{self, ModuleT, Path};

use super::YoloxConfig;
use super::blocks::{Channels, Spatial, convolution};

/// From three feature maps to rows of box, objectness and class scores.
#[derive(Debug)]
pub(super) struct Head {
    levels: Vec<Level>,
}

/// The head on one feature map.
#[derive(Debug)]
struct Level {
    stem: ConvNorm,
    class_branch: Vec<Spatial>,
    box_branch: Vec<Spatial>,
    classes: nn::Conv2D,
    boxes: nn::Conv2D,
    objectness: nn::Conv2D,
}

impl Head {
    pub(super) fn new(path: &Path, config: YoloxConfig, classes: i64) -> Self {
        let hidden = config.channels(256);
        let level = |(i, inputs): (usize, i64)| {
            let at = |name: &str| path / name / i;
            let branch = |name: &str| {
                let path = at(name);
                let conv = |k| Spatial::new(&(&path / k), Channels::new(hidden, hidden), 1, config.depthwise);
                (0..2).map(conv).collect()
            };
            let prediction =
                |name: &str, outputs| nn::conv2d(at(name), hidden, outputs, 1, Default::default());
            Level {
                stem: convolution(&at("stems"), Channels::new(config.channels(inputs), hidden), 1, 1),
                class_branch: branch("cls_convs"),
                box_branch: branch("reg_convs"),
                classes: prediction("cls_preds", classes),
                boxes: prediction("reg_preds", 4),
                objectness: prediction("obj_preds", 1),
            }
        };
        Self { levels: [256, 512, 1024].into_iter().enumerate().map(level).collect() }
    }

    /// N x rows x (5 + classes).
    pub(super) fn forward_t(&self, features: &[Tensor; 3], train: bool) -> Tensor {
        let levels = self.levels.iter().zip(features);
        Tensor::cat(&levels.map(|(level, xs)| level.forward_t(xs, train)).collect::<Vec<_>>(), 1)
    }
}

impl ModuleT for Level {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let branch = |xs: &Tensor, convs: &[Spatial]| {
            convs.iter().fold(xs.shallow_clone(), |ys, conv| ys.apply_t(conv, train))
        };
        let stem = xs.apply_t(&self.stem, train);
        let class_features = branch(&stem, &self.class_branch);
        let box_features = branch(&stem, &self.box_branch);
        let boxes = box_features.apply(&self.boxes);
        let objectness = box_features.apply(&self.objectness).sigmoid();
        let classes = class_features.apply(&self.classes).sigmoid();
        Tensor::cat(&[boxes, objectness, classes], 1).flatten(2, 3).transpose(1, 2)
    }
}

impl Fold for Level {
    fn fold(&mut self) {
        self.stem.fold();
        self.class_branch.fold();
        self.box_branch.fold();
    }
}

impl Fold for Head {
    fn fold(&mut self) {
        self.levels.fold();
    }
}
