//! Which network, and how it starts.

use mvmhat_learning::{Fan, Init, InitError, initialize};
use serde::{Deserialize, Serialize};
use tch::nn::{Path, VarStore};
use tch::{Device, TchError, no_grad};

use super::{PersonNetwork, PyramidBackbone};
use crate::networks::embedding_network::copy;
use crate::networks::{Yolox, YoloxConfig};
use crate::{Error, StateDict, WeightsError};

/// Which network, as the section `train.network` of a configuration and as weights files tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonNetworkConfig {
    /// What looks at the image.
    pub backbone: PyramidBackbone,
    /// Channels of the branches of the head.
    pub channels: i64,
    /// The longer side that images are shrunk to, pixels, a multiple of 32.
    pub size: u32,
}

/// How much of a network started from weights, from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// All of it started at random.
    Nothing,
    /// The backbone did from weights.
    Backbone,
    /// Backbone and neck did.
    Neck,
    /// All of it did.
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
/// What each of the two scores is before anything is learned, so that 0.01 of the cells are taken for people (Lin et al., *Focal
/// Loss*, arXiv 1708.02002).
const PRIOR: f64 = 0.1;

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
            _ if ["obj_preds.", "cls_preds."].iter().any(|score| name.contains(score)) => {
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
        if weights.get("head.score.weight").is_some() {
            let rule = "an earlier version of this program made it, for another network: train again";
            return Err(Error::Config { key: "weights", value: weights.path().display().to_string(), rule });
        }
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

    /// Copies weights to start from into a network that was built in `store`, and says how much of it they were for: all from
    /// a file that `mvmhat train --task detector` has written and from a published YOLOX-nano, without the head where its
    /// channels are others; the backbone from other published ones.
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
        if let Some(name) = weights.architecture().filter(|name| *name != self.backbone.architecture()) {
            let value = format!("{}, of {name}", weights.path().display());
            return Err(Error::Config { key: "train.weights", value, rule: self.backbone.rule() });
        }
        let alone = VarStore::new(Device::Cpu);
        if self.backbone == PyramidBackbone::YoloxNano {
            let _network = Yolox::new(&alone.root(), YoloxConfig::NANO);
            weights.load_into(&alone, &[])?;
            let whole = self.channels == YoloxConfig::NANO.hidden();
            copy_person(&alone, store, whole)?;
            return Ok(if whole { Start::Network } else { Start::Neck });
        }
        let _network = self.backbone.build(&alone.root());
        self.backbone.published(weights).load_into(&alone, self.backbone.left_out())?;
        copy(&alone, store, BACKBONE)?;
        Ok(Start::Backbone)
    }
}

/// Copies the variables of a YOLOX into a network of the same layers, those of the head where `whole`. Of the classes the first is
/// copied, which is person.
fn copy_person(yolox: &VarStore, network: &VarStore, whole: bool) -> Result<(), Error> {
    let published = yolox.variables();
    no_grad(|| {
        let variables = network.variables();
        let wanted = variables.iter().filter(|(name, _)| whole || !name.starts_with("head."));
        for (name, variable) in wanted {
            // YOLOX counts its neck to the backbone.
            let theirs = name.strip_prefix("neck.").map(|rest| format!("backbone.{rest}"));
            let theirs = theirs.as_ref().unwrap_or(name);
            let missing = || TchError::Kind(format!("YOLOX has no {theirs}"));
            let tensor = published.get(theirs).ok_or_else(missing)?;
            let first = variable.size().first().copied().unwrap_or_default();
            variable.shallow_clone().f_copy_(&tensor.f_narrow(0, 0, first)?)?;
        }
        Ok(())
    })
}
