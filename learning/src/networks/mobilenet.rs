//! MobileNetV2: inverted residuals, narrow layers between wide depthwise ones.
//!
//! Sandler, Howard, Zhu, Zhmoginov, Chen, *MobileNetV2: Inverted Residuals and Linear Bottlenecks* (CVPR 2018,
//! arXiv 1801.04381). Variables have the names of torchvision's checkpoints; the classifier is not part of the network.
//!
//! [`MobilenetV2Config::PARTS`] is made for crops of people: part pooling (PCB) averages horizontal parts of the crop
//! (roughly head, torso, legs, feet) separately, at twice the resolution (Sun, Zheng, Yang, Tian, Wang, *Beyond Part Models:
//! Person Retrieval with Refined Part Pooling*, ECCV 2018, arXiv 1711.09349). The wide last layer is left out, since an
//! embedding head follows.

use crate::{Activation, ConvNorm, ConvNormConfig, Fold};
use tch::nn::{ModuleT, Path};
use tch::{Kind, Tensor};

/// Table 2 of the paper: expansion, channels, repetitions, stride of the first.
const STAGES: [[i64; 4]; 7] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];

/// The channels of the wide last layer.
const LAST: i64 = 1280;

/// The last stage that reduces the resolution.
const LAST_STRIDE: usize = 5;

/// Which parts of the network are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MobilenetV2Config {
    /// Whether the wide last layer is there.
    last: bool,
    /// The stride of the last stage that reduces the resolution.
    last_stride: i64,
    /// Horizontal parts, from top to bottom, that are average-pooled separately.
    parts: i64,
}

impl MobilenetV2Config {
    /// As published.
    pub const PUBLISHED: Self = Self { last: true, last_stride: 2, parts: 1 };
    /// For people: four parts at twice the resolution.
    pub const PARTS: Self = Self { last: false, last_stride: 1, parts: 4 };

    /// The dimensions of the feature vector.
    pub const fn features(self) -> i64 {
        self.parts * if self.last { LAST } else { STAGES[STAGES.len() - 1][1] }
    }
}

/// The network without its classifier.
///
/// # Shapes
/// - input: N x 3 x H x W, red, green, blue, ImageNet mean 0 and deviation 1
/// - output: N x F, average-pooled over the image or over each of its parts
#[derive(Debug)]
pub struct MobilenetV2 {
    first: ConvNorm,
    blocks: Vec<InvertedResidual>,
    last: Option<ConvNorm>,
    parts: i64,
}

impl MobilenetV2 {
    /// A network with its variables under `path`.
    pub fn new(path: &Path, config: MobilenetV2Config) -> Self {
        let path = path / "features";
        let mut stages = STAGES;
        stages[LAST_STRIDE][3] = config.last_stride;
        let blocks = blocks(&path, &stages);
        let inputs = STAGES[STAGES.len() - 1][1];
        let last = || numbered(&(&path / (blocks.len() + 1)), inputs, LAST, RELU6);
        Self { first: stem(&path), last: config.last.then(last), parts: config.parts, blocks }
    }

    /// The current torchvision name of a tensor, from its name in checkpoints before torchvision 0.3, which are still published:
    /// there, all layers of a block are in one flat list, activations included.
    pub fn published_name(name: &str) -> String {
        nested(name).unwrap_or_else(|| name.to_owned())
    }
}

/// The name of a tensor where the layers of a block are in nested lists, from that where they are in one flat list.
fn nested(name: &str) -> Option<String> {
    let (block, rest) = name.strip_prefix("features.")?.split_once(".conv.")?;
    let (layer, part) = rest.split_once('.')?;
    // The first block does not widen.
    let layer = match (block, layer) {
        (_, "0") => "0.0",
        (_, "1") => "0.1",
        ("1", "3") => "1",
        ("1", "4") => "2",
        (_, "3") => "1.0",
        (_, "4") => "1.1",
        (_, "6") => "2",
        (_, "7") => "3",
        _ => return None,
    };
    Some(format!("features.{block}.conv.{layer}.{part}"))
}

const RELU6: ConvNormConfig =
    ConvNormConfig { kernel: 1, stride: 1, groups: 1, epsilon: 1e-5, activation: Activation::Relu6 };

/// The first convolution.
fn stem(path: &Path) -> ConvNorm {
    numbered(&(path / 0), 3, 32, ConvNormConfig { kernel: 3, stride: 2, ..RELU6 })
}

/// The blocks of stages, which begin after the first convolution.
fn blocks(path: &Path, stages: &[[i64; 4]]) -> Vec<InvertedResidual> {
    let mut inputs = 32;
    let mut blocks = Vec::new();
    for &[expansion, outputs, repeats, stride] in stages {
        for i in 0..repeats {
            let path = path / (blocks.len() + 1) / "conv";
            let stride = if i == 0 { stride } else { 1 };
            blocks.push(InvertedResidual::new(&path, inputs, outputs, expansion, stride));
            inputs = outputs;
        }
    }
    blocks
}

