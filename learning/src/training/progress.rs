//! How far a run has come.

use serde::{Deserialize, Serialize};

/// How far a run has come. Together with the tensors it is all the state there is: learning rates, random numbers and
/// the order of the data are functions of the step.
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

/// Numbers as text, which every number comes back from to the bit; JSON has no infinity, and readers that round.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
