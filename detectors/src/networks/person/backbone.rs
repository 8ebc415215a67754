//! Networks that make levels of features of a picture, by name.

use std::fmt::Debug;

use learning::Fold;
use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::Path;

use crate::networks::mobilenet::MobilenetV2Pyramid;
use crate::networks::{Resnet, ResnetConfig};

/// What looks at pictures, with levels of 8, 16 and 32 pixels a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PyramidBackbone {
    /// MobileNetV2 up to its stage of 160 channels, 1.3 million parameters.
    #[default]
    MobilenetV2,
    /// ResNet-18, 11 million parameters.
    Resnet18,
}

/// From N x 3 x H x W (red, green, blue, ImageNet mean 0 and deviation 1) to the three levels, fine to coarse.
pub(super) trait Pyramid: Debug + Send + Fold {
    /// The levels.
    fn forward_t(&self, xs: &Tensor, train: bool) -> [Tensor; 3];
}

impl Pyramid for MobilenetV2Pyramid {
    fn forward_t(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.levels(xs, train)
    }
}

impl Pyramid for Resnet {
    fn forward_t(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.levels(xs, train)
    }
}

impl PyramidBackbone {
    /// The channels of the three levels.
    pub(super) fn channels(self) -> [i64; 3] {
        match self {
            Self::MobilenetV2 => MobilenetV2Pyramid::CHANNELS,
            Self::Resnet18 => [128, 256, 512],
        }
    }

    /// The network, its variables under `path` by their published names.
    pub(super) fn build(self, path: &Path) -> Box<dyn Pyramid> {
        match self {
            Self::MobilenetV2 => Box::new(MobilenetV2Pyramid::new(path)),
            Self::Resnet18 => Box::new(Resnet::new(path, ResnetConfig::RESNET18)),
        }
    }

    /// What the names of published variables begin with that are no part of it.
    pub(super) fn left_out(self) -> &'static [&'static str] {
        match self {
            Self::MobilenetV2 => &MobilenetV2Pyramid::LEFT_OUT,
            Self::Resnet18 => &["fc."],
        }
    }
}
