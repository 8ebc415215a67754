//! What values of a section of the configuration must be.

use std::fmt::Display;

use mvmhat_learning::{AssignmentNetworkConfigError, LossConfigError};
use mvmhat_settings::ConfigError;

/// Threads that may be asked for.
const MOST_THREADS: usize = 256;

/// The rules of the keys below one path of the configuration.
pub(crate) struct Rules(&'static str);

impl Rules {
    /// Those of the keys below `path`.
    pub(crate) fn new(path: &'static str) -> Self {
        Self(path)
    }

    /// The error of a key whose value breaks a rule, which follows on "must be".
    pub(crate) fn error(&self, key: &str, value: impl Display, rule: impl Display) -> ConfigError {
        ConfigError::new(format!("{}.{key}", self.0), value.to_string(), format!("must be {rule}"))
    }

    /// Refuses a value that is not as the rule says.
    pub(crate) fn check(
        &self,
        key: &str,
        value: impl Display,
        is_valid: bool,
        rule: &str,
    ) -> Result<(), ConfigError> {
        if is_valid { Ok(()) } else { Err(self.error(key, value, rule)) }
    }

    /// Refuses a value outside of 0 to 1.
    pub(crate) fn fraction(&self, key: &str, value: f64) -> Result<(), ConfigError> {
        self.at_most(key, value, 1.0)
    }

    /// Refuses a value outside of 0 to `most`.
    pub(crate) fn at_most(&self, key: &str, value: f64, most: f64) -> Result<(), ConfigError> {
        self.check(key, value, (0.0..=most).contains(&value), &format!("from 0 to {most}"))
    }

    /// Refuses a number of threads that is out of the question.
    pub(crate) fn threads(&self, key: &str, value: usize) -> Result<(), ConfigError> {
        self.check(key, value, value <= MOST_THREADS, &format!("from 0 to {MOST_THREADS}"))
    }
}

/// The error of `train.network`.
pub(crate) fn network_error(error: mvmhat_detectors::ConfigError) -> ConfigError {
    ConfigError::new(error.path, error.value, error.rule)
}

/// The error of `train.loss` or `train.lda_head`.
pub(crate) fn loss_error(error: &LossConfigError) -> ConfigError {
    let LossConfigError { section, key, value, allowed } = error;
    ConfigError::new(format!("train.{section}.{key}"), value, format!("must be {allowed}"))
}

/// The error of `train.assignment_network`.
pub(crate) fn assignment_network_error(error: &AssignmentNetworkConfigError) -> ConfigError {
    let AssignmentNetworkConfigError { key, value, allowed } = error;
    ConfigError::new(format!("train.assignment_network.{key}"), value, format!("must be {allowed}"))
}
