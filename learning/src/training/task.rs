//! The interface between the training loop and what it trains.

use std::error::Error;

use serde_json::Value;
use tch::Tensor;
use tch::nn::VarStore;

/// The position of a training step, as a global step and as epoch and batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingStep {
    /// Global step: the number of earlier steps.
    pub step: u64,
    /// The number of completed epochs.
    pub epoch: u64,
    /// The number of earlier steps in this epoch.
    pub batch: u64,
}

impl TrainingStep {
    /// The step after `taken` steps.
    pub fn new(taken: u64, steps_per_epoch: u64) -> Self {
        let steps = steps_per_epoch.max(1);
        Self { step: taken, epoch: taken / steps, batch: taken % steps }
    }
}

/// What a task computes in a step.
#[derive(Debug)]
pub struct StepOutput {
    /// The loss to minimize, a scalar with a gradient.
    pub loss: Tensor,
    /// Further metrics, in the order of [`Task::metrics`].
    pub metrics: Vec<f64>,
}

impl From<Tensor> for StepOutput {
    fn from(loss: Tensor) -> Self {
        Self { loss, metrics: Vec::new() }
    }
}

/// Why a task failed.
pub type TaskError = Box<dyn Error + Send + Sync>;

/// A network with its data and its loss.
///
/// For a resumed run to be bit-identical, everything a task does must be a function of its configuration and the step: the
/// samples of a batch ([`Batches`](super::Batches)) and their random augmentation ([`Random`](mvmhat_random::Random)).
/// libtorch's own generator, which dropout uses, is seeded before every step. Batches may be prefetched by threads as long as
/// they arrive in order.
///
/// A straight line through points, as a task:
///
/// ```
/// use mvmhat_learning::{
///     Batches, LearningRate, LinearConfig, StepOutput, Task, TaskError, TrainerConfig, TrainingStep,
/// };
/// use serde_json::{Value, json};
/// use tch::nn::{Linear, VarStore};
/// use tch::{Device, Reduction, Tensor};
///
/// struct Line {
///     store: VarStore,
///     layer: Linear,
///     batches: Batches,
/// }
///
/// impl Task for Line {
///     fn store(&self) -> &VarStore {
///         &self.store
///     }
///     fn steps_per_epoch(&self) -> u64 {
///         self.batches.steps_per_epoch()
///     }
///     fn configuration(&self) -> Value {
///         json!({"points": 64, "batch": 8})
///     }
///     fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
///         let xs: Vec<_> = self.batches.samples(at).iter().map(|&i| i as f32 / 64.0).collect();
///         let xs = Tensor::from_slice(&xs).view([-1, 1]);
///         let ys = 2.0 * &xs - 1.0;
///         Ok(xs.apply(&self.layer).mse_loss(&ys, Reduction::Mean).into())
///     }
///     fn describe_batch(&self, at: TrainingStep) -> String {
///         format!("batch {} of epoch {}", at.batch + 1, at.epoch + 1)
///     }
/// }
///
/// let seed = 1;
/// let store = VarStore::new(Device::Cpu);
/// let layer = LinearConfig::new(1, 1).init(&store.root(), seed)?;
/// let mut line = Line { store, layer, batches: Batches::new(seed, 64, 8) };
/// let config = TrainerConfig { seed, epochs: 100, lr: LearningRate::new(0.05), ..Default::default() };
/// let folder = tempfile::tempdir()?;
/// config.init(&mut line, folder.path())?.run(&mut ())?;
/// assert!((line.layer.ws.double_value(&[0, 0]) - 2.0).abs() < 1e-3);
/// assert!(folder.path().join("weights.safetensors").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Task {
    /// The variables of the network, the same at every call.
    fn store(&self) -> &VarStore;

    /// The steps of an epoch.
    fn steps_per_epoch(&self) -> u64;

    /// The configuration of network and data, which a checkpoint must match.
    fn configuration(&self) -> Value;

    /// The loss of the batch of a step. Steps are consecutive, but the first may be any.
    ///
    /// # Errors
    /// If the batch cannot be loaded.
    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError>;

    /// The samples of the batch of a step as text, for an error message: for instance if the loss is not finite.
    fn describe_batch(&self, at: TrainingStep) -> String;

    /// An entry of the metadata of `weights.safetensors`, name and value, that describes the network to its readers.
    fn metadata_entry(&self) -> Option<(String, String)> {
        None
    }

    /// Whether `weights.safetensors` is in half precision, where that can represent the weights.
    fn fp16(&self) -> bool {
        false
    }

    /// The names of the metrics that [`loss`](Self::loss) returns beside the loss.
    fn metrics(&self) -> &[&str] {
        &[]
    }

    /// The names of the metrics that [`validate`](Self::validate) returns; none for a task without validation.
    fn validation_metrics(&self) -> &[&str] {
        &[]
    }

    /// The metrics of the network on held-out data, in the order of
    /// [`validation_metrics`](Self::validation_metrics).
    ///
    /// # Errors
    /// If the data cannot be loaded.
    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(Vec::new())
    }

    /// Called once at the end, when the variables hold the resulting weights and before these are written and validated: for
    /// parts that are solved in closed form instead of trained. `at` is the step after the last one, even if the resulting
    /// weights are those of an earlier step. A run that is resumed at its end calls it again.
    ///
    /// # Errors
    /// If it fails.
    fn finish(&mut self, at: TrainingStep) -> Result<(), TaskError> {
        let _ = at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_by_hand() {
        assert_eq!(TrainingStep::new(0, 3), TrainingStep { step: 0, epoch: 0, batch: 0 });
        assert_eq!(TrainingStep::new(7, 3), TrainingStep { step: 7, epoch: 2, batch: 1 });
    }
}
