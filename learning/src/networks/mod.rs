//! Backbones: networks that map an image to a feature vector, without the classifier they were published with.
//!
//! [`BACKBONES`] is the table of all of them, one [`Backbone`] per name. Variables have the names of the published
//! checkpoints (torchvision's, torchreid's). With global average pooling, images may have any size.
//!
//! # Why plain libtorch operations
//! On one CPU thread the convolutions of these small networks already run near peak performance in oneDNN, which
//! libtorch calls for every 2-D convolution. What eager execution loses to a compiled runtime is memory traffic, and
//! most of that is recovered by:
//!
//! * **Channels last** ([`channels_last`](crate::channels_last)). Depthwise convolutions are several times faster in
//!   this layout, and decoded images already have it.
//! * **Folded normalization, in-place activations** ([`Fold`]): each saves one pass over the memory.
//! * **Reused memory** (`mvmhat_detectors::Inference`): an allocator that returns pages to the system after every
//!   operation has to request them again for the next; for OSNet that was a third of the time.
//!
//! TorchScript with fused convolution and activation (`mkldnn::_convolution_pointwise`) was measured too: 10 % faster,
//! but it needs a second definition of every network, so it is not used.

mod alexnet;
mod backbone;
mod known_by_name;
mod mobilenet;
mod osnet;
#[cfg(test)]
mod parity;
mod resnet;
mod vgg;

use tch::Tensor;
use tch::nn::ModuleT;

pub use alexnet::AlexNet;
pub use backbone::{BACKBONES, Backbone, MOBILENET_V2_PARTS, PublishedNames, VGG11};
pub use mobilenet::{MobilenetV2, MobilenetV2Config, MobilenetV2Pyramid};
pub use osnet::{Osnet, OsnetConfig};
pub use resnet::{Resnet, ResnetConfig};
pub use vgg::{Vgg, VggConfig};

use crate::Fold;

/// A network with one input and one output, that can be folded for inference.
pub trait Network: ModuleT + Fold {}

impl<T: ModuleT + Fold> Network for T {}

impl ModuleT for Box<dyn Network> {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        (**self).forward_t(xs, train)
    }
}

impl Fold for Box<dyn Network> {
    fn fold(&mut self) {
        (**self).fold();
    }
}
