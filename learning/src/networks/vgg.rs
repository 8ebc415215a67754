//! VGG: a deep stack of 3x3 convolutions.
//!
//! Simonyan and Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition* (ICLR 2015, arXiv
//! 1409.1556), table 1, configurations A, B, D and E. Each also with batch normalization, which was
//! published after the paper; the convolutions keep their biases, as in torchvision's checkpoints.

use tch::Tensor;
use tch::nn::{self, ModuleT, Path};

use crate::{Activation, ConvBias, ConvBiasConfig, Fold, batch_norm_config, channels_last};

/// Channels of the five stages; each is followed by 2x2 max pooling.
const CHANNELS: [i64; 5] = [64, 128, 256, 512, 512];

/// The depth of a VGG network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VggConfig {
    /// Convolutions of the five stages.
    convolutions: [i64; 5],
    /// Whether a batch normalization follows each.
    norm: bool,
}

impl VggConfig {
    /// VGG-11, configuration A.
    pub const VGG11: Self = Self { convolutions: [1, 1, 2, 2, 2], norm: false };
    /// VGG-13, configuration B.
    pub const VGG13: Self = Self { convolutions: [2, 2, 2, 2, 2], norm: false };
    /// VGG-16, configuration D.
    pub const VGG16: Self = Self { convolutions: [2, 2, 3, 3, 3], norm: false };
    /// VGG-19, configuration E.
    pub const VGG19: Self = Self { convolutions: [2, 2, 4, 4, 4], norm: false };

    /// The same depth with batch normalization.
    #[must_use]
    pub const fn with_norm(self) -> Self {
        Self { norm: true, ..self }
    }
}

/// The network without its classifier.
///
/// # Shapes
/// - input: N x 3 x H x W of at least 32 x 32, red, green, blue, ImageNet mean 0 and deviation 1
/// - output: N x 512, global average pooling
#[derive(Debug)]
pub struct Vgg {
    stages: Vec<Vec<Layer>>,
}

impl Vgg {
    /// The dimensions of the feature vector.
    pub const FEATURES: i64 = CHANNELS[4];

    /// A network with its variables under `path`.
    pub fn new(path: &Path, config: VggConfig) -> Self {
        let path = path / "features";
        let (mut inputs, mut number) = (3, 0);
        let mut stages = Vec::new();
        for (count, outputs) in config.convolutions.into_iter().zip(CHANNELS) {
            let mut stage = Vec::new();
            for _ in 0..count {
                stage.push(Layer::new(&path, number, inputs, outputs, config.norm));
                inputs = outputs;
                // Activations and norms are counted too.
                number += if config.norm { 3 } else { 2 };
            }
            stages.push(stage);
            number += 1; // the pooling layer
        }
        Self { stages }
    }
}

impl ModuleT for Vgg {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let features = self.stages.iter().fold(xs.shallow_clone(), |xs, stage| {
            let ys = stage.iter().fold(xs, |xs, layer| xs.apply_t(layer, train));
            ys.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)
        });
        features.mean_dim(&[2, 3][..], false, None)
    }
}

impl Fold for Vgg {
    fn fold(&mut self) {
        self.stages.fold();
    }
}

/// Convolution with bias, with or without batch normalization, ReLU.
#[derive(Debug)]
enum Layer {
    Plain(ConvBias),
    Normed { convolution: nn::Conv2D, norm: nn::BatchNorm, folded: Option<(Tensor, Tensor)> },
}

impl Layer {
    fn new(path: &Path, number: i64, inputs: i64, outputs: i64, norm: bool) -> Self {
        let here = path / number;
        if !norm {
            let config = ConvBiasConfig { kernel: 3, stride: 1, padding: 1, activation: Activation::Relu };
            return Self::Plain(ConvBias::new(&here, inputs, outputs, config));
        }
        let config = nn::ConvConfig { padding: 1, ..Default::default() };
        Self::Normed {
            convolution: nn::conv2d(&here, inputs, outputs, 3, config),
            norm: nn::batch_norm2d(path / (number + 1), outputs, batch_norm_config(EPSILON)),
            folded: None,
        }
    }
}

/// The epsilon of the normalizations, added to the variance.
const EPSILON: f64 = 1e-5;

impl ModuleT for Layer {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        match self {
            Self::Plain(block) => xs.apply_t(block, train),
            Self::Normed { folded: Some((weight, bias)), .. } => {
                xs.conv2d(weight, Some(bias), [1, 1], [1, 1], [1, 1], 1).relu_()
            }
            Self::Normed { convolution, norm, folded: None } => {
                xs.apply(convolution).apply_t(norm, train).relu()
            }
        }
    }
}

impl Fold for Layer {
    fn fold(&mut self) {
        match self {
            Self::Plain(block) => block.fold(),
            Self::Normed { convolution, norm, folded } => *folded = Some(merged(convolution, norm)),
        }
    }
}

/// Weight and bias of the single convolution that is equivalent to both at inference: `W gamma / sqrt(var + eps)` and
/// `(b - mean) gamma / sqrt(var + eps) + beta`.
fn merged(convolution: &nn::Conv2D, norm: &nn::BatchNorm) -> (Tensor, Tensor) {
    tch::no_grad(|| {
        let deviation = (&norm.running_var + EPSILON).sqrt();
        let scale = norm.ws.as_ref().map_or_else(|| deviation.reciprocal(), |gamma| gamma / &deviation);
        let centered =
            convolution.bs.as_ref().map_or_else(|| -&norm.running_mean, |b| b - &norm.running_mean);
        let bias = centered * &scale;
        let bias = norm.bs.as_ref().map_or_else(|| bias.shallow_clone(), |beta| &bias + beta);
        (channels_last(&(&convolution.ws * scale.view([-1, 1, 1, 1]))), bias)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, nn::VarStore};

    #[test]
    fn parameters_and_names_are_torchvisions() {
        // torchvision's counts with the classifier of 123,642,856 parameters.
        let counts = [
            (VggConfig::VGG11, 132_863_336, "features.18.weight"),
            (VggConfig::VGG13, 133_047_848, "features.22.weight"),
            (VggConfig::VGG16, 138_357_544, "features.28.weight"),
            (VggConfig::VGG19, 143_667_240, "features.34.weight"),
            (VggConfig::VGG11.with_norm(), 132_868_840, "features.26.running_var"),
            (VggConfig::VGG13.with_norm(), 133_053_736, "features.32.running_var"),
            (VggConfig::VGG16.with_norm(), 138_365_992, "features.41.running_var"),
            (VggConfig::VGG19.with_norm(), 143_678_248, "features.50.running_var"),
        ];
        for (config, parameters, last) in counts {
            let store = VarStore::new(Device::Cpu);
            let network = Vgg::new(&store.root(), config);
            let count: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
            assert_eq!(count, parameters - 123_642_856, "{config:?}");
            assert!(store.variables().contains_key(last), "{config:?}: {last}");
            let xs = Tensor::rand([1, 3, 64, 32], (Kind::Float, Device::Cpu));
            assert_eq!(tch::no_grad(|| network.forward_t(&xs, false)).size(), [1, 512]);
        }
    }
}
