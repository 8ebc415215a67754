//! Which network, how it is initialized, and its description in weights files.

use mvmhat_learning::{Fan, Init, InitError, initialize};
use mvmhat_weights::{DETECTOR_NETWORK, StateDict, WeightsError};
use serde::{Deserialize, Serialize};
use tch::nn::{Path, VarStore};

use super::{PersonNetwork, PyramidBackbone};
use crate::{ConfigError, Error};

/// Which network, as in the section `train.network` of a configuration and in the metadata of weights files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonNetworkConfig {
    /// The backbone.
    pub backbone: PyramidBackbone,
    /// Channels of the branches of the head.
    pub channels: i64,
    /// The longer side that images are shrunk to, pixels, a multiple of 32.
    pub input_size: u32,
}

impl Default for PersonNetworkConfig {
    fn default() -> Self {
        Self { backbone: PyramidBackbone::default(), channels: 64, input_size: 416 }
    }
}

/// The initial value of each of the two scores: their product, the confidence, is 0.01 then (Lin et al., *Focal Loss*,
/// arXiv 1708.02002).
const PRIOR: f64 = 0.1;

impl PersonNetworkConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the first key that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let ok = (8..=1024).contains(&self.channels);
        ConfigError::require(ok, "train.network.channels", self.channels, "it must be between 8 and 1024")?;
        let ok = (32..=4096).contains(&self.input_size) && self.input_size.is_multiple_of(32);
        let rule = "it must be a multiple of 32, at most 4096";
        ConfigError::require(ok, "train.network.input_size", self.input_size, rule)
    }

    /// The network, its variables under `path`. Their values are for [`initialize`](Self::initialize) or a file to set.
    pub fn build(&self, path: &Path) -> PersonNetwork {
        PersonNetwork::new(path, self)
    }

    /// Initializes the variables of a network that was built in `store`: a function of `seed`.
    ///
    /// # Errors
    /// Never, for every weight has the dimensions that its initializer needs.
    pub fn initialize(&self, store: &VarStore, seed: u64) -> Result<(), InitError> {
        initialize(store, seed, |name, shape| match shape.len() {
            // Boxes as large as the stride, and no detections.
            4 if name.contains("_preds.") => Some(Init::Normal { deviation: 0.01 }),
            4 => Some(Init::HeNormal { gain: f64::sqrt(2.0), fan: Fan::Out }),
            _ if ["obj_preds.", "cls_preds."].iter().any(|score| name.contains(score)) => {
                Some(Init::Constant(-((1.0 - PRIOR) / PRIOR).ln()))
            }
            _ => name.ends_with(".bias").then_some(Init::Zeros),
        })
    }

    /// The network that a weights file describes in its metadata.
    ///
    /// # Errors
    /// If it describes none, or one that this program cannot read.
    pub fn from_weights(weights: &StateDict) -> Result<Self, Error> {
        let damaged = |reason| Error::from(WeightsError::damaged(weights.path(), reason));
        let unreadable = |error: &dyn std::fmt::Display| {
            damaged(format!(
                "its entry {DETECTOR_NETWORK} cannot be read: {error}; a newer program may have written it"
            ))
        };
        let Some(text) = weights.metadata(DETECTOR_NETWORK) else {
            let resembles = weights.architecture().map(|name| format!("; they look like {name}"));
            return Err(damaged(format!(
                "these are not weights of `mvmhat train-detector`{}",
                resembles.unwrap_or_default()
            )));
        };
        let config: Self = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        if weights.get("head.score.weight").is_some() {
            let rule = "an earlier version of this program made it, for another network: train again";
            let value = weights.path().display().to_string();
            return Err(ConfigError { path: "detector.weights", value, rule }.into());
        }
        config.validate().map_err(|error| unreadable(&error))?;
        Ok(config)
    }

    /// The metadata entry of a weights file that [`from_weights`](Self::from_weights) reads: name and value.
    ///
    /// # Errors
    /// Never, for a configuration is valid JSON.
    pub fn metadata_entry(&self) -> serde_json::Result<(String, String)> {
        Ok((DETECTOR_NETWORK.to_owned(), serde_json::to_string(self)?))
    }
}
