//! The multi-layer perceptron: fully connected layers.
//!
//! ```text
//! h = f(norm(W h + b)), from the image to the logits of the ten digits; softmax and cross entropy follow
//! ```
//!
//! *Deep Learning from Scratch*, ch. 3 to 6. The two-layer network on MNIST, weight initialization, batch normalization,
//! dropout, weight decay and the comparison of optimizers are all configurations of this model.

use std::path::Path;

use mvmhat_learning::{Activation, Init, LinearConfig, batch_norm_config};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tch::nn::{self, ModuleT, VarStore};
use tch::{Device, Tensor};

use crate::common::classification::{Classification, Classifier};
use crate::data::Digits;
use crate::experiment::{ExperimentError, PreparedExperiment};

/// A multi-layer perceptron on MNIST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MlpConfig {
    /// Units of each hidden layer.
    pub hidden: Vec<i64>,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// The initialization of the weight matrices.
    pub weight: Init,
    /// Whether there is a batch normalization before each activation.
    pub norm: bool,
    /// The dropout probability of hidden units.
    pub dropout: f64,
    /// The size of a random subset of the training digits; all of them if not given.
    pub samples: Option<usize>,
    /// Digits per batch.
    pub batch: usize,
}

impl Default for MlpConfig {
    fn default() -> Self {
        Self {
            hidden: vec![100],
            activation: Activation::Relu,
            weight: Init::he(),
            norm: false,
            dropout: 0.0,
            samples: None,
            batch: 100,
        }
    }
}

impl MlpConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let Digits { train, test } = Digits::read(data)?;
        let train = train.random_subset(self.samples.unwrap_or(usize::MAX), seed);
        let store = VarStore::new(Device::Cpu);
        let network = self.init(&store.root(), [28 * 28, 10], seed)?;
        let task = Classification::new(store, network, (train, test), json!(self), (seed, self.batch));
        Ok(PreparedExperiment::Training(Box::new(task)))
    }

    /// The network, with its variables under `path`.
    pub(super) fn init(
        &self,
        path: &nn::Path,
        [inputs, classes]: [i64; 2],
        seed: u64,
    ) -> Result<Mlp, ExperimentError> {
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(ExperimentError::setting(
                "dropout",
                format!("must be from 0 to below 1, and is {}", self.dropout),
            ));
        }
        if self.norm && self.batch < 2 {
            let reason =
                format!("a batch of {} has no variance to normalize by; it must be at least 2", self.batch);
            return Err(ExperimentError::setting("batch", reason));
        }
        if let Some(width) = self.hidden.iter().find(|&&width| width < 1) {
            return Err(ExperimentError::setting(
                "hidden",
                format!("a layer needs at least 1 unit, and has {width}"),
            ));
        }
        let widths: Vec<_> =
            [inputs].into_iter().chain(self.hidden.iter().copied()).chain([classes]).collect();
        let linear = |(i, pair): (usize, &[i64])| {
            let config = LinearConfig { weight: self.weight, ..LinearConfig::new(pair[0], pair[1]) };
            config.init(&(path / "layers" / i), seed)
        };
        let layers = widths.windows(2).enumerate().map(linear).collect::<Result<Vec<_>, _>>()?;
        let norm = |(i, &width)| nn::batch_norm1d(path / "norms" / i, width, batch_norm_config(1e-5));
        let norms = if self.norm { self.hidden.iter().enumerate().map(norm).collect() } else { Vec::new() };
        Ok(Mlp { layers, norms, activation: self.activation, dropout: self.dropout })
    }
}

/// The network: N x ... to N x classes.
#[derive(Debug)]
pub(super) struct Mlp {
    layers: Vec<nn::Linear>,
    /// One per hidden layer; empty without normalization.
    norms: Vec<nn::BatchNorm>,
    activation: Activation,
    dropout: f64,
}

impl ModuleT for Mlp {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        let Some((last, hidden)) = self.layers.split_last() else { return xs.shallow_clone() };
        let mut xs = xs.flatten(1, -1);
        for (i, layer) in hidden.iter().enumerate() {
            xs = xs.apply(layer);
            if let Some(norm) = self.norms.get(i) {
                xs = xs.apply_t(norm, train);
            }
            xs = self.activation.forward(&xs).dropout(self.dropout, train);
        }
        xs.apply(last)
    }
}

impl Classifier for Mlp {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::{accuracy, assert_overfits, book, copy, test_digits};

    #[test]
    fn shapes_and_names() {
        let store = VarStore::new(Device::Cpu);
        let config = MlpConfig { hidden: vec![50, 20], norm: true, dropout: 0.5, ..Default::default() };
        let network = config.init(&store.root(), [784, 10], 1).unwrap();
        let xs = Tensor::rand([5, 1, 28, 28], (tch::Kind::Float, Device::Cpu));
        assert_eq!(network.forward_t(&xs, true).size(), [5, 10]);
        let variables = store.variables();
        assert_eq!(variables["layers.1.weight"].size(), [20, 50]);
        assert_eq!(variables["norms.1.running_mean"].size(), [20]);
    }

    #[test]
    fn it_overfits_a_tiny_batch() {
        for norm in [false, true] {
            let store = VarStore::new(Device::Cpu);
            let config = MlpConfig { hidden: vec![32], norm, ..Default::default() };
            let network = config.init(&store.root(), [784, 10], 1).unwrap();
            assert_overfits(store, network, [1, 28, 28]);
        }
    }

    #[test]
    fn invalid_settings_are_refused() {
        let store = VarStore::new(Device::Cpu);
        let error = |config: MlpConfig| config.init(&store.root(), [2, 2], 0).unwrap_err().to_string();
        let text = error(MlpConfig { dropout: 1.0, ..Default::default() });
        assert_eq!(text, "experiment.dropout: must be from 0 to below 1, and is 1");
        assert!(
            error(MlpConfig { hidden: vec![0], ..Default::default() }).starts_with("experiment.hidden: ")
        );
    }

    /// The parameters trained by the book's authors, 784-50-100-10 with sigmoids, have a test accuracy of 0.9352, as stated in
    /// its ch. 3.
    #[test]
    #[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
    fn the_network_of_the_book_has_the_accuracy_of_the_book() {
        let (parameters, digits) = (book("three_layer"), test_digits());
        let store = VarStore::new(Device::Cpu);
        let config =
            MlpConfig { hidden: vec![50, 100], activation: Activation::Sigmoid, ..Default::default() };
        let network = config.init(&store.root(), [784, 10], 0).unwrap();
        for i in 0..3 {
            copy(&store, &format!("layers.{i}.weight"), &parameters[&format!("W{}", i + 1)].tr());
            copy(&store, &format!("layers.{i}.bias"), &parameters[&format!("b{}", i + 1)]);
        }
        assert_eq!(accuracy(&network, &digits), 0.9352);
    }
}
