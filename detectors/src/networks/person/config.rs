//! Which network, and how it starts.

use learning::{Fan, Init, InitError, initialize};
use serde::{Deserialize, Serialize};
use tch::nn::{Path, VarStore};
use tch::{Device, no_grad};

use super::{PersonNetwork, PyramidBackbone};
use crate::networks::embedding_network::copy;
use crate::networks::{Yolox, YoloxConfig};
use crate::{Error, StateDict, WeightsError};

/// Which network, as the section `train.network` of a configuration and as weights files tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonNetworkConfig {
    /// What looks at the picture.
    pub backbone: PyramidBackbone,
    /// Channels of the branches of the head.
    pub channels: i64,
    /// The longer side that pictures are shrunk to, pixels, a multiple of 32.
    pub size: u32,
}

/// What of a network started from weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// All of it started at random.
    Nothing,
    /// Neck and head started at random.
    Backbone,
    /// Nothing started at random.
    Network,
}

impl Default for PersonNetworkConfig {
    fn default() -> Self {
        Self { backbone: PyramidBackbone::default(), channels: 64, size: 416 }
    }
}

/// The entry in the metadata of a weights file that has the configuration as JSON.
const ENTRY: &str = "person_network";
/// What the names of the variables of the backbone begin with.
const BACKBONE: &str = "backbone.";
/// The share of cells that are taken for people before anything is learned (Lin et al., *Focal Loss*, arXiv 1708.02002).
const PRIOR: f64 = 0.01;

impl PersonNetworkConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the first key that is out of range.
    pub fn validate(&self) -> Result<(), Error> {
        let error = |key, value: String, rule| Err(Error::Config { key, value, rule });
        if !(8..=1024).contains(&self.channels) {
            return error(
                "train.network.channels",
                self.channels.to_string(),
                "it must be between 8 and 1024",
            );
        }
        if self.size == 0 || !self.size.is_multiple_of(32) || self.size > 4096 {
            let rule = "it must be a multiple of 32, at most 4096";
            return error("train.network.size", self.size.to_string(), rule);
        }
        Ok(())
    }

    /// The network, its variables under `path`. How they start is for [`start`](Self::start) or a file to say.
    pub fn build(&self, path: &Path) -> PersonNetwork {
        PersonNetwork::new(path, self)
    }

    /// Starts the variables of a network that was built in `store`: a function of `seed`.
    ///
    /// # Errors
    /// Never, for every weight has the dimensions that its initializer needs.
    pub fn start(&self, store: &VarStore, seed: u64) -> Result<(), InitError> {
        initialize(store, seed, |name, shape| match shape.len() {
            // Boxes as large as a step, and nobody anywhere.
            4 if name.contains("_preds.") => Some(Init::Normal { deviation: 0.01 }),
            4 => Some(Init::HeNormal { gain: f64::sqrt(2.0), fan: Fan::Out }),
            _ if name.contains(".obj_preds.") && name.ends_with(".bias") => {
                Some(Init::Constant(-((1.0 - PRIOR) / PRIOR).ln()))
            }
            _ => name.ends_with(".bias").then_some(Init::Zeros),
        })
    }

    /// What a weights file says of its network.
    ///
    /// # Errors
    /// If it says nothing, or something that cannot be understood.
    pub fn of(weights: &StateDict) -> Result<Self, Error> {
        let damaged = |reason| WeightsError::damaged(weights.path(), reason);
        let Some(text) = weights.metadata(ENTRY) else {
            let resembles = weights.architecture().map(|name| format!("; they look like {name}"));
            return Err(damaged(format!(
                "these are no weights that `mvmhat train --task detector` has written{}",
                resembles.unwrap_or_default()
            ))
            .into());
        };
        let config: Self = serde_json::from_str(text).map_err(|error| {
            damaged(format!(
                "its entry {ENTRY} cannot be understood: {error}; a newer program may have written it"
            ))
        })?;
        config.validate()?;
        Ok(config)
    }

    /// The entry of a weights file that [`of`](Self::of) reads: name and value.
    ///
    /// # Errors
    /// Never, for a configuration is valid JSON.
    pub fn entry(&self) -> serde_json::Result<(String, String)> {
        Ok((ENTRY.to_owned(), serde_json::to_string(self)?))
    }

    /// Copies weights to start from into a network that was built in `store`: all of them from a file that
    /// `mvmhat train --task detector` has written and, where the channels are its own, from a published YOLOX-nano; else those
    /// of the backbone.
    ///
    /// # Errors
    /// If they are of another network.
    pub fn start_from(&self, weights: &StateDict, store: &VarStore) -> Result<Start, Error> {
        if weights.metadata(ENTRY).is_some() {
            let other = Self::of(weights)?;
            if (other.backbone, other.channels) != (self.backbone, self.channels) {
                let rule =
                    "the weights to start from are of another network: write the same under train.network";
                let value = format!("{self:?}, and {} has {other:?}", weights.path().display());
                return Err(Error::Config { key: "train.network", value, rule });
            }
            weights.load_into(store, &[])?;
            return Ok(Start::Network);
        }
        let alone = VarStore::new(Device::Cpu);
        if self.is_yolox_nano() {
            let _network = Yolox::new(&alone.root(), YoloxConfig::NANO);
            weights.load_into(&alone, &[])?;
            copy_person(&alone, store)?;
            return Ok(Start::Network);
        }
        let _network = self.backbone.build(&alone.root());
        self.backbone.published(weights).load_into(&alone, self.backbone.left_out())?;
        copy(&alone, store, BACKBONE)?;
        Ok(Start::Backbone)
    }

    /// Whether all variables but those of other classes are those of YOLOX-nano.
    fn is_yolox_nano(&self) -> bool {
        self.backbone == PyramidBackbone::YoloxNano && self.channels == Self::default().channels
    }
}

/// Copies the variables of a YOLOX into a network of the same layers. Of the classes the first is copied, which is person.
fn copy_person(yolox: &VarStore, network: &VarStore) -> Result<(), Error> {
    let published = yolox.variables();
    no_grad(|| {
        network.variables().iter().try_for_each(|(name, variable)| {
            // YOLOX counts its neck to the backbone.
            let theirs = name.strip_prefix("neck.").map(|rest| format!("backbone.{rest}"));
            let Some(tensor) = published.get(theirs.as_ref().unwrap_or(name)) else { return Ok(()) };
            let first = variable.size().first().copied().unwrap_or_default();
            variable.shallow_clone().f_copy_(&tensor.f_narrow(0, 0, first)?)
        })
    })?;
    Ok(())
}
