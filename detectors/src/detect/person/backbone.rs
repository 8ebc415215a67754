//! Networks that make levels of features of an image, by name.
//!
//! Measured in one process on one thread, whole detector, an image of 416x256 (`examples/forward.rs`): with the backbone of
//! YOLOX-nano the network takes a little less time than YOLOX-nano, with MobileNetV2 more than twice as much, since its wide
//! layers at half of the resolution do not fit into caches.

use std::fmt::Debug;

use mvmhat_learning::{Fold, Resnet, ResnetConfig};
use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::Path;

use crate::StateDict;
use crate::networks::YoloxConfig;
use crate::networks::mobilenet::{self, MobilenetV2Pyramid};
use crate::networks::yolox::Darknet;

/// What looks at images, with levels of 8, 16 and 32 pixels a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PyramidBackbone {
    /// The backbone of YOLOX-nano, 0.5 million parameters.
    #[default]
    YoloxNano,
    /// MobileNetV2 up to its stage of 160 channels, 1.3 million parameters.
    MobilenetV2,
    /// ResNet-18, 11 million parameters.
    Resnet18,
}

/// From N x 3 x H x W (blue, green, red, 0 to 255) to the three levels, fine to coarse.
pub(super) trait Pyramid: Debug + Send + Fold {
    /// The levels.
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3];
}

impl PyramidBackbone {
    /// The channels of the three levels.
    pub(super) fn channels(self) -> [i64; 3] {
        match self {
            Self::YoloxNano => [64, 128, 256],
            Self::MobilenetV2 => MobilenetV2Pyramid::CHANNELS,
            Self::Resnet18 => [128, 256, 512],
        }
    }

    /// The network, its variables under `path` by their published names.
    pub(super) fn build(self, path: &Path) -> Box<dyn Pyramid> {
        match self {
            Self::YoloxNano => Box::new(Darknet::new(&(path / "backbone"), YoloxConfig::NANO)),
            Self::MobilenetV2 => Box::new(OfImageNet::new(path, MobilenetV2Pyramid::new(path))),
            Self::Resnet18 => Box::new(OfImageNet::new(path, Resnet::new(path, ResnetConfig::RESNET18))),
        }
    }

    /// What [`StateDict::architecture`] calls the network whose published weights it starts from.
    pub(super) fn architecture(self) -> &'static str {
        match self {
            Self::YoloxNano => "yolox-nano",
            Self::MobilenetV2 => "mobilenet-v2",
            Self::Resnet18 => "resnet18",
        }
    }

    /// Which weights it starts from.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::YoloxNano => "the backbone yolox-nano starts from yolox-nano",
            Self::MobilenetV2 => {
                "the backbone mobilenet-v2 starts from mobilenet-v2-deepsort or mobilenet-v2-imagenet"
            }
            Self::Resnet18 => "the backbone resnet18 starts from resnet18-imagenet",
        }
    }

    /// The tensors of a file under their published names.
    pub(super) fn published(self, file: &StateDict) -> StateDict {
        match self {
            Self::MobilenetV2 => mobilenet::published(file),
            Self::YoloxNano | Self::Resnet18 => file.renamed(str::to_owned),
        }
    }

    /// What the names of published variables begin with that are no part of it.
    pub(super) fn left_out(self) -> &'static [&'static str] {
        match self {
            Self::YoloxNano => &[],
            Self::MobilenetV2 => &MobilenetV2Pyramid::LEFT_OUT,
            Self::Resnet18 => &["fc."],
        }
    }
}

impl Pyramid for Darknet {
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.forward_t(xs, train)
    }
}

/// ImageNet's mean and deviation of red, green and blue, 0 to 255.
const MEAN: [f32; 3] = [123.675, 116.28, 103.53];
const DEVIATION: [f32; 3] = [58.395, 57.12, 57.375];

/// A network that was made for images in red, green, blue with mean 0 and deviation 1.
#[derive(Debug)]
struct OfImageNet<N> {
    mean: Tensor,
    scale: Tensor,
    network: N,
}

impl<N> OfImageNet<N> {
    fn new(path: &Path, network: N) -> Self {
        let colors =
            |values: [f32; 3]| Tensor::from_slice(&values).view([1, 3, 1, 1]).to_device(path.device());
        Self { mean: colors(MEAN), scale: colors(DEVIATION.map(f32::recip)), network }
    }

    fn normalized(&self, xs: &Tensor) -> Tensor {
        (xs.flip([1]) - &self.mean) * &self.scale
    }
}

impl Pyramid for OfImageNet<MobilenetV2Pyramid> {
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.network.levels(&self.normalized(xs), train)
    }
}

impl Pyramid for OfImageNet<Resnet> {
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.network.levels(&self.normalized(xs), train)
    }
}

impl<N: Fold> Fold for OfImageNet<N> {
    fn fold(&mut self) {
        self.network.fold();
    }
}
