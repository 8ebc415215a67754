//! The deep belief network: stacked restricted Boltzmann machines (RBMs) whose weights initialize a multi-layer perceptron.
//!
//! ```text
//! epochs 1 to p            the first RBM is trained on the digits
//! epochs p+1 to 2p         the second is trained on the hidden activations of the first, and so on
//! the remaining epochs     fine-tuning: all layers and a linear classifier on top, by cross entropy
//! ```
//!
//! Hinton, Osindero and Teh, *A Fast Learning Algorithm for Deep Belief Nets* (2006); Hinton and Salakhutdinov (2006). Which
//! RBM is trained is a function of the epoch: pre-training and fine-tuning are one run of the trainer, which can be resumed
//! at any step.

use std::path::Path;

use mvmhat_learning::{Batches, Init, LinearConfig, StepOutput, Task, TaskError, TrainingStep};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::nn::{self, VarStore};
use tch::{Device, Tensor, no_grad};

use crate::data::{Digits, Samples};
use crate::experiment::{Experiment, ExperimentError, PreparedExperiment, Results};
use crate::models::rbm::Rbm;

/// A deep belief network on MNIST.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbnConfig {
    /// Hidden units of each RBM.
    pub hidden: Vec<i64>,
    /// Pre-training epochs of each RBM; 0 for none.
    pub pretraining: u64,
    /// How many digits are labeled; all if not given. Pre-training uses all digits.
    pub labels: Option<usize>,
    /// Digits per batch.
    pub batch: usize,
}

impl Default for DbnConfig {
    fn default() -> Self {
        Self { hidden: vec![256, 128], pretraining: 10, labels: None, batch: 50 }
    }
}

impl DbnConfig {
    pub(super) fn prepare(&self, data: &Path, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let Digits { train, test } = Digits::read(data)?;
        Ok(PreparedExperiment::Training(Box::new(self.init(train, test, seed)?)))
    }

    fn init(&self, train: Samples, test: Samples, seed: u64) -> Result<Dbn, ExperimentError> {
        let Some(&last) = self.hidden.last() else {
            return Err(ExperimentError::setting("hidden", "there must be at least 1 hidden layer"));
        };
        if self.hidden.iter().any(|&units| units < 1) || self.labels == Some(0) {
            return Err(ExperimentError::setting("hidden", "hidden and labels must be at least 1"));
        }
        let store = VarStore::new(Device::Cpu);
        let path = store.root();
        let visible = train.inputs.flatten(1, -1).size()[1];
        let sizes: Vec<_> = [visible].into_iter().chain(self.hidden.iter().copied()).collect();
        let machine =
            |(i, pair): (usize, &[i64])| Rbm::new(&(&path / "machines" / i), [pair[0], pair[1]], seed);
        let machines = sizes.windows(2).enumerate().map(machine).collect::<Result<Vec<_>, _>>()?;
        if self.pretraining == 0 {
            // A fair comparison: sigmoid layers without pre-training need Xavier initialization.
            mvmhat_learning::initialize(&store, seed, |_, shape| {
                (shape.len() > 1).then_some(Init::XavierNormal { gain: 1.0 })
            })?;
        }
        let output = LinearConfig { weight: Init::XavierNormal { gain: 1.0 }, ..LinearConfig::new(last, 10) };
        let output = output.init(&(&path / "output"), seed)?;
        let labeled = train.random_subset(self.labels.unwrap_or(usize::MAX), seed);
        Ok(Dbn {
            machines,
            output,
            batches: Batches::new(seed, train.count(), self.batch),
            labeled_batches: Batches::new(seed, labeled.count(), self.batch),
            train,
            labeled,
            test,
            store,
            config: self.clone(),
        })
    }
}

/// A deep belief network in training.
struct Dbn {
    store: VarStore,
    machines: Vec<Rbm>,
    output: nn::Linear,
    train: Samples,
    labeled: Samples,
    test: Samples,
    batches: Batches,
    labeled_batches: Batches,
    config: DbnConfig,
}

impl Dbn {
    /// The activations of the first `layers` hidden layers.
    fn hidden(&self, inputs: &Tensor, layers: usize) -> Tensor {
        self.machines[..layers].iter().fold(inputs.flatten(1, -1), |xs, machine| machine.hidden(&xs))
    }

