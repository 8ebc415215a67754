//! Classification: a network with its data, the task that perceptrons and convolutional networks share.

use mvmhat_learning::{Batches, StepOutput, Task, TaskError, TrainingStep, gradient_difference};
use serde_json::Value;
use tch::nn::{ModuleT, VarStore};
use tch::{Kind, Reduction, Tensor, no_grad};

use crate::common::augmentation::Augmentation;
use crate::data::Samples;
use crate::experiment::{Chart, Experiment, Results};

/// Batch size in validation.
const CHUNK: i64 = 500;

/// The gradient check: the number of samples, and of entries per variable.
const CHECKED: (usize, usize) = (2, 3);
/// The number of misclassified images in the chart.
const MISTAKES: i64 = 50;

/// A network whose outputs are class logits.
pub(crate) trait Classifier: ModuleT {
    /// Adds results beside accuracy and loss.
    fn add_results(&self, _results: &mut Results) {}
}

/// The mean cross entropy, in the precision of the logits.
fn cross_entropy(scores: &Tensor, labels: &Tensor) -> Tensor {
    scores.cross_entropy_loss::<Tensor>(labels, None, Reduction::Mean, -100, 0.0)
}

/// A classifier in training.
pub(crate) struct Classification<N> {
    pub(crate) store: VarStore,
    /// N x ... to logits, N x classes.
    pub(crate) network: N,
    pub(crate) train: Samples,
    pub(crate) test: Samples,
    pub(crate) augmentation: Option<Augmentation>,
    /// The configuration that a checkpoint must match.
    pub(crate) configuration: Value,
    batches: Batches,
    seed: u64,
}

impl<N: Classifier> Classification<N> {
    pub(crate) fn new(
        store: VarStore,
        network: N,
        (train, test): (Samples, Samples),
        configuration: Value,
        (seed, batch): (u64, usize),
    ) -> Self {
        let batches = Batches::new(seed, train.count(), batch);
        Self { store, network, train, test, augmentation: None, configuration, batches, seed }
    }

    /// Mean loss and accuracy.
    pub(crate) fn evaluate(&self, samples: &Samples) -> [f64; 2] {
        let Samples { inputs, labels } = samples;
        let count = samples.count() as i64;
        let (mut loss, mut correct) = (0.0, 0.0);
        no_grad(|| {
            for from in (0..count).step_by(CHUNK as usize) {
                let size = CHUNK.min(count - from);
                let scores = self.network.forward_t(&inputs.narrow(0, from, size), false);
                let labels = labels.narrow(0, from, size);
                loss += size as f64 * cross_entropy(&scores, &labels).double_value(&[]);
                correct += scores.argmax(-1, false).eq_tensor(&labels).sum(Kind::Double).double_value(&[]);
            }
        });
        [loss / count as f64, correct / count as f64]
    }
}

impl<N: Classifier> Task for Classification<N> {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    fn configuration(&self) -> Value {
        self.configuration.clone()
    }

    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        let Samples { mut inputs, labels } = self.train.select(self.batches.samples(at));
        if let Some(augmentation) = &self.augmentation {
            inputs = augmentation.apply(&inputs, self.seed, at.step);
        }
        let scores: Tensor = self.network.forward_t(&inputs, true);
        let accuracy = scores.accuracy_for_logits(&labels).double_value(&[]);
        Ok(StepOutput { loss: cross_entropy(&scores, &labels), metrics: vec![accuracy] })
    }

    fn describe_batch(&self, at: TrainingStep) -> String {
        let mut batches = self.batches.clone();
        format!("samples {:?}", batches.samples(at))
    }

    fn metrics(&self) -> &[&str] {
        &["accuracy"]
    }

    fn validation_metrics(&self) -> &[&str] {
        &["loss", "accuracy"]
    }

    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(self.evaluate(&self.test).to_vec())
    }
}

impl<N: Classifier> Experiment for Classification<N> {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        for (name, samples) in [("test", &self.test), ("train", &self.train)] {
            let [loss, accuracy] = self.evaluate(samples);
            results.add_measure(format!("{name} accuracy"), accuracy);
            results.add_measure(format!("{name} loss"), loss);
        }
        results.add_measure("gradient difference", self.gradient_difference()?);
        if let Some(mistakes) = self.mistakes() {
            results.add_chart("mistakes", mistakes);
        }
        self.network.add_results(&mut results);
        Ok(results)
    }
}

impl<N: Classifier> Classification<N> {
    /// The gradient check: how far autograd is from finite differences, in double precision.
    fn gradient_difference(&mut self) -> Result<f64, TaskError> {
        let (samples, entries) = CHECKED;
        let Samples { inputs, labels } = self.test.first(samples);
        let inputs = inputs.to_kind(Kind::Double);
        self.store.double();
        let loss = || cross_entropy(&self.network.forward_t(&inputs, false), &labels);
        let difference = gradient_difference(&self.store, entries, self.seed, loss);
        // Single precision to double and back is exact.
        self.store.float();
        Ok(difference?)
    }

    /// The first misclassified gray-scale images.
    fn mistakes(&self) -> Option<Chart> {
        let &[_, 1, _, _] = self.test.inputs.size().as_slice() else { return None };
        let first = self.test.first(10 * CHUNK as usize);
        let scores = no_grad(|| self.network.forward_t(&first.inputs, false));
        let wrong = scores.argmax(-1, false).ne_tensor(&first.labels).nonzero().squeeze_dim(1);
        let wrong = wrong.narrow(0, 0, MISTAKES.min(wrong.size()[0]));
        let images = first.inputs.index_select(0, &wrong).squeeze_dim(1);
        (wrong.numel() > 0).then_some(Chart::ImageGrid { columns: 10, images })
    }
}
