//! Our own person detector: a YOLOX-nano with one class and a backbone by name.
//!
//! ```text
//! image -> backbone: feature maps at strides 8, 16, 32 -> neck (PAFPN) -> head: a branch for the box, one for the class
//!       -> a row per cell: box of the person whose center is in the cell, and two scores
//! ```
//!
//! Neck and head are those of [`Yolox`](super::Yolox), so that its published weights are pretrained weights for the whole
//! network, and what they learned from the people of COCO is kept.
//!
//! It is trained by `mvmhat train-detector` with [`detection_loss`] towards [`DetectionTargets`]. Unlike YOLOX's, its two
//! scores are trained as they are used: the target of their product is the IoU of the box with the person (varifocal loss),
//! so that non-maximum suppression keeps the box that fits best.

mod backbone;
mod config;
mod loss;
mod pretrained;
mod simota;
#[cfg(test)]
mod tests;

use mvmhat_learning::Fold;
use tch::Tensor;
use tch::nn::{ModuleT, Path};

pub use backbone::{PYRAMIDS, PyramidBackbone};
pub use config::PersonNetworkConfig;
pub use loss::{DetectionLoss, DetectionTargets, detection_loss};
pub use pretrained::PretrainedParts;

use super::yolox::{Head, HeadConfig, Pafpn, YoloxConfig};
use backbone::FeaturePyramid;

/// The prefix of the names of the backbone's variables.
const BACKBONE: &str = "backbone.";

/// The network, from images to rows of predictions.
///
/// # Shapes
/// - input: N x 3 x H x W, blue, green, red, 0 to 255; H and W multiples of 32
/// - output: N x rows x 6, a row per cell of the grids with strides 8, 16, 32, row by row: center and size **undecoded**,
///   as those of [`Yolox`](super::Yolox), and two scores, 0 to 1, whose product is the confidence
#[derive(Debug)]
pub struct PersonNetwork {
    backbone: Box<dyn FeaturePyramid>,
    neck: Pafpn,
    head: Head,
}

impl PersonNetwork {
    /// The columns of a row: center, size, objectness, person.
    pub const COLUMNS: i64 = 6;

    /// A network with its variables under `path`.
    pub fn new(path: &Path, config: &PersonNetworkConfig) -> Self {
        let inputs = config.backbone.channels;
        let head = HeadConfig { inputs, hidden: config.channels, classes: 1, depthwise: true };
        Self {
            backbone: config.backbone.build(&(path / "backbone")),
            neck: Pafpn::new(&(path / "neck"), inputs, YoloxConfig::NANO),
            head: Head::new(&(path / "head"), head),
        }
    }

    /// The rows for the loss: N x rows x 5, center, size and the logit of the product of both scores. Normalizations in
    /// parts with pretrained weights keep their statistics, since a batch is small; the others gather theirs.
    ///
    /// With objectness `sigmoid(o)` and person `sigmoid(c)` the logit is
    ///
    /// ```text
    /// ln p / (1 - p) = -ln (exp(-o) + exp(-c) + exp(-o - c))        p = sigmoid(o) sigmoid(c)
    /// ```
    pub fn logits(&self, xs: &Tensor, pretrained: PretrainedParts) -> Tensor {
        let levels = self.backbone.levels(xs, pretrained < PretrainedParts::Backbone);
        let levels = self.neck.forward_t(&levels, pretrained < PretrainedParts::Neck);
        let rows = self.head.logits(&levels, pretrained < PretrainedParts::Network);
        let [objectness, person] = [4, 5].map(|column| -rows.narrow(2, column, 1));
        let both = &objectness + &person;
        let logit = -Tensor::cat(&[objectness, person, both], 2).logsumexp(2, true);
        Tensor::cat(&[rows.narrow(2, 0, 4), logit], 2)
    }
}

impl ModuleT for PersonNetwork {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let levels = self.backbone.levels(xs, train);
        self.head.forward_t(&self.neck.forward_t(&levels, train), train)
    }
}

impl Fold for PersonNetwork {
    fn fold(&mut self) {
        self.backbone.fold();
        self.neck.fold();
        self.head.fold();
    }
}
