//! What is trained, seen from the training loop.

use std::error::Error;

use serde_json::Value;
use tch::Tensor;
use tch::nn::VarStore;

/// A point in training, before a step. The three numbers say the same: all of a run's position is one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Steps taken before.
    pub step: u64,
    /// Epochs completed before.
    pub epoch: u64,
    /// Steps of this epoch taken before.
    pub batch: u64,
}

impl Position {
    /// The point after `step` steps, where an epoch has `steps`.
    pub fn after(step: u64, steps: u64) -> Self {
        let steps = steps.max(1);
        Self { step, epoch: step / steps, batch: step % steps }
    }
}

/// What a batch says.
#[derive(Debug)]
pub struct Outcome {
    /// What is minimized: one number that gradients flow from.
    pub loss: Tensor,
    /// What else is worth a curve, in the order of [`Task::metrics`].
    pub metrics: Vec<f64>,
}

impl From<Tensor> for Outcome {
    fn from(loss: Tensor) -> Self {
        Self { loss, metrics: Vec::new() }
    }
}

/// Why a task cannot go on.
pub type TaskError = Box<dyn Error + Send + Sync>;

/// A network with its data and its loss.
///
/// For a run that goes on after a crash to be the same run to the bit, everything a task does has to be a function of
/// its configuration and the position: which samples a batch has ([`Batches`](super::Batches)), what is random about
/// them ([`Random`](crate::Random)). libtorch's own generator, which dropout draws from, is seeded before every step.
/// Batches may be loaded ahead by threads as long as they come in order.
///
/// A straight line through points, as a task:
///
/// ```
/// use mvmhat_learning::{Batches, LinearConfig, Outcome, Position, Schedule, Task, TaskError, TrainerConfig};
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
///     fn steps(&self) -> u64 {
///         self.batches.steps()
///     }
///     fn configuration(&self) -> Value {
///         json!({"points": 64, "batch": 8})
///     }
///     fn loss(&mut self, at: Position) -> Result<Outcome, TaskError> {
///         let xs: Vec<_> = self.batches.at(at).iter().map(|&i| i as f32 / 64.0).collect();
///         let xs = Tensor::from_slice(&xs).view([-1, 1]);
///         let ys = 2.0 * &xs - 1.0;
///         Ok(xs.apply(&self.layer).mse_loss(&ys, Reduction::Mean).into())
///     }
///     fn sample(&self, at: Position) -> String {
///         format!("batch {} of epoch {}", at.batch + 1, at.epoch + 1)
///     }
/// }
///
/// let seed = 1;
/// let store = VarStore::new(Device::Cpu);
/// let layer = LinearConfig::new(1, 1).init(&store.root(), seed)?;
/// let mut line = Line { store, layer, batches: Batches::new(seed, 64, 8) };
/// let config = TrainerConfig { seed, epochs: 100, rate: Schedule::new(0.05), ..Default::default() };
/// let folder = tempfile::tempdir()?;
/// config.init(&mut line, folder.path())?.run(&mut ())?;
/// assert!((line.layer.ws.double_value(&[0, 0]) - 2.0).abs() < 1e-3);
/// assert!(folder.path().join("weights.safetensors").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Task {
    /// The variables of the network, the same at every call.
    fn store(&self) -> &VarStore;

    /// The steps an epoch has.
    fn steps(&self) -> u64;

    /// All that a checkpoint has to fit: the configuration of network and data.
    fn configuration(&self) -> Value;

    /// The loss of the batch at a position. Positions come one after the other, but the first may be any.
    ///
    /// # Errors
    /// If the batch cannot be had.
    fn loss(&mut self, at: Position) -> Result<Outcome, TaskError>;

    /// The samples of the batch at a position, for someone who has to look at them: it made the loss infinite, say.
    fn sample(&self, at: Position) -> String;

    /// What `weights.safetensors` says of itself, so that whoever reads it knows the network: an entry of its metadata,
    /// name and value.
    fn entry(&self) -> Option<(String, String)> {
        None
    }

    /// Whether `weights.safetensors` has half precision, in half of the space, where that can say the weights.
    fn half(&self) -> bool {
        false
    }

    /// The names of what [`loss`](Self::loss) tells beside the loss.
    fn metrics(&self) -> &[&str] {
        &[]
    }

    /// The names of what [`validate`](Self::validate) tells; none for a task without validation.
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

    /// Called once at the end, when the variables hold the weights that training found and before they are written and
    /// validated: what is solved rather than learned can be put in now. `at` is the position after the last step, also where
    /// the weights found are those of an earlier one. A run that is resumed at its end calls it again.
    ///
    /// # Errors
    /// If it cannot be done.
    fn finish(&mut self, at: Position) -> Result<(), TaskError> {
        let _ = at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_by_hand() {
        assert_eq!(Position::after(0, 3), Position { step: 0, epoch: 0, batch: 0 });
        assert_eq!(Position::after(7, 3), Position { step: 7, epoch: 2, batch: 1 });
    }
}