impl ModuleT for MobilenetV2 {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = xs.apply_t(&self.first, train);
        let xs = self.blocks.iter().fold(xs, |xs, block| xs.apply_t(block, train));
        let xs = match &self.last {
            Some(last) => xs.apply_t(last, train),
            None => xs,
        };
        if self.parts == 1 {
            return xs.mean_dim(&[2, 3][..], false, Kind::Float);
        }
        xs.adaptive_avg_pool2d([self.parts, 1]).flatten(1, -1)
    }
}

impl Fold for MobilenetV2 {
    fn fold(&mut self) {
        self.first.fold();
        self.blocks.fold();
        if let Some(last) = &mut self.last {
            last.fold();
        }
    }
}

/// The network up to its stage of 160 channels, as a backbone for detection. The last two layers, which hold a third of the
/// weights, are specific to image classification.
///
/// # Shapes
/// - input: N x 3 x H x W, red, green, blue, ImageNet mean 0 and deviation 1; H and W multiples of 32
/// - output: N x 32 x H/8 x W/8, N x 96 x H/16 x W/16 and N x 160 x H/32 x W/32
#[derive(Debug)]
pub struct MobilenetV2Pyramid {
    first: ConvNorm,
    blocks: Vec<InvertedResidual>,
}

impl MobilenetV2Pyramid {
    /// The channels of the three outputs.
    pub const CHANNELS: [i64; 3] = [32, 96, 160];
    /// Prefixes of published variables that are not part of it.
    pub const LEFT_OUT: [&str; 3] = ["features.17.", "features.18.", "classifier."];
    /// How many blocks there are before each output.
    const DEPTHS: [usize; 3] = [6, 13, 16];

    /// A network with its variables under `path`, by their published names.
    pub fn new(path: &Path) -> Self {
        let path = path / "features";
        Self { first: stem(&path), blocks: blocks(&path, &STAGES[..6]) }
    }

    /// The feature maps at strides 8, 16 and 32.
    pub fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        let mut xs = xs.apply_t(&self.first, train);
        let mut from = 0;
        Self::DEPTHS.map(|depth| {
            xs = self.blocks[from..depth]
                .iter()
                .fold(xs.shallow_clone(), |xs, block| xs.apply_t(block, train));
            from = depth;
            xs.shallow_clone()
        })
    }
}

impl Fold for MobilenetV2Pyramid {
    fn fold(&mut self) {
        self.first.fold();
        self.blocks.fold();
    }
}

/// Convolution and normalization at the names `0` and `1`.
fn numbered(path: &Path, inputs: i64, outputs: i64, config: ConvNormConfig) -> ConvNorm {
    ConvNorm::new(&(path / 0), &(path / 1), inputs, outputs, config)
}

/// Expansion, depthwise convolution, linear projection; with a shortcut where the shape stays.
#[derive(Debug)]
struct InvertedResidual {
    convolutions: Vec<ConvNorm>,
    shortcut: bool,
}

impl InvertedResidual {
    fn new(path: &Path, inputs: i64, outputs: i64, expansion: i64, stride: i64) -> Self {
        let hidden = inputs * expansion;
        let mut convolutions = Vec::new();
        if expansion != 1 {
            convolutions.push(numbered(&(path / 0), inputs, hidden, RELU6));
        }
        let next = convolutions.len();
        let depthwise = ConvNormConfig { kernel: 3, stride, groups: hidden, ..RELU6 };
        convolutions.push(numbered(&(path / next), hidden, hidden, depthwise));
        // The last convolution is not nested in torchvision: its norm has the number after it.
        let linear = ConvNormConfig::default();
        convolutions.push(ConvNorm::new(&(path / (next + 1)), &(path / (next + 2)), hidden, outputs, linear));
        Self { convolutions, shortcut: stride == 1 && inputs == outputs }
    }
}

impl ModuleT for InvertedResidual {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let ys = self.convolutions.iter().fold(xs.shallow_clone(), |ys, conv| ys.apply_t(conv, train));
        if self.shortcut { ys + xs } else { ys }
    }
}

impl Fold for InvertedResidual {
    fn fold(&mut self) {
        self.convolutions.fold();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_older_files_are_mapped_to_the_current_ones() {
        for (older, name) in [
            ("features.1.conv.0.weight", "features.1.conv.0.0.weight"),
            ("features.1.conv.3.weight", "features.1.conv.1.weight"),
            ("features.1.conv.4.running_var", "features.1.conv.2.running_var"),
            ("features.17.conv.1.bias", "features.17.conv.0.1.bias"),
            ("features.17.conv.3.weight", "features.17.conv.1.0.weight"),
            ("features.17.conv.7.bias", "features.17.conv.3.bias"),
        ] {
            assert_eq!(nested(older).as_deref(), Some(name));
        }
        assert_eq!(nested("features.18.0.weight"), None);
    }
}
