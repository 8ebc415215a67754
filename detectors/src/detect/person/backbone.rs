//! The table of the backbones of a [`PersonNetwork`](super::PersonNetwork), by name.
//!
//! Measured in one process on one thread, the whole detector, an image of 416x256 (`examples/forward.rs`): with the
//! backbone of YOLOX-nano the network takes slightly less time than YOLOX-nano, with MobileNetV2 more than twice as much,
//! since its wide layers at half of the resolution do not fit into caches.

use std::fmt;

use mvmhat_learning::Fold;
use mvmhat_learning::networks::{MobilenetV2Pyramid, PublishedNames, Resnet, ResnetConfig};
use tch::Tensor;
use tch::nn::Path;

use crate::detect::yolox::{Darknet, YoloxConfig};

/// A backbone that makes feature maps at strides 8, 16 and 32: a row of [`PYRAMIDS`].
///
/// In a configuration it is written and read as its name.
#[derive(Clone, Copy)]
pub struct PyramidBackbone {
    /// The name in configurations.
    pub name: &'static str,
    /// The channels of the three feature maps.
    pub channels: [i64; 3],
    /// What [`StateDict::architecture`](mvmhat_weights::StateDict::architecture) calls the network with published weights
    /// for it.
    pub architecture: &'static str,
    /// Which weights fit, in words.
    pub fitting_weights: &'static str,
    /// How tensors are called in published files.
    pub published: PublishedNames,
    build: fn(&Path) -> Box<dyn FeaturePyramid>,
}

/// All backbones of a person detector.
pub const PYRAMIDS: [PyramidBackbone; 3] = [
    YOLOX_NANO,
    // Up to its stage of 160 channels, 1.3 million parameters.
    PyramidBackbone {
        name: "mobilenet-v2",
        channels: MobilenetV2Pyramid::CHANNELS,
        architecture: "mobilenet-v2",
        fitting_weights: "the weights for the backbone mobilenet-v2 are mobilenet-v2-deepsort or mobilenet-v2-imagenet",
        published: PublishedNames::mobilenet_v2(&MobilenetV2Pyramid::LEFT_OUT),
        build: |path| Box::new(ImageNetNormalized::new(path, MobilenetV2Pyramid::new(path))),
    },
    // 11 million parameters.
    PyramidBackbone {
        name: "resnet18",
        channels: [128, 256, 512],
        architecture: "resnet18",
        fitting_weights: "the weights for the backbone resnet18 are resnet18-imagenet",
        published: PublishedNames::unchanged(&["fc."]),
        build: |path| Box::new(ImageNetNormalized::new(path, Resnet::new(path, ResnetConfig::RESNET18))),
    },
];

/// The backbone of YOLOX-nano, 0.5 million parameters. Its published weights are those of the whole YOLOX-nano, so that
/// neck and head get theirs, too.
pub(super) const YOLOX_NANO: PyramidBackbone = PyramidBackbone {
    name: "yolox-nano",
    channels: [64, 128, 256],
    architecture: "yolox-nano",
    fitting_weights: "the weights for the backbone yolox-nano are yolox-nano",
    published: PublishedNames::unchanged(&[]),
    build: |path| Box::new(Darknet::new(&(path / "backbone"), YoloxConfig::NANO)),
};

impl PyramidBackbone {
    /// The network, its variables under `path` by their published names.
    pub(super) fn build(&self, path: &Path) -> Box<dyn FeaturePyramid> {
        (self.build)(path)
    }
}

impl Default for PyramidBackbone {
    fn default() -> Self {
        YOLOX_NANO
    }
}

mvmhat_learning::known_by_name!(PyramidBackbone, PYRAMIDS);

/// From N x 3 x H x W (blue, green, red, 0 to 255) to three feature maps.
pub(super) trait FeaturePyramid: fmt::Debug + Send + Fold {
    /// The feature maps at strides 8, 16 and 32.
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3];
}

impl FeaturePyramid for Darknet {
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.forward_t(xs, train)
    }
}

/// ImageNet's mean and deviation of red, green and blue, 0 to 255.
const MEAN: [f32; 3] = [123.675, 116.28, 103.53];
/// See [`MEAN`].
const DEVIATION: [f32; 3] = [58.395, 57.12, 57.375];

/// A network whose input is RGB with mean 0 and deviation 1, behind the conversion from BGR, 0 to 255.
#[derive(Debug)]
struct ImageNetNormalized<N> {
    mean: Tensor,
    scale: Tensor,
    network: N,
}

impl<N> ImageNetNormalized<N> {
    fn new(path: &Path, network: N) -> Self {
        let colors =
            |values: [f32; 3]| Tensor::from_slice(&values).view([1, 3, 1, 1]).to_device(path.device());
        Self { mean: colors(MEAN), scale: colors(DEVIATION.map(f32::recip)), network }
    }

    fn normalized(&self, xs: &Tensor) -> Tensor {
        (xs.flip([1]) - &self.mean) * &self.scale
    }
}

impl FeaturePyramid for ImageNetNormalized<MobilenetV2Pyramid> {
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.network.levels(&self.normalized(xs), train)
    }
}

impl FeaturePyramid for ImageNetNormalized<Resnet> {
    fn levels(&self, xs: &Tensor, train: bool) -> [Tensor; 3] {
        self.network.levels(&self.normalized(xs), train)
    }
}

impl<N: Fold> Fold for ImageNetNormalized<N> {
    fn fold(&mut self) {
        self.network.fold();
    }
}
