//! The progress of a run.

use serde::{Deserialize, Serialize};

/// The progress of a run. Together with the tensors it is the whole state: learning rates, random numbers and the order of
/// the data are functions of the step.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// Steps taken.
    pub(super) step: u64,
    /// The best validation, if there was one.
    pub(super) best: Option<BestValidation>,
}

/// The best validation of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BestValidation {
    /// Steps taken before it.
    pub step: u64,
    /// The monitored metric.
    #[serde(with = "exact")]
    pub score: f64,
}

/// Numbers as text, which round-trips exactly; JSON has no infinity, and some readers round.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
