//! What is wrong with a configuration, and the checks that find it.

use std::ops::RangeInclusive;

/// A value of the configuration that is out of its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`association.{key}` is {value}, but must be {allowed}")]
pub struct ConfigError {
    /// The key inside the section `association`.
    pub key: &'static str,
    /// The value that was given.
    pub value: f64,
    /// What is allowed, in words.
    pub allowed: &'static str,
}

/// An error unless `ok`.
pub(crate) fn require(
    key: &'static str,
    value: f64,
    ok: bool,
    allowed: &'static str,
) -> Result<(), ConfigError> {
    if ok { Ok(()) } else { Err(ConfigError { key, value, allowed }) }
}

/// An error unless `value` is in `range`, which is `allowed` in words.
pub(crate) fn within(
    key: &'static str,
    value: f64,
    range: RangeInclusive<f64>,
    allowed: &'static str,
) -> Result<(), ConfigError> {
    require(key, value, range.contains(&value), allowed)
}

/// An error unless `value` is between 0 and 1.
pub(crate) fn fraction(key: &'static str, value: f64) -> Result<(), ConfigError> {
    within(key, value, 0.0..=1.0, "between 0 and 1")
}

/// An error unless `value` is over 0.
pub(crate) fn positive(key: &'static str, value: f64) -> Result<(), ConfigError> {
    require(key, value, value > 0.0 && value.is_finite(), "over 0 and finite")
}

/// An error unless `value` is at least 1.
pub(crate) fn at_least_one(key: &'static str, value: f64) -> Result<(), ConfigError> {
    require(key, value, value >= 1.0, "at least 1")
}
