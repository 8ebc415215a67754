//! The restricted Boltzmann machine: a layer of visible units, a layer of hidden ones, and no links within a layer.
//!
//! ```text
//! E(v, h)   = -b.v - c.h - h.Wv
//! p(h | v)  = sigmoid(W v + c),   p(v | h) = sigmoid(W^T h + b)
//! F(v)      = -b.v - sum softplus(W v + c)                          free energy
//! CD-k      loss = mean F(data) - mean F(what k rounds of sampling make of the data)
//! ```
//!
//! The gradient of that difference, with what was sampled held fixed, is the contrastive divergence of Hinton, *Training
//! Products of Experts by Minimizing Contrastive Divergence* (2002): so a Boltzmann machine is trained by autograd and the
//! trainer of all others. The difference itself is no measure of progress; how well digits are reconstructed is.

use std::path::Path;

use mvmhat_learning::{Batches, Init, StepOutput, Task, TaskError, TrainingStep};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::nn::{self, VarStore};
use tch::{Device, Reduction, Tensor, no_grad};

use crate::data::{Digits, Samples};
use crate::experiment::{Chart, Experiment, ExperimentError, PreparedExperiment, Results};

/// Digits that are shown beside their reconstructions, and filters that are shown.
const SHOWN: i64 = 20;
const FILTERS: i64 = 100;

/// A restricted Boltzmann machine on MNIST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RbmConfig {
    /// Hidden units.
    pub hidden: i64,
    /// Rounds of sampling.
    pub rounds: usize,
    /// Digits of a step.
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
    /// Variables `weight`, `visible_bias` and `hidden_bias` under `path`, from so many visible to so many hidden units.
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
    pub(super) fn up(&self, visible: &Tensor) -> Tensor {
        visible.linear(&self.weight, Some(&self.hidden_bias)).sigmoid()
    }

    /// p(v | h): N x hidden to N x visible.
    fn down(&self, hidden: &Tensor) -> Tensor {
        hidden.linear(&self.weight.tr(), Some(&self.visible_bias)).sigmoid()
    }

    /// F(v) of each row.
    fn free_energy(&self, visible: &Tensor) -> Tensor {
        let inputs = visible.linear(&self.weight, Some(&self.hidden_bias));
        -(visible.mv(&self.visible_bias)
            + inputs.softplus().sum_dim_intlist([1i64].as_slice(), false, visible.kind()))
    }

    /// What so many rounds of sampling make of the data: chances, as Hinton's practical guide has it for the last.
    fn dream(&self, data: &Tensor, rounds: usize) -> Tensor {
        no_grad(|| {
            (0..rounds).fold(data.shallow_clone(), |visible, _| self.down(&self.up(&visible).bernoulli()))
        })
    }

    /// The contrastive divergence of rows of data.
    pub(super) fn divergence(&self, data: &Tensor, rounds: usize) -> Tensor {
        let dreamt = self.dream(data, rounds);
        self.free_energy(data).mean(data.kind()) - self.free_energy(&dreamt).mean(data.kind())
    }

    /// What is seen again after a look at the hidden units.
    fn reconstruct(&self, visible: &Tensor) -> Tensor {
        no_grad(|| self.down(&self.up(visible)))
    }
}

/// A Boltzmann machine in training.
struct RbmExperiment {
    store: VarStore,
    machine: Rbm,
    train: Samples,
    test: Samples,
    batches: Batches,
    config: RbmConfig,
}

impl RbmExperiment {
    /// The mean squared difference of test digits and their reconstructions.
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
        Ok(self.machine.divergence(&data, self.config.rounds).into())
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

/// Rows as images of 28 x 28.
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

    /// All states of three visible and two hidden units, summed up by hand.
    #[test]
    fn the_free_energy_is_what_remains_of_all_states() {
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
        let dreamt = machine.dream(&data, 2);
        tch::manual_seed(3);
        let gradients = Parameters::trainable(&store).gradients(&machine.divergence(&data, 2)).unwrap();
        // By name: hidden_bias, visible_bias, weight. Hinton's rule: <h v> of the dream less that of the data.
        let products = |visible: &Tensor| machine.up(visible).tr().matmul(visible) / 5.0;
        let expected = products(&dreamt) - products(&data);
        assert!(gradients[2].allclose(&expected, 1e-4, 1e-5, false));
        let means = |xs: Tensor| xs.mean_dim(&[0i64][..], false, Kind::Float);
        assert!(gradients[1].allclose(&(means(dreamt) - means(data)), 1e-4, 1e-5, false));
    }

    #[test]
    fn it_learns_a_few_images_by_heart() {
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
        crate::common::testing::assert_learns(&mut task, 300, 0.01);
        assert!(before > 0.2 && task.error() < 0.02, "{before} to {}", task.error());
        assert_eq!(task.results().unwrap().charts.len(), 2);
    }
}
