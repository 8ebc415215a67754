//! How a network is trained.

use serde::{Deserialize, Serialize};

use super::{Task, TrainError};
use crate::{AdamConfig, OptimizerConfig, Schedule};

/// Whether a metric is better when it is lower or higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// A loss, say.
    Lowest,
    /// An accuracy, say.
    Highest,
}

impl Goal {
    /// Whether `score` is better than `best`. What is not a number is never better.
    pub(super) fn prefers(self, score: f64, best: f64) -> bool {
        match self {
            Self::Lowest => score < best,
            Self::Highest => score > best,
        }
    }
}

/// What the best weights are best in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// One of the task's validation metrics.
    pub metric: String,
    /// Which way it is better.
    pub goal: Goal,
}

/// How a network is trained. In a file every key may be left out.
///
/// ```
/// # use mvmhat_learning::{TrainerConfig, AdamWConfig, OptimizerConfig};
/// let config: TrainerConfig = serde_yaml::from_str("
///     epochs: 20
///     optimizer: {name: adamw, decay: 0.05}
///     rate: {peak: 0.001, warmup: 100, decline: {name: cosine, end: 0.1}}
///     clip: 1.0
///     best: {metric: accuracy, goal: highest}
///     patience: 5
/// ").unwrap();
/// let adamw = AdamWConfig { decay: 0.05, ..Default::default() };
/// assert_eq!(config.optimizer, OptimizerConfig::AdamW(adamw));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainerConfig {
    /// What all randomness of the run is derived from.
    pub seed: u64,
    /// How often every sample is seen.
    pub epochs: u64,
    /// How parameters follow their gradients.
    pub optimizer: OptimizerConfig,
    /// How far.
    pub rate: Schedule,
    /// Whether weight decay also pulls at biases and at the scales of normalizations.
    pub decay_vectors: bool,
    /// Prefixes of the names of variables that are not trained.
    pub freeze: Vec<String>,
    /// The largest length of the gradients of all parameters as one vector; longer ones are shortened.
    pub clip: Option<f64>,
    /// Averages the weights over training with this decay (0.999, say); the average is what is validated and kept.
    pub average: Option<f64>,
    /// Epochs from validation to validation. There is one after the last step in any case.
    pub validate_every: u64,
    /// What the best weights are best in; without it the last ones are taken.
    pub best: Option<Best>,
    /// Ends training after so many validations without a better one.
    pub patience: Option<u64>,
    /// Steps from checkpoint to checkpoint.
    pub checkpoint_every: u64,
    /// Checkpoints that are kept, beside the best one.
    pub keep: usize,
}

impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 1,
            optimizer: OptimizerConfig::Adam(AdamConfig::default()),
            rate: Schedule::new(1e-3),
            decay_vectors: true,
            freeze: Vec::new(),
            clip: None,
            average: None,
            validate_every: 1,
            best: None,
            patience: None,
            checkpoint_every: 500,
            keep: 3,
        }
    }
}

impl TrainerConfig {
    /// The position of [`best`](Self::best) among the validation metrics.
    pub(super) fn best_metric(&self, task: &dyn Task) -> Option<usize> {
        let best = self.best.as_ref()?;
        task.validation_metrics().iter().position(|name| *name == best.metric)
    }

    /// Refuses what makes no sense.
    pub(super) fn check(&self, task: &dyn Task) -> Result<(), TrainError> {
        let refuse = |key, reason: String| Err(TrainError::Configuration { key, reason });
        if self.epochs == 0 || task.steps() == 0 {
            return refuse("epochs", format!("{} of {} steps train nothing", self.epochs, task.steps()));
        }
        if self.validate_every == 0 {
            return refuse("validate_every", "must be at least 1 epoch".into());
        }
        if self.checkpoint_every == 0 {
            return refuse("checkpoint_every", "must be at least 1 step".into());
        }
        if self.keep == 0 {
            return refuse("keep", "must be at least 1, or nothing could be resumed".into());
        }
        if let Err((key, reason)) = self.optimizer.check().and_then(|()| self.rate.check()) {
            return refuse(key, reason);
        }
        if let Some(clip) = self.clip.filter(|clip| clip.is_nan() || *clip <= 0.0) {
            return refuse("clip", format!("must be above 0, and is {clip}"));
        }
        if let Some(decay) = self.average.filter(|decay| !(0.0..1.0).contains(decay)) {
            return refuse("average", format!("must be at least 0 and below 1, and is {decay}"));
        }
        if let (Some(best), None) = (&self.best, self.best_metric(task)) {
            let known = task.validation_metrics().join(", ");
            return refuse("best.metric", format!("there is no `{}`, only: {known}", best.metric));
        }
        if self.patience.is_some() && self.best.is_none() {
            return refuse("patience", "needs `best`, to know what a better validation is".into());
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
            ("rate: {peak: 1, decline: {name: cosine, end: 0, every: 3}}", "unknown field `every`"),
            ("best: {metric: loss, goal: lower}", "unknown variant `lower`"),
        ] {
            let error = serde_yaml::from_str::<TrainerConfig>(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn values_that_lead_nowhere_are_named() {
        for (text, key) in [
            ("optimizer: {name: adam, beta2: 1}", "optimizer.beta2"),
            ("optimizer: {name: adamw, beta1: 2}", "optimizer.beta1"),
            ("optimizer: {name: rmsprop, smoothing: -0.1}", "optimizer.smoothing"),
            ("optimizer: {name: sgd, nesterov: true}", "optimizer.nesterov"),
            ("optimizer: {name: adagrad, epsilon: 0}", "optimizer.epsilon"),
            ("optimizer: {name: sgd, decay: .nan}", "optimizer.decay"),
            ("rate: {peak: 0}", "rate.peak"),
            ("rate: {peak: 1, decline: {name: step, every: 0, factor: 0.5}}", "rate.decline.every"),
            ("rate: {peak: 1, decline: {name: step, every: 1, factor: 0}}", "rate.decline.factor"),
            ("rate: {peak: 1, decline: {name: cosine, end: -5}}", "rate.decline.end"),
        ] {
            let config: TrainerConfig = serde_yaml::from_str(text).unwrap();
            let refused = config.optimizer.check().and_then(|()| config.rate.check());
            assert_eq!(refused.unwrap_err().0, key, "{text}");
        }
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let config: TrainerConfig = serde_yaml::from_str("optimizer: {name: rmsprop}").unwrap();
        let optimizer = OptimizerConfig::RmsProp(crate::RmsPropConfig::default());
        assert_eq!(config, TrainerConfig { optimizer, ..Default::default() });
    }
}