    /// Class logits.
    fn logits(&self, inputs: &Tensor) -> Tensor {
        self.hidden(inputs, self.machines.len()).apply(&self.output)
    }

    fn accuracy(&self, samples: &Samples) -> f64 {
        let logits = no_grad(|| self.logits(&samples.inputs));
        logits.accuracy_for_logits(&samples.labels).double_value(&[])
    }

    /// The RBM that is pre-trained in an epoch; none in fine-tuning.
    fn pretrained(&self, epoch: u64) -> Option<usize> {
        let machine = epoch.checked_div(self.config.pretraining)? as usize;
        (machine < self.machines.len()).then_some(machine)
    }
}

impl Task for Dbn {
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
        if let Some(machine) = self.pretrained(at.epoch) {
            let inputs = self.train.select(self.batches.samples(at)).inputs;
            let below = no_grad(|| self.hidden(&inputs, machine));
            return Ok(self.machines[machine].contrastive_divergence(&below, 1).into());
        }
        // An epoch has as many steps as all digits need, so the labeled ones are used several times in it.
        let labeled = TrainingStep::new(at.step, self.labeled_batches.steps_per_epoch());
        let Samples { inputs, labels } = self.labeled.select(self.labeled_batches.samples(labeled));
        Ok(self.logits(&inputs).cross_entropy_for_logits(&labels).into())
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        match self.pretrained(at.epoch) {
            Some(machine) => format!("digits {:?} for RBM {machine}", self.batches.clone().samples(at)),
            None => format!("labeled digits of step {}", at.step + 1),
        }
    }

    fn validation_metrics(&self) -> &[&str] {
        &["accuracy"]
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(vec![self.accuracy(&self.test)])
    }
}

impl Experiment for Dbn {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        results.add_measure("test accuracy", self.accuracy(&self.test));
        results.add_measure("train accuracy", self.accuracy(&self.labeled));
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::fit;
    use tch::Kind;

    fn dbn(pretraining: u64) -> Dbn {
        tch::manual_seed(5);
        let digits = Tensor::rand([8, 1, 28, 28], (Kind::Float, Device::Cpu)).round();
        let samples = || Samples {
            inputs: digits.shallow_clone(),
            labels: Tensor::arange(8, (Kind::Int64, Device::Cpu)),
        };
        let config = DbnConfig { hidden: vec![32, 16], pretraining, labels: None, batch: 8 };
        config.init(samples(), samples(), 1).unwrap()
    }

    #[test]
    fn one_rbm_after_the_other_and_then_all_layers() {
        let mut dbn = dbn(3);
        let order: Vec<_> = [0, 2, 3, 5, 6, 9].into_iter().map(|epoch| dbn.pretrained(epoch)).collect();
        assert_eq!(order, [Some(0), Some(0), Some(1), Some(1), None, None]);
        let mut trained = |epoch| {
            let outcome = dbn.loss(TrainingStep { step: epoch, epoch, batch: 0 }).unwrap();
            let parameters = mvmhat_learning::Parameters::trainable(&dbn.store);
            let gradients = parameters.gradients(&outcome.loss).unwrap();
            let names = parameters.iter().zip(gradients).filter(|(_, gradient)| gradient.defined());
            names.map(|(parameter, _)| parameter.name.clone()).collect::<Vec<_>>()
        };
        assert!(trained(4).iter().all(|name| name.starts_with("machines.1.")));
        assert!(trained(7).contains(&"output.weight".to_owned()));
    }

    #[test]
    fn it_overfits_a_tiny_batch_with_and_without_pretraining() {
        for pretraining in [0, 20] {
            let mut dbn = dbn(pretraining);
            fit(&mut dbn, 300, 0.01);
            assert_eq!(dbn.results().unwrap().measures[0].1, 1.0, "{pretraining}");
        }
    }

    #[test]
    fn a_network_without_hidden_layers_is_refused() {
        let samples = || Samples {
            inputs: Tensor::zeros([1, 1, 28, 28], (Kind::Float, Device::Cpu)),
            labels: Tensor::zeros([1], (Kind::Int64, Device::Cpu)),
        };
        let config = DbnConfig { hidden: vec![], ..Default::default() };
        let error = config.init(samples(), samples(), 1).err().unwrap().to_string();
        assert_eq!(error, "experiment.hidden: there must be at least 1 hidden layer");
    }
}
