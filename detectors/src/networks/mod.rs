//! Definitions of networks, and the way from a definition and a weights file to fast inference.
//!
//! # Why plain libtorch operations
//! On one CPU thread the convolutions of these small networks run at the processor's peak already in oneDNN, which
//! libtorch calls for every 2-D convolution. What eager execution loses to a compiling runtime is memory traffic, and
//! that is won back without one:
//!
//! * **Channels last.** Depthwise convolutions are several times faster in this layout, and pictures come in it.
//! * **Folded norms, activations in place** ([`learning::Fold`]): one pass over the memory less for each.
//! * **Memory kept between operations** ([`Inference`]): an allocator that gives pages back to the system after every
//!   operation pays for them again at the next; for OSNet that was a third of the time.
//!
//! Traced or generated TorchScript with fused convolution and activation (`mkldnn::_convolution_pointwise`) was
//! measured beside this: 10 % faster, at the price of a second description of every network. It was left out.

mod backbone;
mod embedding_network;
mod inference;
mod mobilenet;
mod osnet;
#[cfg(test)]
mod parity;
mod person;
mod yolox;

pub use backbone::Backbone;
pub use embedding_network::{EmbeddingNetwork, EmbeddingNetworkConfig};
pub use inference::{Inference, Network};
pub use mobilenet::{MobilenetV2, MobilenetV2Config};
pub use osnet::{Osnet, OsnetConfig};
pub(crate) use person::COLUMNS as PERSON_COLUMNS;
pub use person::{
    DetectionLoss, DetectionTargets, PersonNetwork, PersonNetworkConfig, PyramidBackbone, Start,
    detection_loss,
};
pub(crate) use yolox::STRIDES;
pub use yolox::{Yolox, YoloxConfig};
