//! OSNet: features of several scales at once, in a small network made for person re-identification.
//!
//! Zhou, Yang, Cavallaro, Xiang, *Omni-Scale Feature Learning for Person Re-Identification* (ICCV 2019,
//! arXiv 1905.00953). Variables have the names of torchreid's checkpoints; the classifier is not part of the network.

use crate::{Activation, ConvNorm, ConvNormConfig, Fold, batch_norm_config};
use tch::Tensor;
use tch::nn::{self, ModuleT, Path};

/// How wide an OSNet is: the channels of its stem and its three stages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OsnetConfig([i64; 4]);

impl OsnetConfig {
    /// A quarter of the width.
    pub const X0_25: Self = Self([16, 64, 96, 128]);
    /// Half the width.
    pub const X0_5: Self = Self([32, 128, 192, 256]);
    /// Three quarters of the width.
    pub const X0_75: Self = Self([48, 192, 288, 384]);
    /// The full width.
    pub const X1_0: Self = Self([64, 256, 384, 512]);
}

/// The network.
///
/// # Shapes
/// - input: N x 3 x 256 x 128, red, green, blue, ImageNet mean 0 and deviation 1
/// - output: N x 512, not yet of unit length
#[derive(Debug)]
pub struct Osnet {
    conv1: ConvNorm,
    conv2: Stage,
    conv3: Stage,
    conv4: Stage,
    conv5: ConvNorm,
    linear: nn::Linear,
    norm: nn::BatchNorm,
}

impl Osnet {
    /// The dimensions of the embedding.
    pub const FEATURES: i64 = 512;

    /// A network with its variables under `path`.
    pub fn new(path: &Path, OsnetConfig([stem, c2, c3, c4]): OsnetConfig) -> Self {
        let relu = ConvNormConfig { activation: Activation::Relu, ..Default::default() };
        let fc = path / "fc";
        Self {
            conv1: named(&(path / "conv1"), 3, stem, ConvNormConfig { kernel: 7, stride: 2, ..relu }),
            conv2: Stage::new(&(path / "conv2"), stem, c2, true),
            conv3: Stage::new(&(path / "conv3"), c2, c3, true),
            conv4: Stage::new(&(path / "conv4"), c3, c4, false),
            conv5: named(&(path / "conv5"), c4, c4, relu),
            linear: nn::linear(&fc / 0, c4, Self::FEATURES, Default::default()),
            norm: nn::batch_norm1d(&fc / 1, Self::FEATURES, batch_norm_config(1e-5)),
        }
    }

    /// The published name of a tensor: an export through ONNX repeats the names of the streams (`conv2b.conv2b.0`).
    pub fn published_name(name: &str) -> String {
        ["conv2b", "conv2c", "conv2d"].into_iter().fold(name.to_owned(), |name, stream| {
            name.replace(&format!("{stream}.{stream}."), &format!("{stream}."))
        })
    }
}

impl ModuleT for Osnet {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = xs.apply_t(&self.conv1, train).max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        let xs = xs.apply_t(&self.conv2, train).apply_t(&self.conv3, train).apply_t(&self.conv4, train);
        let pooled = xs.apply_t(&self.conv5, train).mean_dim(&[2, 3][..], false, xs.kind());
        pooled.apply(&self.linear).apply_t(&self.norm, train).relu()
    }
}

impl Fold for Osnet {
    fn fold(&mut self) {
        self.conv1.fold();
        for stage in [&mut self.conv2, &mut self.conv3, &mut self.conv4] {
            stage.fold();
        }
        self.conv5.fold();
    }
}

/// Convolution and normalization with the names `conv` and `bn`.
fn named(path: &Path, inputs: i64, outputs: i64, config: ConvNormConfig) -> ConvNorm {
    ConvNorm::new(&(path / "conv"), &(path / "bn"), inputs, outputs, config)
}

/// Two blocks, and a transition to half the height and width where another stage follows.
#[derive(Debug)]
struct Stage {
    blocks: Vec<Block>,
    transition: Option<ConvNorm>,
}

impl Stage {
    fn new(path: &Path, inputs: i64, outputs: i64, reduce: bool) -> Self {
        let config = ConvNormConfig { activation: Activation::Relu, ..Default::default() };
        Self {
            blocks: vec![Block::new(&(path / 0), inputs, outputs), Block::new(&(path / 1), outputs, outputs)],
            transition: reduce.then(|| named(&(path / 2 / 0), outputs, outputs, config)),
        }
    }
}

impl ModuleT for Stage {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = self.blocks.iter().fold(xs.shallow_clone(), |xs, block| xs.apply_t(block, train));
        match &self.transition {
            Some(conv) => xs.apply_t(conv, train).avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None),
            None => xs,
        }
    }
}

impl Fold for Stage {
    fn fold(&mut self) {
        self.blocks.fold();
        self.transition.fold();
    }
}

/// Four streams with receptive fields of 3, 5, 7 and 9 pixels, weighted per channel by one shared gate.
#[derive(Debug)]
struct Block {
    conv1: ConvNorm,
    streams: [Vec<LightConv>; 4],
    gate: Gate,
    conv3: ConvNorm,
    downsample: Option<ConvNorm>,
}

