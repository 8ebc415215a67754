//! The configuration of the trainer.

use serde::{Deserialize, Serialize};

use super::{Task, TrainError};
use crate::{AdamConfig, LearningRate, OptimizerConfig};

/// Whether a lower or a higher metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitorMode {
    /// Lower is better, for instance a loss.
    Min,
    /// Higher is better, for instance an accuracy.
    Max,
}

impl MonitorMode {
    /// Whether `score` is better than `best`. What is not a number is never better.
    pub(super) fn prefers(self, score: f64, best: f64) -> bool {
        match self {
            Self::Min => score < best,
            Self::Max => score > best,
        }
    }
}

/// The metric that selects the best weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// One of the task's validation metrics.
    pub metric: String,
    /// Whether lower or higher is better.
    pub mode: MonitorMode,
}

/// The configuration of the trainer. All keys are optional.
///
/// ```
/// # use mvmhat_learning::{TrainerConfig, AdamWConfig, OptimizerConfig};
/// let config: TrainerConfig = serde_yaml::from_str("
///     epochs: 20
///     optimizer: {name: adamw, weight_decay: 0.05}
///     lr: {peak: 0.001, warmup_steps: 100, schedule: {name: cosine, end: 0.1}}
///     grad_clip_norm: 1.0
///     monitor: {metric: accuracy, mode: max}
///     patience: 5
/// ").unwrap();
/// let adamw = AdamWConfig { weight_decay: 0.05, ..Default::default() };
/// assert_eq!(config.optimizer, OptimizerConfig::AdamW(adamw));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainerConfig {
    /// The seed of all randomness of the run.
    pub seed: u64,
    /// Number of epochs.
    pub epochs: u64,
    /// The optimizer.
    pub optimizer: OptimizerConfig,
    /// The learning rate schedule.
    pub lr: LearningRate,
    /// Whether biases and the scales of normalizations have weight decay, too.
    pub decay_biases_and_norms: bool,
    /// Name prefixes of frozen variables.
    pub freeze: Vec<String>,
    /// Gradient clipping: the largest norm of the gradients of all parameters as one vector.
    pub grad_clip_norm: Option<f64>,
    /// Decay of an exponential moving average of the weights, for instance 0.999; the average is then validated and written.
    pub ema: Option<f64>,
    /// Epochs between two validations. The last step is always followed by one.
    pub validate_every: u64,
    /// The metric that selects the best weights; without it the last weights are the result.
    pub monitor: Option<Monitor>,
    /// Early stopping: ends training after this many validations without improvement.
    pub patience: Option<u64>,
    /// Steps between two checkpoints.
    pub checkpoint_every: u64,
    /// How many of the newest checkpoints are kept, beside the best one.
    pub save_top_k: usize,
}

impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 1,
            optimizer: OptimizerConfig::Adam(AdamConfig::default()),
            lr: LearningRate::new(1e-3),
            decay_biases_and_norms: true,
            freeze: Vec::new(),
            grad_clip_norm: None,
            ema: None,
            validate_every: 1,
            monitor: None,
            patience: None,
            checkpoint_every: 500,
            save_top_k: 3,
        }
    }
}

impl TrainerConfig {
    /// The index of [`monitor`](Self::monitor) among the validation metrics.
    pub(super) fn monitored_metric(&self, task: &dyn Task) -> Option<usize> {
        let monitor = self.monitor.as_ref()?;
        task.validation_metrics().iter().position(|name| *name == monitor.metric)
    }

    /// Refuses invalid values.
    pub(super) fn check(&self, task: &dyn Task) -> Result<(), TrainError> {
        let refuse = |key, reason: String| Err(TrainError::Configuration { key, reason });
        if self.epochs == 0 || task.steps_per_epoch() == 0 {
            let reason = format!("{} of {} steps train nothing", self.epochs, task.steps_per_epoch());
            return refuse("epochs", reason);
        }
        if self.validate_every == 0 {
            return refuse("validate_every", "must be at least 1 epoch".into());
        }
        if self.checkpoint_every == 0 {
            return refuse("checkpoint_every", "must be at least 1 step".into());
        }
        if self.save_top_k == 0 {
            return refuse("save_top_k", "must be at least 1, or nothing could be resumed".into());
        }
        if let Err((key, reason)) = self.optimizer.check().and_then(|()| self.lr.check()) {
            return refuse(key, reason);
        }
        if let Some(norm) = self.grad_clip_norm.filter(|norm| norm.is_nan() || *norm <= 0.0) {
            return refuse("grad_clip_norm", format!("must be above 0, and is {norm}"));
        }
        if let Some(decay) = self.ema.filter(|decay| !(0.0..1.0).contains(decay)) {
            return refuse("ema", format!("must be at least 0 and below 1, and is {decay}"));
        }
        if let (Some(monitor), None) = (&self.monitor, self.monitored_metric(task)) {
            let known = task.validation_metrics().join(", ");
            return refuse("monitor.metric", format!("there is no `{}`, only: {known}", monitor.metric));
        }
        if self.patience.is_some() && self.monitor.is_none() {
            return refuse("patience", "needs `monitor`, to know what a better validation is".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_wherever_they_stand() {
        for (text, expected) in [
            ("epoch: 3", "unknown field `epoch`"),
            ("optimizer: {name: adam, lr: 0.1}", "unknown field `lr`"),
            ("optimizer: {name: adamm}", "unknown variant `adamm`"),
            ("lr: {peak: 1, schedule: {name: cosine, end: 0, every: 3}}", "unknown field `every`"),
            ("monitor: {metric: loss, mode: lower}", "unknown variant `lower`"),
        ] {
            let error = serde_yaml::from_str::<TrainerConfig>(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn invalid_values_are_refused_by_key() {
        for (text, key) in [
            ("optimizer: {name: adam, beta2: 1}", "optimizer.beta2"),
            ("optimizer: {name: adamw, beta1: 2}", "optimizer.beta1"),
            ("optimizer: {name: rmsprop, smoothing: -0.1}", "optimizer.smoothing"),
            ("optimizer: {name: sgd, nesterov: true}", "optimizer.nesterov"),
            ("optimizer: {name: adagrad, epsilon: 0}", "optimizer.epsilon"),
            ("optimizer: {name: sgd, weight_decay: .nan}", "optimizer.weight_decay"),
            ("lr: {peak: 0}", "lr.peak"),
            ("lr: {peak: 1, schedule: {name: step, every: 0, factor: 0.5}}", "lr.schedule.every"),
            ("lr: {peak: 1, schedule: {name: step, every: 1, factor: 0}}", "lr.schedule.factor"),
            ("lr: {peak: 1, schedule: {name: cosine, end: -5}}", "lr.schedule.end"),
        ] {
            let config: TrainerConfig = serde_yaml::from_str(text).unwrap();
            let refused = config.optimizer.check().and_then(|()| config.lr.check());
            assert_eq!(refused.unwrap_err().0, key, "{text}");
        }
    }

    #[test]
    fn keys_left_out_have_their_defaults() {
        let config: TrainerConfig = serde_yaml::from_str("optimizer: {name: rmsprop}").unwrap();
        let optimizer = OptimizerConfig::RmsProp(crate::RmsPropConfig::default());
        assert_eq!(config, TrainerConfig { optimizer, ..Default::default() });
    }
}
