//! A 3x3 convolution split in two: each channel looks around by itself, then the channels of a place are mixed.

use learning::{Activation, ConvNorm, ConvNormConfig, Fold};
use tch::Tensor;
use tch::nn::{ModuleT, Path};

/// Depthwise 3x3, pointwise, ReLU, with a normalization after each: N x C x H x W stays so.
#[derive(Debug)]
pub(super) struct Separable {
    depthwise: ConvNorm,
    pointwise: ConvNorm,
}

impl Separable {
    pub(super) fn new(path: &Path, channels: i64) -> Self {
        let depthwise = ConvNormConfig { kernel: 3, groups: channels, ..Default::default() };
        let pointwise = ConvNormConfig { activation: Activation::Relu, ..Default::default() };
        let block = |name: &str, config| {
            ConvNorm::new(&(path / name), &(path / format!("{name}_norm")), channels, channels, config)
        };
        Self { depthwise: block("depthwise", depthwise), pointwise: block("pointwise", pointwise) }
    }

    /// The same convolutions with normalizations of their own under `path`.
    pub(super) fn with_norms_of_its_own(&self, path: &Path) -> Self {
        Self {
            depthwise: self.depthwise.with_norm_of_its_own(&(path / "depthwise_norm")),
            pointwise: self.pointwise.with_norm_of_its_own(&(path / "pointwise_norm")),
        }
    }
}

impl ModuleT for Separable {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        xs.apply_t(&self.depthwise, train).apply_t(&self.pointwise, train)
    }
}

impl Fold for Separable {
    fn fold(&mut self) {
        self.depthwise.fold();
        self.pointwise.fold();
    }
}
