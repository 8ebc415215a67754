//! The blocks YOLOX is made of.

use mvmhat_learning::{Activation, ConvNorm, ConvNormConfig, Fold};
use tch::Tensor;
use tch::nn::{ModuleT, Path};

/// Numbers of input and output channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channels {
    pub(super) inputs: i64,
    pub(super) outputs: i64,
}

impl Channels {
    pub(super) fn new(inputs: i64, outputs: i64) -> Self {
        Self { inputs, outputs }
    }
}

/// Convolution, normalization (eps 1e-3) and SiLU, at the names `conv` and `bn`.
pub(super) fn convolution(path: &Path, channels: Channels, kernel: i64, stride: i64) -> ConvNorm {
    grouped_convolution(path, channels, kernel, stride, 1)
}

fn grouped_convolution(path: &Path, channels: Channels, kernel: i64, stride: i64, groups: i64) -> ConvNorm {
    let config = ConvNormConfig { kernel, stride, groups, epsilon: 1e-3, activation: Activation::Silu };
    ConvNorm::new(&(path / "conv"), &(path / "bn"), channels.inputs, channels.outputs, config)
}

/// A 3x3 convolution, which YOLOX-nano splits into a depthwise and a pointwise one.
#[derive(Debug)]
pub(super) struct Spatial {
    depthwise: Option<ConvNorm>,
    convolution: ConvNorm,
}

impl Spatial {
    pub(super) fn new(path: &Path, channels: Channels, stride: i64, depthwise: bool) -> Self {
        if !depthwise {
            return Self { depthwise: None, convolution: convolution(path, channels, 3, stride) };
        }
        let inputs = Channels::new(channels.inputs, channels.inputs);
        Self {
            depthwise: Some(grouped_convolution(&(path / "dconv"), inputs, 3, stride, channels.inputs)),
            convolution: convolution(&(path / "pconv"), channels, 1, 1),
        }
    }
}

impl ModuleT for Spatial {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let depthwise = self.depthwise.as_ref().map(|conv| xs.apply_t(conv, train));
        depthwise.as_ref().unwrap_or(xs).apply_t(&self.convolution, train)
    }
}

impl Fold for Spatial {
    fn fold(&mut self) {
        self.depthwise.fold();
        self.convolution.fold();
    }
}

/// 1x1, then 3x3 convolution, with a residual connection where `shortcut`.
#[derive(Debug)]
struct Bottleneck {
    conv1: ConvNorm,
    conv2: Spatial,
    shortcut: bool,
}

impl Bottleneck {
    fn new(path: &Path, channels: i64, shortcut: bool, depthwise: bool) -> Self {
        let same = Channels::new(channels, channels);
        Self {
            conv1: convolution(&(path / "conv1"), same, 1, 1),
            conv2: Spatial::new(&(path / "conv2"), same, 1, depthwise),
            shortcut,
        }
    }
}

impl ModuleT for Bottleneck {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let ys = xs.apply_t(&self.conv1, train).apply_t(&self.conv2, train);
        if self.shortcut { ys + xs } else { ys }
    }
}

impl Fold for Bottleneck {
    fn fold(&mut self) {
        self.conv1.fold();
        self.conv2.fold();
    }
}

/// Cross stage partial layer: half of the channels go through bottlenecks, the other half around them.
#[derive(Debug)]
pub(super) struct CspLayer {
    conv1: ConvNorm,
    conv2: ConvNorm,
    conv3: ConvNorm,
    bottlenecks: Vec<Bottleneck>,
}

impl CspLayer {
    pub(super) fn new(
        path: &Path,
        channels: Channels,
        repeats: i64,
        shortcut: bool,
        depthwise: bool,
    ) -> Self {
        let hidden = channels.outputs / 2;
        let halved = Channels::new(channels.inputs, hidden);
        let bottlenecks = path / "m";
        Self {
            conv1: convolution(&(path / "conv1"), halved, 1, 1),
            conv2: convolution(&(path / "conv2"), halved, 1, 1),
            conv3: convolution(&(path / "conv3"), Channels::new(2 * hidden, channels.outputs), 1, 1),
            bottlenecks: (0..repeats)
                .map(|i| Bottleneck::new(&(&bottlenecks / i), hidden, shortcut, depthwise))
                .collect(),
        }
    }
}

impl ModuleT for CspLayer {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let through = xs.apply_t(&self.conv1, train);
        let through = self.bottlenecks.iter().fold(through, |ys, block| ys.apply_t(block, train));
        let around = xs.apply_t(&self.conv2, train);
        Tensor::cat(&[through, around], 1).apply_t(&self.conv3, train)
    }
}

impl Fold for CspLayer {
    fn fold(&mut self) {
        self.conv1.fold();
        self.conv2.fold();
        self.conv3.fold();
        self.bottlenecks.fold();
    }
}
