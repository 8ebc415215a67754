//! Backbones: networks that describe an image by a vector of features, without the classifier they were published with.
//!
//! [`BACKBONES`] is the table of all of them, one [`Backbone`] per name. Variables have the names of the published
//! checkpoints (torchvision's, torchreid's). Where the last layer is a mean over the image, images of any size may
//! go in.
//!
//! # Why plain libtorch operations
//! On one CPU thread the convolutions of these small networks already run at the processor's peak in oneDNN, which
//! libtorch calls for every 2-D convolution. What eager execution loses to a compiling runtime is memory traffic, and
//! most of that is won back:
//!
//! * **Channels last** ([`channels_last`](crate::channels_last)). Depthwise convolutions are several times faster in
//!   this layout, and decoded images come in it.
//! * **Folded normalization, activations in place** ([`Fold`]): one pass over the memory less for each.
//! * **Memory kept between operations** (`mvmhat_detectors::Inference`): an allocator that returns pages to the system
//!   after every operation pays for them again at the next; for OSNet that was a third of the time.
//!
//! Traced or generated TorchScript with fused convolution and activation (`mkldnn::_convolution_pointwise`) was
//! measured as well: 10 % faster, at the price of a second description of every network. It was left out.

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
pub use backbone::{BACKBONES, Backbone, MOBILENET_V2_PARTS, PublishedNames};
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
