//! Convolution, batch normalization and activation as one block.

use tch::nn::{self, ModuleT, Path};
use tch::{Tensor, no_grad};

use crate::{Activation, channels_last};

/// Networks that can be optimized for inference.
pub trait Fold {
    /// Folds batch normalizations into convolutions, see [`ConvNorm`]. To be called after the weights are loaded: later
    /// changes of the variables have no effect, and the network can no longer be trained.
    fn fold(&mut self);
}

impl<T: Fold> Fold for Vec<T> {
    fn fold(&mut self) {
        self.iter_mut().for_each(T::fold);
    }
}

impl<T: Fold> Fold for Option<T> {
    fn fold(&mut self) {
        self.iter_mut().for_each(T::fold);
    }
}

/// The configuration of all batch normalizations: initialized with scale 1 and shift 0, as in the papers (tch's default is a
/// random scale).
pub fn batch_norm_config(epsilon: f64) -> nn::BatchNormConfig {
    nn::BatchNormConfig { eps: epsilon, ws_init: nn::Init::Const(1.0), ..Default::default() }
}

/// The configuration of a [`ConvNorm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvNormConfig {
    /// Height and width of the kernel; the input is padded with half of it on every side.
    pub kernel: i64,
    /// The stride.
    pub stride: i64,
    /// Groups of channels; as many as channels for a depthwise convolution.
    pub groups: i64,
    /// The epsilon of the normalization, added to the variance.
    pub epsilon: f64,
    /// The activation.
    pub activation: Activation,
}

impl Default for ConvNormConfig {
    fn default() -> Self {
        Self { kernel: 1, stride: 1, groups: 1, epsilon: 1e-5, activation: Activation::Identity }
    }
}

/// Convolution without bias, batch normalization, activation: N x C x H x W to N x C' x H' x W'.
///
/// In training these are three steps. At inference the normalization is a constant scale and shift of each channel,
/// `gamma (W x - mean) / sqrt(var + eps) + beta`, so [`Fold::fold`] makes one convolution of both:
/// `W' = W gamma / sqrt(var + eps)` with the bias `beta - mean gamma / sqrt(var + eps)`.
#[derive(Debug)]
pub struct ConvNorm {
    weight: Tensor,
    norm: nn::BatchNorm,
    config: ConvNormConfig,
    folded: Option<Folded>,
}

#[derive(Debug)]
struct Folded {
    weight: Tensor,
    bias: Tensor,
}

impl ConvNorm {
    /// A block with its variables at the paths `convolution` (`weight`) and `norm` (`weight`, `bias`, `running_mean`,
    /// `running_var`): two paths, since every family of checkpoints has its own names.
    pub fn new(convolution: &Path, norm: &Path, inputs: i64, outputs: i64, config: ConvNormConfig) -> Self {
        let conv_config = nn::ConvConfig { groups: config.groups, bias: false, ..Default::default() };
        Self {
            weight: nn::conv2d(convolution, inputs, outputs, config.kernel, conv_config).ws,
            norm: nn::batch_norm2d(norm, outputs, batch_norm_config(config.epsilon)),
            config,
            folded: None,
        }
    }

    /// The convolution of `xs` with a weight and a bias.
    fn convolved(&self, xs: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let ConvNormConfig { kernel, stride, groups, .. } = self.config;
        xs.conv2d(weight, bias, [stride; 2], [kernel / 2; 2], [1, 1], groups)
    }

    /// Weight (C' x C / groups x kernel x kernel) and bias (C') of the single convolution that is equivalent to convolution
    /// and normalization at inference.
    pub fn merged(&self) -> (Tensor, Tensor) {
        no_grad(|| {
            let deviation = (&self.norm.running_var + self.config.epsilon).sqrt();
            let scale =
                self.norm.ws.as_ref().map_or_else(|| deviation.reciprocal(), |gamma| gamma / &deviation);
            let shift = -&self.norm.running_mean * &scale;
            let bias = self.norm.bs.as_ref().map_or_else(|| shift.shallow_clone(), |beta| beta + &shift);
            (&self.weight * scale.view([-1, 1, 1, 1]), bias)
        })
    }
}

