//! The decoupled head: class and box are predicted by separate branches.

use mvmhat_learning::{ConvNorm, Fold};
use tch::Tensor;
use tch::nn::{self, ModuleT, Path};

use super::blocks::{Channels, Spatial, convolution};

/// From three feature maps to rows of box, objectness and class scores.
#[derive(Debug)]
pub(in crate::detect) struct Head {
    levels: Vec<Level>,
}

/// How large a head is.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct HeadConfig {
    /// Channels of the feature maps.
    pub(in crate::detect) inputs: [i64; 3],
    /// Channels of the branches.
    pub(in crate::detect) hidden: i64,
    pub(in crate::detect) classes: i64,
    /// Whether 3x3 convolutions are split into a depthwise and a pointwise one.
    pub(in crate::detect) depthwise: bool,
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
    pub(in crate::detect) fn new(path: &Path, config: HeadConfig) -> Self {
        let HeadConfig { inputs, hidden, classes, depthwise } = config;
        let build = |(i, inputs): (usize, i64)| {
            let level = |name: &str| path / name / i;
            let branch = |name: &str| {
                let path = level(name);
                let conv = |k| Spatial::new(&(&path / k), Channels::new(hidden, hidden), 1, depthwise);
                (0..2).map(conv).collect()
            };
            let prediction =
                |name: &str, outputs| nn::conv2d(level(name), hidden, outputs, 1, Default::default());
            Level {
                stem: convolution(&level("stems"), Channels::new(inputs, hidden), 1, 1),
                class_branch: branch("cls_convs"),
                box_branch: branch("reg_convs"),
                classes: prediction("cls_preds", classes),
                boxes: prediction("reg_preds", 4),
                objectness: prediction("obj_preds", 1),
            }
        };
        Self { levels: inputs.into_iter().enumerate().map(build).collect() }
    }

    /// N x rows x (5 + classes), objectness and classes as logits.
    pub(in crate::detect) fn logits(&self, features: &[Tensor; 3], train: bool) -> Tensor {
        let levels = self.levels.iter().zip(features);
        Tensor::cat(&levels.map(|(level, xs)| level.forward_t(xs, train)).collect::<Vec<_>>(), 1)
    }

    /// The same with scores from 0 to 1.
    pub(in crate::detect) fn forward_t(&self, features: &[Tensor; 3], train: bool) -> Tensor {
        let rows = self.logits(features, train);
        // In place: a copy of so many rows takes longer than the sigmoid.
        let _ = rows.narrow(2, 4, rows.size()[2] - 4).sigmoid_();
        rows
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
        let objectness = box_features.apply(&self.objectness);
        let classes = class_features.apply(&self.classes);
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
