//! Convolution with bias and activation as one block, as in networks without batch normalization.

use tch::nn::{self, ModuleT, Path};
use tch::{Tensor, no_grad};

use crate::{Activation, Fold, channels_last};

/// The configuration of a [`ConvBias`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvBiasConfig {
    /// Height and width of the kernel.
    pub kernel: i64,
    /// The stride.
    pub stride: i64,
    /// Zero padding on every side.
    pub padding: i64,
    /// The activation.
    pub activation: Activation,
}

/// Convolution with bias, activation: N x C x H x W to N x C' x H' x W'.
///
/// There is nothing to fold at inference; [`Fold::fold`] converts the kernels to the channels-last layout and makes the
/// activation work in place.
#[derive(Debug)]
pub struct ConvBias {
    convolution: nn::Conv2D,
    config: ConvBiasConfig,
    folded: Option<Tensor>,
}

impl ConvBias {
    /// A block whose variables `weight` and `bias` stand under `path`.
    pub fn new(path: &Path, inputs: i64, outputs: i64, config: ConvBiasConfig) -> Self {
        let conv_config =
            nn::ConvConfig { stride: config.stride, padding: config.padding, ..Default::default() };
        let convolution = nn::conv2d(path, inputs, outputs, config.kernel, conv_config);
        Self { convolution, config, folded: None }
    }
}

impl ModuleT for ConvBias {
    fn forward_t(&self, xs: &Tensor, _train: bool) -> Tensor {
        let ConvBiasConfig { stride, padding, activation, .. } = self.config;
        let Some(weight) = &self.folded else {
            return activation.forward(&xs.apply(&self.convolution));
        };
        let bias = self.convolution.bs.as_ref();
        let mut ys = no_grad(|| xs.conv2d(weight, bias, [stride; 2], [padding; 2], [1, 1], 1));
        activation.in_place(&mut ys);
        ys
    }
}

impl Fold for ConvBias {
    fn fold(&mut self) {
        self.folded = Some(no_grad(|| channels_last(&self.convolution.ws)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn one_pixel_by_hand() {
        let store = nn::VarStore::new(Device::Cpu);
        let config = ConvBiasConfig { kernel: 1, stride: 1, padding: 0, activation: Activation::Relu };
        let mut block = ConvBias::new(&store.root(), 1, 1, config);
        no_grad(|| {
            let _ = store.variables()["weight"].shallow_clone().fill_(2.0);
            let _ = store.variables()["bias"].shallow_clone().fill_(-3.0);
        });
        // max(2 * 4 - 3, 0) = 5 and max(2 * 1 - 3, 0) = 0
        let xs = Tensor::from_slice(&[4f32, 1.0]).view([1, 1, 1, 2]);
        let expected = Tensor::from_slice(&[5f32, 0.0]).view([1, 1, 1, 2]);
        assert_eq!(block.forward_t(&xs, true), expected);
        block.fold();
        assert_eq!(block.forward_t(&xs, false), expected);
    }

    #[test]
    fn folding_keeps_the_output() {
        let store = nn::VarStore::new(Device::Cpu);
        let config = ConvBiasConfig { kernel: 11, stride: 4, padding: 2, activation: Activation::Relu };
        let mut block = ConvBias::new(&store.root(), 3, 8, config);
        let xs = Tensor::rand([2, 3, 40, 24], (Kind::Float, Device::Cpu));
        let before = block.forward_t(&xs, false);
        block.fold();
        let after = block.forward_t(&channels_last(&xs), false);
        assert!(after.allclose(&before, 1e-5, 1e-5, false) && !after.requires_grad());
    }
}