impl ModuleT for ConvNorm {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let Some(Folded { weight, bias }) = &self.folded else {
            let ys = self.convolved(xs, &self.weight, None).apply_t(&self.norm, train);
            return self.config.activation.forward(&ys);
        };
        let mut ys = self.convolved(xs, weight, Some(bias));
        self.config.activation.in_place(&mut ys);
        ys
    }
}

impl Fold for ConvNorm {
    fn fold(&mut self) {
        let (weight, bias) = self.merged();
        self.folded = Some(Folded { weight: channels_last(&weight), bias });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn random_block(config: ConvNormConfig, inputs: i64, outputs: i64) -> (nn::VarStore, ConvNorm) {
        let store = nn::VarStore::new(Device::Cpu);
        let root = store.root();
        let block = ConvNorm::new(&(&root / "conv"), &(&root / "bn"), inputs, outputs, config);
        no_grad(|| {
            let uniform = |name: &str, lo, hi| {
                let _ = store.variables()[name].shallow_clone().uniform_(lo, hi);
            };
            uniform("bn.weight", -2.0, 2.0);
            uniform("bn.bias", -1.0, 1.0);
            uniform("bn.running_mean", -1.0, 1.0);
            uniform("bn.running_var", 0.1, 3.0);
        });
        (store, block)
    }

    #[test]
    fn one_pixel_by_hand() {
        let store = nn::VarStore::new(Device::Cpu);
        let root = store.root();
        let config = ConvNormConfig { epsilon: 0.25, activation: Activation::Relu, ..Default::default() };
        let mut block = ConvNorm::new(&(&root / "conv"), &(&root / "bn"), 1, 1, config);
        no_grad(|| {
            let values =
                [("conv.weight", 2.0), ("bn.weight", 3.0), ("bn.bias", 0.5), ("bn.running_mean", 1.0)];
            for (name, value) in values.into_iter().chain([("bn.running_var", 0.75)]) {
                let _ = store.variables()[name].shallow_clone().fill_(value);
            }
        });
        // 3 * (2 * 4 - 1) / sqrt(0.75 + 0.25) + 0.5 = 21.5
        let x = Tensor::from_slice(&[4f32]).view([1, 1, 1, 1]);
        assert_eq!(block.forward_t(&x, false).double_value(&[0, 0, 0, 0]), 21.5);
        block.fold();
        assert_eq!(block.forward_t(&x, false).double_value(&[0, 0, 0, 0]), 21.5);
    }

    #[test]
    fn folding_keeps_the_output() {
        tch::manual_seed(1);
        for (kernel, stride, groups) in [(1, 1, 1), (3, 2, 1), (3, 1, 8), (7, 2, 1)] {
            for activation in [Activation::Identity, Activation::Relu, Activation::Relu6, Activation::Silu] {
                let config = ConvNormConfig { kernel, stride, groups, epsilon: 1e-3, activation };
                let (_store, mut block) = random_block(config, 8, 16);
                let xs = Tensor::randn([2, 8, 13, 9], (Kind::Float, Device::Cpu));
                let before = block.forward_t(&xs, false);
                block.fold();
                let after = no_grad(|| block.forward_t(&channels_last(&xs), false));
                let difference = (before - after).abs().max().double_value(&[]);
                assert!(difference < 1e-4, "{config:?}: {difference}");
            }
        }
    }

    #[test]
    fn training_learns_until_folded() {
        let (store, mut block) = random_block(ConvNormConfig { kernel: 3, ..Default::default() }, 2, 4);
        let xs = Tensor::randn([4, 2, 8, 8], (Kind::Float, Device::Cpu));
        let mean = store.variables()["bn.running_mean"].copy();
        block.forward_t(&xs, true).square().mean(Kind::Float).backward();
        assert!(store.variables()["conv.weight"].grad().defined());
        assert_ne!(store.variables()["bn.running_mean"], mean, "statistics are gathered");
        block.fold();
        assert!(!block.forward_t(&xs, false).requires_grad());
    }
}
