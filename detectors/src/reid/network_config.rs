//! Which embedding network, how it is initialized, and its weights files.

use mvmhat_learning::networks::{Backbone, MOBILENET_V2_PARTS};
use mvmhat_learning::{Fan, Init, InitError, batch_norm_config, initialize};
use mvmhat_weights::{REID_NETWORK, StateDict, WeightsError};
use serde::{Deserialize, Serialize};
use tch::Device;
use tch::nn::{self, Path, VarStore};

use super::EmbeddingNetwork;
use crate::inference::{copy_variables, with_variable_names};
use crate::{ConfigError, Error};

/// Which network, as in the section `train.network` of a configuration and in the metadata of weights files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddingNetworkConfig {
    /// The backbone.
    pub backbone: Backbone,
    /// The dimensions of an embedding.
    pub embedding_dim: i64,
    /// Whether a batch normalization comes last, the BN neck.
    pub bn_neck: bool,
    /// Height and width that crops are resized to, pixels.
    pub crop_size: [i32; 2],
}

impl Default for EmbeddingNetworkConfig {
    fn default() -> Self {
        Self { backbone: MOBILENET_V2_PARTS, embedding_dim: 256, bn_neck: true, crop_size: [128, 64] }
    }
}

/// The prefix of the names of the backbone's variables.
const BACKBONE: &str = "backbone.";
/// That of the head's.
const HEAD: &str = "head.";
/// The prefixes of what a file of `mvmhat train` may hold besides the embedding network.
pub(super) const OTHER_NETWORKS: [&str; 1] = ["assignment_network."];

impl EmbeddingNetworkConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the first key that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let ok = (1..=16_384).contains(&self.embedding_dim);
        let rule = "it must be between 1 and 16384";
        ConfigError::require(ok, "train.network.embedding_dim", self.embedding_dim, rule)?;
        let smallest = self.backbone.smallest_image;
        let ok = self.crop_size.iter().all(|side| (smallest..=1024).contains(side));
        let rule = "height and width must be between 32 (alexnet: 63) and 1024";
        ConfigError::require(ok, "train.network.crop_size", format_args!("{:?}", self.crop_size), rule)
    }

    /// The network, its variables under `path`. Their values are for [`initialize`](Self::initialize) or a file to set.
    pub fn build(&self, path: &Path) -> EmbeddingNetwork {
        let head = path / "head";
        let without_bias = nn::LinearConfig { bias: false, ..Default::default() };
        let neck = || nn::batch_norm1d(&head / "neck", self.embedding_dim, batch_norm_config(1e-5));
        EmbeddingNetwork {
            backbone: self.backbone.build(&(path / "backbone")),
            linear: nn::linear(&head / "linear", self.backbone.features, self.embedding_dim, without_bias),
            neck: self.bn_neck.then(neck),
        }
    }

    /// Initializes the variables of a network that was built in `store`, and no others there: a function of `seed`.
    ///
    /// # Errors
    /// Never, for every weight has the dimensions that its initializer needs.
    pub fn initialize(&self, store: &VarStore, seed: u64) -> Result<(), InitError> {
        let own = |name: &str| name.starts_with(BACKBONE) || name.starts_with(HEAD);
        initialize(store, seed, |name, shape| match shape.len() {
            _ if !own(name) => None,
            4 => Some(Init::HeNormal { gain: f64::sqrt(2.0), fan: Fan::Out }),
            2 => Some(Init::XavierUniform { gain: 1.0 }),
            _ => name.ends_with(".bias").then_some(Init::Zeros),
        })
    }

    /// The network that a weights file of `mvmhat train` describes in its metadata; `None` for other files.
    ///
    /// # Errors
    /// If it describes one that this program cannot read.
    pub fn from_weights(weights: &StateDict) -> Result<Option<Self>, Error> {
        let Some(text) = weights.metadata(REID_NETWORK) else { return Ok(None) };
        let unreadable = |error: &dyn std::fmt::Display| {
            let reason = format!(
                "its entry {REID_NETWORK} cannot be read: {error}; a newer program may have written it"
            );
            WeightsError::damaged(weights.path(), reason)
        };
        let config: Self = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        config.validate().map_err(|error| unreadable(&error))?;
        Ok(Some(config))
    }

    /// The metadata entry of a weights file that [`from_weights`](Self::from_weights) reads: name and value.
    ///
    /// # Errors
    /// Never, for a configuration is valid JSON.
    pub fn metadata_entry(&self) -> serde_json::Result<(String, String)> {
        Ok((REID_NETWORK.to_owned(), serde_json::to_string(self)?))
    }

    /// Copies pretrained weights into a network that was built in `store`: all of them from a file of `mvmhat train`, those
    /// of the backbone from a published one.
    ///
    /// # Errors
    /// If they are of another network.
    pub fn load_pretrained(&self, weights: &StateDict, store: &VarStore) -> Result<(), Error> {
        // `store` may hold other networks too, so the weights go through a store of this one alone.
        let own = VarStore::new(Device::Cpu);
        match Self::from_weights(weights)? {
            Some(other) if other == *self => {
                let _network = self.build(&own.root());
                weights.load_into(&own, &OTHER_NETWORKS)?;
                copy_variables(&own, store, "")?;
            }
            Some(other) => {
                return Err(
                    ConfigError::other_network(&self.description(), weights, &other.description()).into()
                );
            }
            None => {
                let _network = self.backbone.build(&own.root());
                let names = &self.backbone.published;
                with_variable_names(weights, names).load_into(&own, names.left_out)?;
                copy_variables(&own, store, BACKBONE)?;
            }
        }
        Ok(())
    }

    fn description(&self) -> String {
        let [height, width] = self.crop_size;
        let neck = if self.bn_neck { "with" } else { "without" };
        format!(
            "{} of {} dimensions {neck} BN neck for crops of {height}x{width}",
            self.backbone.name, self.embedding_dim
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> EmbeddingNetworkConfig {
        let backbone = Backbone::named("osnet-x0.25").unwrap();
        EmbeddingNetworkConfig { backbone, embedding_dim: 24, crop_size: [64, 32], ..Default::default() }
    }

    fn built(config: &EmbeddingNetworkConfig, seed: u64) -> VarStore {
        let store = VarStore::new(Device::Cpu);
        let _network = config.build(&store.root());
        config.initialize(&store, seed).unwrap();
        store
    }

    #[test]
    fn a_published_backbone_gives_pretrained_weights_and_another_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("published.safetensors");
        let published = VarStore::new(Device::Cpu);
        let _backbone = small().backbone.build(&published.root());
        published.save(&path).unwrap();
        let weights = StateDict::read(&path).unwrap();
        let store = built(&small(), 3);
        small().load_pretrained(&weights, &store).unwrap();
        let name = "conv3.1.conv2d.3.conv2.weight";
        assert_eq!(store.variables()[&format!("backbone.{name}")], published.variables()[name]);

        let other = EmbeddingNetworkConfig { backbone: Backbone::named("resnet18").unwrap(), ..small() };
        let error = other.load_pretrained(&weights, &built(&other, 3)).unwrap_err().to_string();
        assert!(error.contains("looks like osnet-x0.25"), "{error}");
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (config, message) in [
            (EmbeddingNetworkConfig { embedding_dim: 0, ..small() }, "train.network.embedding_dim is 0"),
            (
                EmbeddingNetworkConfig { crop_size: [16, 64], ..small() },
                "train.network.crop_size is [16, 64]",
            ),
        ] {
            assert!(config.validate().unwrap_err().to_string().starts_with(message));
        }
        small().validate().unwrap();
    }
}
