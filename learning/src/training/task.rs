//! What is trained, seen from the training loop.

use std::error::Error;

use serde_json::Value;
use tch::Tensor;
use tch::nn::VarStore;

/// A step of training that has not been taken yet. The three numbers say the same: where a run stands is one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingStep {
    /// Steps taken before.
    pub step: u64,
    /// Epochs completed before.
    pub epoch: u64,
    /// Steps of this epoch taken before.
    pub batch: u64,
}

impl TrainingStep {
    /// The step before which `taken` were taken.
    pub fn new(taken: u64, steps_per_epoch: u64) -> Self {
        let steps = steps_per_epoch.max(1);
        Self { step: taken, epoch: taken / steps, batch: taken % steps }
    }
}

/// What a task computes in a step.
#[derive(Debug)]
pub struct StepOutput {
    /// What is minimized: one number that gradients flow from.
    pub loss: Tensor,
    /// What else is worth a curve, in the order of [`Task::metrics`].
    pub metrics: Vec<f64>,
}

impl From<Tensor> for StepOutput {
    fn from(loss: Tensor) -> Self {
        Self { loss, metrics: Vec::new() }
    }
}

/// Why a task cannot go on.
pub type TaskError = Box<dyn Error + Send + Sync>;

/// A network with its data and its loss.
///
/// For a run that is resumed after a crash to be the same run to the bit, everything a task does has to be a function of
/// its configuration and the step: which samples a batch has ([`Batches`](super::Batches)), what is random about
/// them ([`Random`](mvmhat_random::Random)). libtorch's own generator, which dropout draws from, is seeded before every step.
/// Batches may be loaded ahead by threads as long as they come in order.
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

    /// All that a checkpoint has to fit: the configuration of network and data.
    fn configuration(&self) -> Value;

    /// The loss of the batch of a step. Steps come one after the other, but the first may be any.
    ///
    /// # Errors
    /// If the batch cannot be had.
    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError>;

    /// The samples of the batch of a step, for someone who has to look at them: it made the loss infinite, say.
    fn describe_batch(&self, at: TrainingStep) -> String;

    /// What `weights.safetensors` says of itself, so that whoever reads it knows the network: an entry of its metadata,
    /// name and value.
    fn metadata_entry(&self) -> Option<(String, String)> {
        None
    }

    /// Whether `weights.safetensors` has half precision, in half of the space, where that can represent the weights.
    fn fp16(&self) -> bool {
        false
    }

    /// The names of the metrics that [`loss`](Self::loss) gives beside the loss.
    fn metrics(&self) -> &[&str] {
        &[]
    }

    /// The names of the metrics that [`validate`](Self::validate) gives; none for a task without validation.
    fn validation_metrics(&self) -> &[&str] {
        &[]
    }

    /// How good the network is now, on data it is not trained on, in the order of
    /// [`validation_metrics`](Self::validation_metrics).
    ///
    /// # Errors
    /// If the data cannot be had.
    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(Vec::new())
    }

    /// Called once at the end, when the variables hold the resulting weights and before they are written and validated:
    /// what is solved in closed form rather than trained can be put in now. `at` is the step after the last one, also
    /// where the resulting weights are those of an earlier one. A run that is resumed at its end calls it again.
    ///
    /// # Errors
    /// If it cannot be done.
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
