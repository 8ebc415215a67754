//! The error of an invalid loss configuration, and range checks.

/// A value of the configuration that is out of its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`train.{section}.{key}` is {value}, but must be {allowed}")]
pub struct LossConfigError {
    /// The section inside `train`.
    pub section: &'static str,
    /// The key inside that section.
    pub key: &'static str,
    /// The value that was given.
    pub value: f64,
    /// What is allowed, in words.
    pub allowed: &'static str,
}

/// An error unless `ok`.
pub(super) fn require(
    key: &'static str,
    value: f64,
    ok: bool,
    allowed: &'static str,
) -> Result<(), LossConfigError> {
    if ok { Ok(()) } else { Err(LossConfigError { section: "loss", key, value, allowed }) }
}

/// An error unless `value` is a finite number.
pub(super) fn finite(key: &'static str, value: f64) -> Result<(), LossConfigError> {
    require(key, value, value.is_finite(), "finite")
}

/// An error unless `value` is 0 or more.
pub(super) fn not_negative(key: &'static str, value: f64) -> Result<(), LossConfigError> {
    require(key, value, value >= 0.0 && value.is_finite(), "at least 0 and finite")
}

/// An error unless `value` is over 0.
pub(super) fn positive(key: &'static str, value: f64) -> Result<(), LossConfigError> {
    require(key, value, value > 0.0 && value.is_finite(), "over 0 and finite")
}

/// An error unless `value` is between 0 and 1.
pub(super) fn fraction(key: &'static str, value: f64) -> Result<(), LossConfigError> {
    require(key, value, (0.0..=1.0).contains(&value), "between 0 and 1")
}
