//! The restricted Boltzmann machine (RBM): visible and hidden binary units, without connections within a layer.
//!
//! ```text
//! E(v, h)   = -b.v - c.h - h.Wv
//! p(h | v)  = sigmoid(W v + c),   p(v | h) = sigmoid(W^T h + b)
//! F(v)      = -b.v - sum softplus(W v + c)                          free energy
//! CD-k      loss = mean F(data) - mean F(samples after k steps of Gibbs sampling from the data)
//! ```
//!
//! With the samples held fixed, the gradient of this difference is the contrastive divergence update of Hinton, *Training
//! Products of Experts by Minimizing Contrastive Divergence* (2002), so an RBM is trained by autograd and the common trainer.
//! The difference itself does not measure progress; the reconstruction error does.

use std::path::Path;

use mvmhat_learning::{Batches, Init, StepOutput, Task, TaskError, TrainingStep};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::nn::{self, VarStore};
use tch::{Device, Reduction, Tensor, no_grad};

use crate::data::{Digits, Samples};
use crate::experiment::{Chart, Experiment, ExperimentError, PreparedExperiment, Results};

/// The number of digits and of filters in the charts.
const SHOWN: i64 = 20;
const FILTERS: i64 = 100;

/// A restricted Boltzmann machine on MNIST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RbmConfig {
    /// Hidden units.
    pub hidden: i64,
    /// Gibbs steps, the k of CD-k.
    pub rounds: usize,
    /// Digits per batch.
    pub batch: usize,
}

impl Default for RbmConfig {
    fn default() -> Self {
        Self { hidden: 256, rounds: 1, batch: 50 }
    }
}

impl RbmConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        if self.hidden < 1 || self.rounds < 1 {
            return Err(ExperimentError::setting("rounds", "rounds and hidden must be at least 1"));
        }
        let Digits { train, test } = Digits::read(data)?;
        let store = VarStore::new(Device::Cpu);
        let machine = Rbm::new(&store.root(), [28 * 28, self.hidden], seed)?;
        let batches = Batches::new(seed, train.count(), self.batch);
        Ok(PreparedExperiment::Training(Box::new(RbmExperiment {
            store,
            machine,
            train,
            test,
            batches,
            config: self.clone(),
        })))
    }
}

/// A restricted Boltzmann machine.
#[derive(Debug)]
pub(super) struct Rbm {
    /// Hidden x visible.
    weight: Tensor,
    visible_bias: Tensor,
    hidden_bias: Tensor,
}

impl Rbm {
    /// An RBM with the variables `weight`, `visible_bias` and `hidden_bias` under `path`.
    pub(super) fn new(
        path: &nn::Path,
        [visible, hidden]: [i64; 2],
        seed: u64,
    ) -> Result<Self, ExperimentError> {
        Ok(Self {
            weight: Init::Normal { deviation: 0.01 }.variable(path, "weight", &[hidden, visible], seed)?,
            visible_bias: Init::Zeros.variable(path, "visible_bias", &[visible], seed)?,
            hidden_bias: Init::Zeros.variable(path, "hidden_bias", &[hidden], seed)?,
        })
    }

    /// p(h | v): N x visible to N x hidden.
    pub(super) fn hidden(&self, visible: &Tensor) -> Tensor {
        visible.linear(&self.weight, Some(&self.hidden_bias)).sigmoid()
    }

    /// p(v | h): N x hidden to N x visible.
    fn visible(&self, hidden: &Tensor) -> Tensor {
        hidden.linear(&self.weight.tr(), Some(&self.visible_bias)).sigmoid()
    }

    /// F(v) of each row.
    fn free_energy(&self, visible: &Tensor) -> Tensor {
        let inputs = visible.linear(&self.weight, Some(&self.hidden_bias));
        -(visible.mv(&self.visible_bias)
            + inputs.softplus().sum_dim_intlist([1i64].as_slice(), false, visible.kind()))
    }

    /// Gibbs sampling from the data. Visible units are probabilities rather than binary samples, as Hinton's *Practical Guide*
    /// suggests for the last step.
    fn gibbs(&self, data: &Tensor, rounds: usize) -> Tensor {
        no_grad(|| {
            (0..rounds)
                .fold(data.shallow_clone(), |visible, _| self.visible(&self.hidden(&visible).bernoulli()))
        })
    }

    /// The loss whose gradient is the contrastive divergence of the rows of `data`.
    pub(super) fn contrastive_divergence(&self, data: &Tensor, rounds: usize) -> Tensor {
        let samples = self.gibbs(data, rounds);
        self.free_energy(data).mean(data.kind()) - self.free_energy(&samples).mean(data.kind())
    }

    /// The reconstruction from the hidden probabilities.
    fn reconstruct(&self, visible: &Tensor) -> Tensor {
        no_grad(|| self.visible(&self.hidden(visible)))
    }
}

/// An RBM in training.
struct RbmExperiment {
    store: VarStore,
    machine: Rbm,
    train: Samples,
    test: Samples,
    batches: Batches,
    config: RbmConfig,
}