impl Block {
    fn new(path: &Path, inputs: i64, outputs: i64) -> Self {
        let hidden = outputs / 4;
        let linear = ConvNormConfig::default();
        let relu = ConvNormConfig { activation: Activation::Relu, ..linear };
        let chain = |name: &str, length| {
            let path = path / name;
            (0..length).map(|i| LightConv::new(&(&path / i), hidden)).collect()
        };
        Self {
            conv1: named(&(path / "conv1"), inputs, hidden, relu),
            streams: [
                vec![LightConv::new(&(path / "conv2a"), hidden)],
                chain("conv2b", 2),
                chain("conv2c", 3),
                chain("conv2d", 4),
            ],
            gate: Gate::new(&(path / "gate"), hidden),
            conv3: named(&(path / "conv3"), hidden, outputs, linear),
            downsample: (inputs != outputs).then(|| named(&(path / "downsample"), inputs, outputs, linear)),
        }
    }
}

impl ModuleT for Block {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let hidden = xs.apply_t(&self.conv1, train);
        let mut gated: Option<Tensor> = None;
        for stream in &self.streams {
            let ys = stream.iter().fold(hidden.shallow_clone(), |ys, conv| ys.apply_t(conv, train));
            let weight = self.gate.forward(&ys);
            gated = Some(match gated {
                None => ys * weight,
                // Multiplies and adds in one pass over the memory; the gradient needs the two factors only.
                Some(mut sum) => sum.addcmul_(&ys, &weight),
            });
        }
        let ys = gated.unwrap_or(hidden).apply_t(&self.conv3, train);
        let around = self.downsample.as_ref().map(|conv| xs.apply_t(conv, train));
        (ys + around.as_ref().unwrap_or(xs)).relu_()
    }
}

impl Fold for Block {
    fn fold(&mut self) {
        self.conv1.fold();
        self.streams.iter_mut().for_each(Fold::fold);
        self.conv3.fold();
        self.downsample.fold();
    }
}

/// A 3x3 convolution made of a pointwise and a depthwise one.
#[derive(Debug)]
struct LightConv {
    pointwise: nn::Conv2D,
    depthwise: ConvNorm,
}

impl LightConv {
    fn new(path: &Path, channels: i64) -> Self {
        let config = ConvNormConfig {
            kernel: 3,
            groups: channels,
            activation: Activation::Relu,
            ..Default::default()
        };
        Self {
            pointwise: nn::conv2d(path / "conv1", channels, channels, 1, nn::no_bias()),
            depthwise: ConvNorm::new(&(path / "conv2"), &(path / "bn"), channels, channels, config),
        }
    }
}

impl ModuleT for LightConv {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        xs.apply(&self.pointwise).apply_t(&self.depthwise, train)
    }
}

impl Fold for LightConv {
    fn fold(&mut self) {
        self.depthwise.fold();
    }
}

/// Channel weights, 0 to 1, from the channels' means over the image: N x C x H x W to N x C x 1 x 1.
#[derive(Debug)]
struct Gate {
    fc1: nn::Conv2D,
    fc2: nn::Conv2D,
}

impl Gate {
    fn new(path: &Path, channels: i64) -> Self {
        let hidden = channels / 16;
        Self {
            fc1: nn::conv2d(path / "fc1", channels, hidden, 1, Default::default()),
            fc2: nn::conv2d(path / "fc2", hidden, channels, 1, Default::default()),
        }
    }

    fn forward(&self, xs: &Tensor) -> Tensor {
        let means = xs.mean_dim(&[2, 3][..], true, xs.kind());
        means.apply(&self.fc1).relu_().apply(&self.fc2).sigmoid_()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, nn::VarStore};

    #[test]
    fn parameters_are_those_of_the_paper() {
        // Table 6 of the paper and torchreid's model zoo, in millions, without classifier.
        let published = [
            (OsnetConfig::X0_25, 0.2),
            (OsnetConfig::X0_5, 0.6),
            (OsnetConfig::X0_75, 1.3),
            (OsnetConfig::X1_0, 2.2),
        ];
        for (config, millions) in published {
            let store = VarStore::new(Device::Cpu);
            Osnet::new(&store.root(), config);
            let count: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
            assert!((count as f64 / 1e6 - millions).abs() <= 0.05, "{config:?}: {count}");
        }
    }

    #[test]
    fn folding_keeps_the_embedding() {
        tch::manual_seed(5);
        let store = VarStore::new(Device::Cpu);
        let mut network = Osnet::new(&store.root(), OsnetConfig::X0_25);
        let xs = Tensor::randn([3, 3, 256, 128], (Kind::Float, Device::Cpu));
        // Updates the running statistics, so that the normalizations are not identities.
        let _ = tch::no_grad(|| network.forward_t(&xs, true));
        let before = tch::no_grad(|| network.forward_t(&xs, false));
        assert_eq!(before.size(), [3, 512]);
        network.fold();
        let after = tch::no_grad(|| network.forward_t(&crate::channels_last(&xs), false));
        // Random weights give outputs of any magnitude, so the difference is relative to the largest.
        let largest = before.abs().max().double_value(&[]);
        let difference = (before - after).abs().max().double_value(&[]) / largest;
        assert!(difference < 1e-4, "{difference}");
    }

    #[test]
    fn names_of_an_export_become_the_published_ones() {
        assert_eq!(Osnet::published_name("conv3.0.conv2b.conv2b.1.bn.bias"), "conv3.0.conv2b.1.bn.bias");
        assert_eq!(Osnet::published_name("conv2.0.conv1.conv.weight"), "conv2.0.conv1.conv.weight");
    }
}
