//! The assignment network: takes all boxes of all views at once and predicts which are the same person.
//!
//! Its input is the block matrix of all soft assignments (N x N, [`soft_assignments`](crate::ViewEmbeddings::soft_assignments)),
//! in which every pair of views is matched independently; its output is a matrix of probabilities (N x N) that are
//! consistent across all pairs. If a is b and b is c, then a is c: the other pairs of views can correct an error of one. From MvMHAT++
//! (Feng et al., *Unveiling the Power of Self-supervision for Multi-view Multi-human Association and Tracking*, 2024),
//! where it is called STAN, in its two forms:
//!
//! * [`RecurrentConfig`]: reads the entries one by one, along the rows and then along the columns;
//! * [`TransformerConfig`]: every entry attends to every other.
//!
//! It is trained on pseudo-labels, see [`MvmhatPpLossConfig`](crate::MvmhatPpLossConfig), and can be pretrained on
//! [`SyntheticBlocks`].
//!
//! ```
//! use mvmhat_learning::{AssignmentNetworkConfig, SyntheticBlocks};
//! use tch::{Device, nn};
//!
//! let config = AssignmentNetworkConfig::default();
//! config.validate()?;
//! let store = nn::VarStore::new(Device::Cpu);
//! let network = config.init(&store.root());
//! let (soft, _labels) = SyntheticBlocks::default().batch(2, 7);
//! assert_eq!(network.forward(&soft).size(), soft.size());
//! # Ok::<(), mvmhat_learning::AssignmentNetworkConfigError>(())
//! ```

mod positions;
mod recurrent;
mod synthetic;
mod transformer;

use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::Path;

pub use recurrent::{Recurrent, RecurrentConfig};
pub use synthetic::SyntheticBlocks;
pub use transformer::{Transformer, TransformerConfig};

/// The prefix of the assignment network's variables in a file that has another network beside it.
pub const ASSIGNMENT_NETWORK: &str = "assignment_network";

/// The smallest distance of a probability from 0 and 1, so that its logarithm is finite.
const CERTAIN: f64 = 1e-4;

/// The form of the assignment network, the key `assignment_network`: `{form: transformer, …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum AssignmentNetworkConfig {
    /// Reads the entries one by one.
    Recurrent(RecurrentConfig),
    /// Every entry attends to every other.
    Transformer(TransformerConfig),
}

impl Default for AssignmentNetworkConfig {
    fn default() -> Self {
        Self::Transformer(TransformerConfig::default())
    }
}

impl AssignmentNetworkConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), AssignmentNetworkConfigError> {
        match self {
            Self::Recurrent(config) => config.validate(),
            Self::Transformer(config) => config.validate(),
        }
    }

    /// A network whose variables stand below `path`. The configuration must be valid.
    pub fn init(&self, path: &Path) -> AssignmentNetwork {
        match self {
            Self::Recurrent(config) => AssignmentNetwork::Recurrent(Box::new(config.init(path))),
            Self::Transformer(config) => AssignmentNetwork::Transformer(config.init(path)),
        }
    }
}

/// An assignment network of either form.
#[derive(Debug)]
pub enum AssignmentNetwork {
    /// See [`RecurrentConfig`].
    Recurrent(Box<Recurrent>),
    /// See [`TransformerConfig`].
    Transformer(Transformer),
}

impl AssignmentNetwork {
    /// Probabilities between 1e-4 and 1 - 1e-4.
    ///
    /// # Shapes
    /// ... x N x N to the same: one matrix, or several of one size.
    pub fn forward(&self, soft_assignments: &Tensor) -> Tensor {
        let size = soft_assignments.size();
        let (Some(&boxes), false) = (size.last(), soft_assignments.numel() == 0) else {
            return soft_assignments.shallow_clone();
        };
        let matrices = soft_assignments.view([-1, boxes, boxes]);
        let logits = match self {
            Self::Recurrent(network) => network.logits(&matrices),
            Self::Transformer(network) => network.logits(&matrices),
        };
        logits.sigmoid().clamp(CERTAIN, 1.0 - CERTAIN).view(size.as_slice())
    }
}

/// A value of the configuration that is out of its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`assignment_network.{key}` is {value}, but must be {allowed}")]
pub struct AssignmentNetworkConfigError {
    /// The key inside the section `assignment_network`.
    pub key: &'static str,
    /// The value that was given.
    pub value: i64,
    /// What is allowed, in words.
    pub allowed: &'static str,
}

/// An error unless `value` is at least 1.
fn at_least_one(key: &'static str, value: i64) -> Result<(), AssignmentNetworkConfigError> {
    if value >= 1 { Ok(()) } else { Err(AssignmentNetworkConfigError { key, value, allowed: "at least 1" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_its_form_and_knows_its_keys() {
        let parse = |json: &str| serde_json::from_str::<AssignmentNetworkConfig>(json);
        let config = parse(r#"{"form": "recurrent", "hidden": 8}"#).unwrap();
        let expected = RecurrentConfig { hidden: 8, ..RecurrentConfig::default() };
        assert_eq!(config, AssignmentNetworkConfig::Recurrent(expected));
        assert_eq!(parse(r#"{"form": "transformer"}"#).unwrap(), AssignmentNetworkConfig::default());
        assert!(parse(r#"{"form": "recurrent", "heads": 8}"#).unwrap_err().to_string().contains("`heads`"));
        assert!(parse(r#"{"form": "table"}"#).is_err());
    }

    #[test]
    fn a_value_out_of_range_is_named_with_what_is_allowed() {
        let message = |config: AssignmentNetworkConfig| config.validate().unwrap_err().to_string();
        let config = RecurrentConfig { hidden: 0, ..RecurrentConfig::default() };
        let expected = "`assignment_network.hidden` is 0, but must be at least 1";
        assert_eq!(message(AssignmentNetworkConfig::Recurrent(config)), expected);
        let config = TransformerConfig { width: 130, ..TransformerConfig::default() };
        let expected = "`assignment_network.width` is 130, but must be a multiple of 4 and of `heads`";
        assert_eq!(message(AssignmentNetworkConfig::Transformer(config)), expected);
    }
}
