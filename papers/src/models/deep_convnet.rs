//! The deep convolutional network: six 3x3 convolutions in three pairs.
//!
//! ```text
//! 2 x (convolution 3x3 - ReLU) - max pooling,   with 16, 32 and 64 filters
//! linear 50 - ReLU - dropout - linear 10 - dropout
//! ```
//!
//! *Deep Learning from Scratch*, ch. 8. The second convolution of the second pair has a padding of 2: its 14 x 14 input
//! becomes 16 x 16, which can be halved twice more.

use std::path::Path;

use mvmhat_learning::{Init, LinearConfig, initialize};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tch::nn::{self, ModuleT, VarStore};
use tch::{Device, Tensor};

use crate::common::augmentation::Augmentation;
use crate::common::classification::{Classification, Classifier};
use crate::data::Digits;
use crate::experiment::{ExperimentError, PreparedExperiment};

/// Filters and padding of each convolution.
const CONVOLUTIONS: [(i64, i64); 6] = [(16, 1), (16, 1), (32, 1), (32, 2), (64, 1), (64, 1)];
/// Features after the last pooling: 64 channels, 4 x 4 positions.
const FEATURES: i64 = 64 * 4 * 4;

/// The deep convolutional network on MNIST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeepConvNetConfig {
    /// Units of the hidden layer.
    pub hidden: i64,
    /// The dropout probability.
    pub dropout: f64,
    /// Digits per batch.
    pub batch: usize,
    /// The data augmentation, if any.
    pub augmentation: Option<Augmentation>,
}

impl Default for DeepConvNetConfig {
    fn default() -> Self {
        Self { hidden: 50, dropout: 0.5, batch: 100, augmentation: None }
    }
}

impl DeepConvNetConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let Digits { train, test } = Digits::read(data)?;
        let store = VarStore::new(Device::Cpu);
        let network = self.init(&store, seed)?;
        let mut task = Classification::new(store, network, (train, test), json!(self), (seed, self.batch));
        task.augmentation = self.augmentation;
        Ok(PreparedExperiment::Training(Box::new(task)))
    }

    fn init(&self, store: &VarStore, seed: u64) -> Result<DeepConvNet, ExperimentError> {
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(ExperimentError::setting(
                "dropout",
                format!("must be from 0 to below 1, and is {}", self.dropout),
            ));
        }
        if self.hidden < 1 {
            return Err(ExperimentError::setting("hidden", "there must be at least 1 hidden unit"));
        }
        let path = store.root();
        let mut inputs = 1;
        let mut convolutions = Vec::new();
        for (i, (filters, padding)) in CONVOLUTIONS.into_iter().enumerate() {
            let config = nn::ConvConfig { padding, ..Default::default() };
            convolutions.push(nn::conv2d(&path / "convolutions" / i, inputs, filters, 3, config));
            inputs = filters;
        }
        let hidden = LinearConfig::new(FEATURES, self.hidden).init(&(&path / "hidden"), seed)?;
        let output = LinearConfig::new(self.hidden, 10).init(&(&path / "output"), seed)?;
        initialize(store, seed, |name, shape| {
            let init = if shape.len() > 1 { Init::he() } else { Init::Zeros };
            name.starts_with("convolutions").then_some(init)
        })?;
        Ok(DeepConvNet { convolutions, hidden, output, dropout: self.dropout })
    }
}

/// The network: N x 1 x 28 x 28 to N x 10.
#[derive(Debug)]
struct DeepConvNet {
    convolutions: Vec<nn::Conv2D>,
    hidden: nn::Linear,
    output: nn::Linear,
    dropout: f64,
}

impl ModuleT for DeepConvNet {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let features = self.convolutions.chunks(2).fold(xs.shallow_clone(), |xs, pair| {
            let ys = pair.iter().fold(xs, |xs, convolution| xs.apply(convolution).relu());
            ys.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)
        });
        let hidden = features.flatten(1, -1).apply(&self.hidden).relu().dropout(self.dropout, train);
        hidden.apply(&self.output).dropout(self.dropout, train)
    }
}

impl Classifier for DeepConvNet {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::{accuracy, assert_overfits, book, copy, test_digits};

    #[test]
    fn it_overfits_a_tiny_batch() {
        let store = VarStore::new(Device::Cpu);
        let network = DeepConvNetConfig { dropout: 0.0, ..Default::default() }.init(&store, 1).unwrap();
        assert_overfits(store, network, [1, 28, 28]);
    }

    #[test]
    fn shapes_and_names() {
        let store = VarStore::new(Device::Cpu);
        let network = DeepConvNetConfig::default().init(&store, 1).unwrap();
        let xs = Tensor::rand([3, 1, 28, 28], (tch::Kind::Float, Device::Cpu));
        assert_eq!(network.forward_t(&xs, true).size(), [3, 10]);
        assert_eq!(store.variables()["convolutions.5.weight"].size(), [64, 64, 3, 3]);
    }

    /// The parameters trained by the book's authors have a test accuracy of 0.9935, computed in double precision with
    /// PyTorch 2.13. The book scales the activations at inference instead of in training: `h = F.relu(x @ W7 + b7) * 0.5`.
    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn the_network_of_the_book_has_the_accuracy_of_pytorch() {
        let (parameters, digits) = (book("deep_convnet"), test_digits());
        let store = VarStore::new(Device::Cpu);
        let network = DeepConvNetConfig::default().init(&store, 0).unwrap();
        for i in 0..6 {
            copy(&store, &format!("convolutions.{i}.weight"), &parameters[&format!("W{}", i + 1)]);
            copy(&store, &format!("convolutions.{i}.bias"), &parameters[&format!("b{}", i + 1)]);
        }
        copy(&store, "hidden.weight", &parameters["W7"].tr());
        copy(&store, "hidden.bias", &parameters["b7"]);
        // The book halves activations at inference; inverted dropout, as here, doubles them in training.
        copy(&store, "output.weight", &(parameters["W8"].tr() * 0.5));
        copy(&store, "output.bias", &parameters["b8"]);
        assert_eq!(accuracy(&network, &digits), 0.9935);
    }
}
