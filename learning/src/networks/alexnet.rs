//! AlexNet: the network that won ImageNet in 2012.
//!
//! Krizhevsky, Sutskever and Hinton, *ImageNet Classification with Deep Convolutional Neural Networks* (NeurIPS 2012), in
//! the one-column form of Krizhevsky, *One weird trick for parallelizing convolutional neural networks* (2014, arXiv
//! 1404.5997), which torchvision has. There is no local response normalization in it.

use tch::Tensor;
use tch::nn::{ModuleT, Path};

use crate::{Activation, ConvBias, ConvBiasConfig, Fold};

/// Channels of the five convolutions.
const CHANNELS: [i64; 5] = [64, 192, 384, 256, 256];
/// Kernel, stride and padding of each.
const KERNELS: [[i64; 3]; 5] = [[11, 4, 2], [5, 1, 2], [3, 1, 1], [3, 1, 1], [3, 1, 1]];
/// The index of each in torchvision's sequence, which also counts activations and pooling layers.
const NUMBERS: [i64; 5] = [0, 3, 6, 8, 10];
/// Whether 3x3 max pooling with stride 2 follows.
const POOLED: [bool; 5] = [true, true, false, false, true];

/// The network without its classifier.
///
/// # Shapes
/// - input: N x 3 x H x W of at least 63 x 63, red, green, blue, ImageNet mean 0 and deviation 1
/// - output: N x 256, global average pooling
#[derive(Debug)]
pub struct AlexNet {
    convolutions: Vec<ConvBias>,
}

impl AlexNet {
    /// The dimensions of the feature vector.
    pub const FEATURES: i64 = CHANNELS[4];

    /// A network with its variables under `path`.
    pub fn new(path: &Path) -> Self {
        let path = path / "features";
        let mut inputs = 3;
        let mut convolutions = Vec::new();
        for ((outputs, [kernel, stride, padding]), number) in CHANNELS.into_iter().zip(KERNELS).zip(NUMBERS) {
            let config = ConvBiasConfig { kernel, stride, padding, activation: Activation::Relu };
            convolutions.push(ConvBias::new(&(&path / number), inputs, outputs, config));
            inputs = outputs;
        }
        Self { convolutions }
    }
}

impl ModuleT for AlexNet {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let layers = self.convolutions.iter().zip(POOLED);
        let features = layers.fold(xs.shallow_clone(), |xs, (convolution, pooled)| {
            let ys = xs.apply_t(convolution, train);
            if pooled { ys.max_pool2d([3, 3], [2, 2], [0, 0], [1, 1], false) } else { ys }
        });
        features.mean_dim(&[2, 3][..], false, None)
    }
}

impl Fold for AlexNet {
    fn fold(&mut self) {
        self.convolutions.fold();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, nn::VarStore};

    #[test]
    fn parameters_and_names_are_torchvisions() {
        // torchvision has 61,100,840, of which 58,631,144 are in the three layers of its classifier.
        let store = VarStore::new(Device::Cpu);
        let network = AlexNet::new(&store.root());
        let count: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
        assert_eq!(count, 61_100_840 - 58_631_144);
        for name in ["features.0.weight", "features.3.bias", "features.10.weight"] {
            assert!(store.variables().contains_key(name), "{name}");
        }
        let xs = Tensor::rand([2, 3, 128, 64], (Kind::Float, Device::Cpu));
        assert_eq!(network.forward_t(&xs, false).size(), [2, 256]);
    }
}
