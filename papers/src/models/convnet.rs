//! The simple convolutional network: one convolution and two fully connected layers.
//!
//! ```text
//! convolution 5x5 - ReLU - max pooling 2x2 - linear - ReLU - linear
//! ```
//!
//! *Deep Learning from Scratch*, ch. 7. The charts show the filters: noise before training, edges and blobs after.

use std::path::Path;

use mvmhat_learning::{Init, LinearConfig, initialize};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tch::nn::{self, ModuleT, VarStore};
use tch::{Device, Tensor, no_grad};

use crate::common::augmentation::Augmentation;
use crate::common::classification::{Classification, Classifier};
use crate::data::Digits;
use crate::experiment::{Chart, ExperimentError, PreparedExperiment, Results};

/// The simple convolutional network on MNIST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConvNetConfig {
    /// Number of filters.
    pub filters: i64,
    /// Height and width of a filter.
    pub kernel: i64,
    /// Units of the hidden layer.
    pub hidden: i64,
    /// The initialization of matrices and filters.
    pub weight: Init,
    /// Digits per batch.
    pub batch: usize,
    /// The data augmentation, if any.
    pub augmentation: Option<Augmentation>,
}

impl Default for ConvNetConfig {
    fn default() -> Self {
        Self { filters: 30, kernel: 5, hidden: 100, weight: Init::he(), batch: 100, augmentation: None }
    }
}

impl ConvNetConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let Digits { train, test } = Digits::read(data)?;
        let store = VarStore::new(Device::Cpu);
        let network = self.init(&store, seed)?;
        let mut task = Classification::new(store, network, (train, test), json!(self), (seed, self.batch));
        task.augmentation = self.augmentation;
        Ok(PreparedExperiment::Training(Box::new(task)))
    }

    fn init(&self, store: &VarStore, seed: u64) -> Result<ConvNet, ExperimentError> {
        if !(1..28).contains(&self.kernel) {
            return Err(ExperimentError::setting(
                "kernel",
                format!("must be from 1 to 27, and is {}", self.kernel),
            ));
        }
        if self.filters < 1 || self.hidden < 1 {
            return Err(ExperimentError::setting(
                "filters",
                "there must be at least 1 filter and 1 hidden unit",
            ));
        }
        let path = store.root();
        let convolution = nn::conv2d(&path / "convolution", 1, self.filters, self.kernel, Default::default());
        let side = (28 - self.kernel + 1) / 2;
        let linear =
            |inputs, outputs| LinearConfig { weight: self.weight, ..LinearConfig::new(inputs, outputs) };
        let hidden = linear(self.filters * side * side, self.hidden).init(&(&path / "hidden"), seed)?;
        let output = linear(self.hidden, 10).init(&(&path / "output"), seed)?;
        initialize(store, seed, |name, shape| {
            let init = if shape.len() > 1 { self.weight } else { Init::Zeros };
            name.starts_with("convolution").then_some(init)
        })?;
        let before = no_grad(|| convolution.ws.copy());
        Ok(ConvNet { convolution, hidden, output, before })
    }
}

/// The network: N x 1 x 28 x 28 to N x 10.
#[derive(Debug)]
struct ConvNet {
    convolution: nn::Conv2D,
    hidden: nn::Linear,
    output: nn::Linear,
    /// The filters before training.
    before: Tensor,
}

impl ModuleT for ConvNet {
    fn forward_t(&self, xs: &Tensor, _train: bool) -> Tensor {
        let features = xs.apply(&self.convolution).relu().max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false);
        features.flatten(1, -1).apply(&self.hidden).relu().apply(&self.output)
    }
}

impl Classifier for ConvNet {
    fn add_results(&self, results: &mut Results) {
        let after = no_grad(|| self.convolution.ws.copy());
        for (name, filters) in [("filters_before", &self.before), ("filters_after", &after)] {
            results.add_chart(name, Chart::ImageGrid { columns: 10, images: filters.squeeze_dim(1) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::{accuracy, assert_overfits, book, copy, test_digits};

    #[test]
    fn it_overfits_a_tiny_batch() {
        let store = VarStore::new(Device::Cpu);
        let config = ConvNetConfig { filters: 4, hidden: 16, ..Default::default() };
        let network = config.init(&store, 1).unwrap();
        assert_overfits(store, network, [1, 28, 28]);
    }

    #[test]
    fn shapes_and_names() {
        let store = VarStore::new(Device::Cpu);
        let network = ConvNetConfig::default().init(&store, 1).unwrap();
        let xs = Tensor::rand([3, 1, 28, 28], (tch::Kind::Float, Device::Cpu));
        assert_eq!(network.forward_t(&xs, false).size(), [3, 10]);
        assert_eq!(store.variables()["hidden.weight"].size(), [100, 30 * 12 * 12]);
        assert!(ConvNetConfig { kernel: 28, ..Default::default() }.init(&store, 1).is_err());
    }

    /// The parameters trained by the book's authors have a test accuracy of 0.989, computed in double precision with
    /// PyTorch 2.13: `F.conv2d(x, W1, b1).relu()`, `F.max_pool2d(x, 2)`, `(x.flatten(1) @ W2 + b2).relu() @ W3 + b3`.
    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn the_network_of_the_book_has_the_accuracy_of_pytorch() {
        let (parameters, digits) = (book("simple_convnet"), test_digits());
        let store = VarStore::new(Device::Cpu);
        let network = ConvNetConfig::default().init(&store, 0).unwrap();
        copy(&store, "convolution.weight", &parameters["W1"]);
        copy(&store, "convolution.bias", &parameters["b1"]);
        for (i, name) in [(2, "hidden"), (3, "output")] {
            copy(&store, &format!("{name}.weight"), &parameters[&format!("W{i}")].tr());
            copy(&store, &format!("{name}.bias"), &parameters[&format!("b{i}")]);
        }
        assert_eq!(accuracy(&network, &digits), 0.989);
    }
}