impl RbmExperiment {
    /// The mean squared reconstruction error of the test digits.
    fn error(&self) -> f64 {
        let digits = self.test.inputs.flatten(1, -1);
        self.machine.reconstruct(&digits).mse_loss(&digits, Reduction::Mean).double_value(&[])
    }
}

impl Task for RbmExperiment {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    fn configuration(&self) -> Value {
        json!(self.config)
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let data = self.train.select(self.batches.samples(at)).inputs.flatten(1, -1);
        Ok(self.machine.contrastive_divergence(&data, self.config.rounds).into())
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        format!("digits {:?}", self.batches.clone().samples(at))
    }

    fn validation_metrics(&self) -> &[&str] {
        &["error"]
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(vec![self.error()])
    }
}

impl Experiment for RbmExperiment {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        results.add_measure("reconstruction error", self.error());
        let digits = self.test.first(SHOWN as usize).inputs.flatten(1, -1);
        let both = Tensor::cat(&[&digits, &self.machine.reconstruct(&digits)], 0);
        results.add_chart("reconstructions", images(&both, SHOWN as usize));
        let filters = self.machine.weight.detach();
        let filters = filters.narrow(0, 0, FILTERS.min(filters.size()[0]));
        results.add_chart("filters", images(&filters, 20));
        Ok(results)
    }
}

/// A grid of images from rows of 28 * 28 values.
fn images(rows: &Tensor, columns: usize) -> Chart {
    Chart::ImageGrid { columns, images: rows.view([-1, 28, 28]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mvmhat_learning::Parameters;
    use tch::Kind;

    fn set(variable: &Tensor, values: &Tensor) {
        no_grad(|| variable.shallow_clone().copy_(values));
    }

    fn machine(sizes: [i64; 2]) -> (VarStore, Rbm) {
        let store = VarStore::new(Device::Cpu);
        let machine = Rbm::new(&store.root(), sizes, 1).unwrap();
        set(&machine.weight, &Tensor::randn([sizes[1], sizes[0]], (Kind::Float, Device::Cpu)));
        (store, machine)
    }

    /// The sum over all hidden states, for three visible and two hidden units.
    #[test]
    fn the_free_energy_marginalizes_the_hidden_states() {
        tch::manual_seed(1);
        let (_store, machine) = machine([3, 2]);
        set(&machine.visible_bias, &Tensor::from_slice(&[0.3f32, -0.2, 0.1]));
        set(&machine.hidden_bias, &Tensor::from_slice(&[-0.4f32, 0.5]));
        let visible = Tensor::from_slice(&[1f32, 0.0, 1.0]);
        let sum: f64 = [[0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
            .map(|hidden| {
                let hidden = Tensor::from_slice(&hidden);
                let energy = -machine.visible_bias.dot(&visible)
                    - machine.hidden_bias.dot(&hidden)
                    - hidden.dot(&machine.weight.mv(&visible));
                (-energy.double_value(&[])).exp()
            })
            .iter()
            .sum();
        let found = machine.free_energy(&visible.unsqueeze(0)).double_value(&[0]);
        assert!((found + sum.ln()).abs() < 1e-5, "{found}");
    }

    #[test]
    fn the_gradient_is_the_contrastive_divergence() {
        tch::manual_seed(2);
        let (store, machine) = machine([6, 4]);
        let data = Tensor::rand([5, 6], (Kind::Float, Device::Cpu));
        tch::manual_seed(3);
        let samples = machine.gibbs(&data, 2);
        tch::manual_seed(3);
        let gradients =
            Parameters::trainable(&store).gradients(&machine.contrastive_divergence(&data, 2)).unwrap();
        // By name: hidden_bias, visible_bias, weight. Hinton's rule: <h v> of the samples minus that of the data.
        let products = |visible: &Tensor| machine.hidden(visible).tr().matmul(visible) / 5.0;
        let expected = products(&samples) - products(&data);
        assert!(gradients[2].allclose(&expected, 1e-4, 1e-5, false));
        let means = |xs: Tensor| xs.mean_dim(&[0i64][..], false, Kind::Float);
        assert!(gradients[1].allclose(&(means(samples) - means(data)), 1e-4, 1e-5, false));
    }

    #[test]
    fn it_overfits_a_few_images() {
        let images = Tensor::eye(8, (Kind::Float, Device::Cpu)).repeat([1, 98]).view([8, 784]);
        let samples = || Samples {
            inputs: images.view([8, 1, 28, 28]),
            labels: Tensor::arange(8, (Kind::Int64, Device::Cpu)),
        };
        let store = VarStore::new(Device::Cpu);
        let machine = Rbm::new(&store.root(), [784, 32], 1).unwrap();
        let config = RbmConfig { hidden: 32, batch: 8, ..Default::default() };
        let (train, test) = (samples(), samples());
        let mut task = RbmExperiment { store, machine, train, test, batches: Batches::new(1, 8, 8), config };
        let before = task.error();
        crate::common::testing::fit(&mut task, 300, 0.01);
        assert!(before > 0.2 && task.error() < 0.02, "{before} to {}", task.error());
        assert_eq!(task.results().unwrap().charts.len(), 2);
    }
}
