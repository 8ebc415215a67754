//! Residual networks.
//!
//! He, Zhang, Ren, Sun, *Deep Residual Learning for Image Recognition* (CVPR 2016, arXiv 1512.03385). Variables have
//! the names of torchvision's checkpoints; the classifier `fc` is not part of the network. The stride of a bottleneck is
//! in its 3x3 convolution, as in torchvision.

use tch::Tensor;
use tch::nn::{ModuleT, Path};

use crate::{Activation, ConvNorm, ConvNormConfig, Fold};

/// The depth of a residual network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResnetConfig {
    /// Blocks of the four stages.
    blocks: [i64; 4],
    /// Whether blocks are bottlenecks (1x1, 3x3 and 1x1 with four times the channels) instead of two 3x3 convolutions.
    bottleneck: bool,
}

impl ResnetConfig {
    /// ResNet-18.
    pub const RESNET18: Self = Self { blocks: [2, 2, 2, 2], bottleneck: false };
    /// ResNet-50.
    pub const RESNET50: Self = Self { blocks: [3, 4, 6, 3], bottleneck: true };

    /// The dimensions of the feature vector.
    pub const fn features(self) -> i64 {
        if self.bottleneck { 2048 } else { 512 }
    }
}

/// The network without its classifier.
///
/// # Shapes
/// - input: N x 3 x H x W, red, green, blue, ImageNet mean 0 and deviation 1
/// - output: N x 512 (ResNet-18) or N x 2048 (ResNet-50), global average pooling
#[derive(Debug)]
pub struct Resnet {
    conv1: ConvNorm,
    blocks: Vec<Block>,
    /// The number of blocks of each stage.
    stages: [i64; 4],
}

impl Resnet {
    /// A network with its variables under `path`.
    pub fn new(path: &Path, config: ResnetConfig) -> Self {
        let expansion = config.features() / 512;
        let mut inputs = 64;
        let mut blocks = Vec::new();
        for (stage, count) in config.blocks.into_iter().enumerate() {
            let path = path / format!("layer{}", stage + 1);
            let hidden = 64 << stage;
            for i in 0..count {
                let stride = if stage > 0 && i == 0 { 2 } else { 1 };
                blocks.push(Block::new(&(&path / i), inputs, hidden, expansion, stride));
                inputs = hidden * expansion;
            }
        }
        let stem =
            ConvNormConfig { kernel: 7, stride: 2, activation: Activation::Relu, ..Default::default() };
        let conv1 = ConvNorm::new(&(path / "conv1"), &(path / "bn1"), 3, 64, stem);
        Self { conv1, blocks, stages: config.blocks }
    }
}

impl ModuleT for Resnet {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = xs.apply_t(&self.conv1, train).max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        let xs = self.blocks.iter().fold(xs, |xs, block| xs.apply_t(block, train));
        xs.mean_dim(&[2, 3][..], false, None)
    }
}

impl Fold for Resnet {
    fn fold(&mut self) {
        self.conv1.fold();
        self.blocks.fold();
    }
}

impl Resnet {
    /// The outputs of the last three stages, at strides 8, 16 and 32.
    pub fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        let xs = xs.apply_t(&self.conv1, train).max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        let [first, rest @ ..] = self.stages;
        let mut from = first as usize;
        let through = |xs: &Tensor, blocks: &[Block]| {
            blocks.iter().fold(xs.shallow_clone(), |xs, block| xs.apply_t(block, train))
        };
        let mut xs = through(&xs, &self.blocks[..from]);
        rest.map(|count| {
            let to = from + count as usize;
            xs = through(&xs, &self.blocks[from..to]);
            from = to;
            xs.shallow_clone()
        })
    }
}

/// A residual block: its convolutions learn the difference to the input.
#[derive(Debug)]
struct Block {
    convolutions: Vec<ConvNorm>,
    downsample: Option<ConvNorm>,
}

impl Block {
    fn new(path: &Path, inputs: i64, hidden: i64, expansion: i64, stride: i64) -> Self {
        let outputs = hidden * expansion;
        let linear = |kernel, stride| ConvNormConfig { kernel, stride, ..Default::default() };
        let relu = |kernel, stride| ConvNormConfig { activation: Activation::Relu, ..linear(kernel, stride) };
        let conv = |i: i64, inputs, outputs, config| {
            ConvNorm::new(&(path / format!("conv{i}")), &(path / format!("bn{i}")), inputs, outputs, config)
        };
        let convolutions = if expansion == 1 {
            vec![conv(1, inputs, hidden, relu(3, stride)), conv(2, hidden, outputs, linear(3, 1))]
        } else {
            vec![
                conv(1, inputs, hidden, relu(1, 1)),
                conv(2, hidden, hidden, relu(3, stride)),
                conv(3, hidden, outputs, linear(1, 1)),
            ]
        };
        let downsample = (stride != 1 || inputs != outputs).then(|| {
            let path = path / "downsample";
            ConvNorm::new(&(&path / 0), &(&path / 1), inputs, outputs, linear(1, stride))
        });
        Self { convolutions, downsample }
    }
}

impl ModuleT for Block {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let ys = self.convolutions.iter().fold(xs.shallow_clone(), |ys, conv| ys.apply_t(conv, train));
        let around = self.downsample.as_ref().map(|conv| xs.apply_t(conv, train));
        (ys + around.as_ref().unwrap_or(xs)).relu_()
    }
}

impl Fold for Block {
    fn fold(&mut self) {
        self.convolutions.fold();
        self.downsample.fold();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, nn::VarStore};

    #[test]
    fn parameters_and_names_are_torchvisions() {
        // torchvision has 11,689,512 and 25,557,032 with classifiers of 512 x 1000 + 1000 and 2048 x 1000 + 1000.
        for (config, parameters) in
            [(ResnetConfig::RESNET18, 11_176_512), (ResnetConfig::RESNET50, 23_508_032)]
        {
            let store = VarStore::new(Device::Cpu);
            let network = Resnet::new(&store.root(), config);
            let count: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
            assert_eq!(count, parameters, "{config:?}");
            for name in
                ["conv1.weight", "bn1.running_var", "layer4.1.conv2.weight", "layer2.0.downsample.1.bias"]
            {
                assert!(store.variables().contains_key(name), "{name}");
            }
            let xs = Tensor::rand([1, 3, 64, 32], (Kind::Float, Device::Cpu));
            assert_eq!(tch::no_grad(|| network.forward_t(&xs, false)).size(), [1, config.features()]);
        }
    }
}
