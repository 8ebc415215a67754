//! Convolutional networks of the ImageNet years: classifiers by origin, backbones of the tracker's re-ID embedders.
//!
//! Their variables have the names of torchvision's checkpoints. The classifiers are no part of them: what comes out are
//! the features, averaged over the image, so that images of any size and shape may go in.

mod alexnet;
#[cfg(test)]
mod parity;
mod resnet;
mod vgg;

pub use alexnet::AlexNet;
pub use resnet::{Resnet, ResnetConfig};
pub use vgg::{Vgg, VggConfig};
