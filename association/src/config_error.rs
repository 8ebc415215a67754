//! What is wrong with a configuration, and the checks that find it.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// A value of the configuration that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`association.{path}` is {value}, but must be {rule}")]
pub struct ConfigError {
    /// The key, relative to the section `association`: `track_low_thresh`.
    pub path: String,
    /// The value that was given, as text.
    pub value: String,
    /// What is allowed, in words that continue "must be".
    pub rule: String,
}

/// An error unless `ok`.
pub(crate) fn require(path: &str, value: impl Display, ok: bool, rule: &str) -> Result<(), ConfigError> {
    if ok {
        return Ok(());
    }
    Err(ConfigError { path: path.to_owned(), value: value.to_string(), rule: rule.to_owned() })
}

/// An error unless `value` is in `range`; `rule` says the range in words.
pub(crate) fn require_within(
    path: &str,
    value: f64,
    range: RangeInclusive<f64>,
    rule: &str,
) -> Result<(), ConfigError> {
    require(path, value, range.contains(&value), rule)
}

/// An error unless `value` is between 0 and 1.
pub(crate) fn require_fraction(path: &str, value: f64) -> Result<(), ConfigError> {
    require_within(path, value, 0.0..=1.0, "between 0 and 1")
}

/// An error unless `value` is over 0.
pub(crate) fn require_positive(path: &str, value: f64) -> Result<(), ConfigError> {
    require(path, value, value > 0.0 && value.is_finite(), "over 0 and finite")
}

/// An error unless `value` is 0 or more.
pub(crate) fn require_non_negative(path: &str, value: f64) -> Result<(), ConfigError> {
    require_within(path, value, 0.0..=f64::MAX, "0 or more and finite")
}

/// An error unless `value` is at least 1.
pub(crate) fn require_at_least_one(path: &str, value: u64) -> Result<(), ConfigError> {
    require(path, value, value >= 1, "at least 1")
}
