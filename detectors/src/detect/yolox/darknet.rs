//! CSPDarknet, the backbone.

use mvmhat_learning::{ConvNorm, Fold};
use tch::Tensor;
use tch::nn::{ModuleT, Path};

use super::YoloxConfig;
use super::blocks::{Channels, CspLayer, Spatial, convolution};
use super::stem::Stem;

/// From images to feature maps at strides 8, 16 and 32.
#[derive(Debug)]
pub(in crate::detect) struct Darknet {
    stem: Stem,
    dark2: Stage,
    dark3: Stage,
    dark4: Stage,
    dark5: Stage,
}

/// Halves height and width, then spatial pyramid pooling in the last stage, then a cross stage partial layer.
#[derive(Debug)]
struct Stage {
    down: Spatial,
    pooling: Option<PyramidPooling>,
    layer: CspLayer,
}

/// Spatial pyramid pooling: maxima over 5, 9 and 13 pixels, concatenated with the values themselves.
#[derive(Debug)]
struct PyramidPooling {
    conv1: ConvNorm,
    conv2: ConvNorm,
}

impl Darknet {
    pub(in crate::detect) fn new(path: &Path, config: YoloxConfig) -> Self {
        let base = config.channels(64);
        let stage = |name: &str, channels: Channels, repeats: i64| {
            let path = path / name;
            let same = Channels::new(channels.outputs, channels.outputs);
            let last = name == "dark5";
            let layer = if last { 2 } else { 1 };
            Stage {
                down: Spatial::new(&(&path / 0), channels, 2, config.depthwise),
                pooling: last.then(|| PyramidPooling::new(&(&path / 1), channels.outputs)),
                layer: CspLayer::new(
                    &(&path / layer),
                    same,
                    config.repeats(repeats),
                    !last,
                    config.depthwise,
                ),
            }
        };
        Self {
            stem: Stem::new(&(path / "stem"), base),
            dark2: stage("dark2", Channels::new(base, 2 * base), 3),
            dark3: stage("dark3", Channels::new(2 * base, 4 * base), 9),
            dark4: stage("dark4", Channels::new(4 * base, 8 * base), 9),
            dark5: stage("dark5", Channels::new(8 * base, 16 * base), 3),
        }
    }

    /// The feature maps at strides 8, 16 and 32.
    pub(in crate::detect) fn forward_t(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        let dark2 = xs.apply_t(&self.stem, train).apply_t(&self.dark2, train);
        let dark3 = dark2.apply_t(&self.dark3, train);
        let dark4 = dark3.apply_t(&self.dark4, train);
        let dark5 = dark4.apply_t(&self.dark5, train);
        [dark3, dark4, dark5]
    }
}

impl PyramidPooling {
    fn new(path: &Path, channels: i64) -> Self {
        let hidden = channels / 2;
        Self {
            conv1: convolution(&(path / "conv1"), Channels::new(channels, hidden), 1, 1),
            conv2: convolution(&(path / "conv2"), Channels::new(4 * hidden, channels), 1, 1),
        }
    }
}

impl ModuleT for PyramidPooling {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = xs.apply_t(&self.conv1, train);
        let pooled = |k: i64| xs.max_pool2d([k, k], [1, 1], [k / 2, k / 2], [1, 1], false);
        Tensor::cat(&[xs.shallow_clone(), pooled(5), pooled(9), pooled(13)], 1).apply_t(&self.conv2, train)
    }
}

impl Fold for PyramidPooling {
    fn fold(&mut self) {
        self.conv1.fold();
        self.conv2.fold();
    }
}

impl ModuleT for Stage {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = xs.apply_t(&self.down, train);
        let pooled = self.pooling.as_ref().map(|pooling| pooling.forward_t(&xs, train));
        pooled.as_ref().unwrap_or(&xs).apply_t(&self.layer, train)
    }
}

impl Fold for Stage {
    fn fold(&mut self) {
        self.down.fold();
        self.pooling.fold();
        self.layer.fold();
    }
}

impl Fold for Darknet {
    fn fold(&mut self) {
        self.stem.fold();
        for stage in [&mut self.dark2, &mut self.dark3, &mut self.dark4, &mut self.dark5] {
            stage.fold();
        }
    }
}
