//! A backbone with an embedding head: what `mvmhat train` trains, and what its weights are of.
//!
//! ```text
//! crop 3 x H x W -> backbone -> F numbers -> linear, without bias -> D numbers -> batch normalization ("BN neck")
//! ```
//!
//! The neck (Luo et al., *Bag of Tricks and a Strong Baseline for Deep Person Re-identification*, CVPRW 2019) lets the
//! directions of embeddings fill the space evenly. The published method has 1000 numbers and no neck.

use mvmhat_learning::{Discriminant, Fan, Fold, Init, InitError, batch_norm_config, initialize};
use serde::{Deserialize, Serialize};
use tch::nn::{self, Module, ModuleT, Path, VarStore};
use tch::{Device, Tensor, no_grad};

use super::{Backbone, Network};
use crate::{Error, StateDict, WeightsError};

/// Which network, as the section `train.network` of a configuration and as weights files tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddingNetworkConfig {
    /// What looks at the crop.
    pub backbone: Backbone,
    /// How many numbers an embedding has.
    pub dimension: i64,
    /// Whether a batch normalization comes last.
    pub neck: bool,
    /// Height and width that crops are resized to, pixels.
    pub crop: [i32; 2],
}

impl Default for EmbeddingNetworkConfig {
    fn default() -> Self {
        Self { backbone: Backbone::MobilenetV2Parts, dimension: 256, neck: true, crop: [128, 64] }
    }
}

/// The entry in the metadata of a weights file that has the configuration as JSON.
const ENTRY: &str = "embedding_network";
/// What the names of the variables of the backbone begin with.
const BACKBONE: &str = "backbone.";
/// What those of the head begin with.
const HEAD: &str = "head.";

impl EmbeddingNetworkConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the first key that is out of range.
    pub fn validate(&self) -> Result<(), Error> {
        if !(1..=16_384).contains(&self.dimension) {
            let rule = "it must be between 1 and 16384";
            return Err(Error::Config {
                key: "train.network.dimension",
                value: self.dimension.to_string(),
                rule,
            });
        }
        let smallest = self.backbone.smallest_crop();
        if self.crop.iter().any(|side| !(smallest..=1024).contains(side)) {
            let rule = "height and width must be between 32 (alexnet: 63) and 1024";
            return Err(Error::Config { key: "train.network.crop", value: format!("{:?}", self.crop), rule });
        }
        Ok(())
    }

    /// The network, its variables under `path`. How they start is for [`start`](Self::start) or a file to say.
    pub fn build(&self, path: &Path) -> EmbeddingNetwork {
        let head = path / "head";
        let without_bias = nn::LinearConfig { bias: false, ..Default::default() };
        let neck = || nn::batch_norm1d(&head / "neck", self.dimension, batch_norm_config(1e-5));
        EmbeddingNetwork {
            backbone: self.backbone.build(&(path / "backbone")),
            linear: nn::linear(&head / "linear", self.backbone.features(), self.dimension, without_bias),
            neck: self.neck.then(neck),
        }
    }

    /// Starts the variables of a network that was built in `store`, and no others there: a function of `seed`.
    ///
    /// # Errors
    /// Never, for every weight has the dimensions that its initializer needs.
    pub fn start(&self, store: &VarStore, seed: u64) -> Result<(), InitError> {
        let own = |name: &str| name.starts_with(BACKBONE) || name.starts_with(HEAD);
        initialize(store, seed, |name, shape| match shape.len() {
            _ if !own(name) => None,
            4 => Some(Init::HeNormal { gain: f64::sqrt(2.0), fan: Fan::Out }),
            2 => Some(Init::XavierUniform { gain: 1.0 }),
            _ => name.ends_with(".bias").then_some(Init::Zeros),
        })
    }

    /// What a weights file says of its network, if `mvmhat train` has written it.
    ///
    /// # Errors
    /// If it says something that cannot be understood.
    pub fn of(weights: &StateDict) -> Result<Option<Self>, Error> {
        let Some(text) = weights.metadata(ENTRY) else { return Ok(None) };
        let config: Self = serde_json::from_str(text).map_err(|error| {
            let reason = format!(
                "its entry {ENTRY} cannot be understood: {error}; a newer program may have written it"
            );
            WeightsError::damaged(weights.path(), reason)
        })?;
        config.validate()?;
        Ok(Some(config))
    }

    /// The entry of a weights file that [`of`](Self::of) reads: name and value.
    ///
    /// # Errors
    /// Never, for a configuration is valid JSON.
    pub fn entry(&self) -> serde_json::Result<(String, String)> {
        Ok((ENTRY.to_owned(), serde_json::to_string(self)?))
    }

    /// Copies weights to start from into a network that was built in `store`: all of them from a file that `mvmhat train`
    /// has written, those of the backbone from a published one.
    ///
    /// # Errors
    /// If they are of another network.
    pub fn start_from(&self, weights: &StateDict, store: &VarStore) -> Result<(), Error> {
        match Self::of(weights)? {
            Some(other) if other == *self => {
                // What a file holds beside the embedding network, and a store that has more, starts by itself.
                let alone = VarStore::new(Device::Cpu);
                let _network = self.build(&alone.root());
                weights.load_into(&alone, &["assignment_network."])?;
                copy(&alone, store, "")
            }
            Some(other) => {
                let rule =
                    "the weights to start from are of another network: write the same under train.network";
                let value = format!("{}, and {} has {}", self.told(), weights.path().display(), other.told());
                Err(Error::Config { key: "train.network", value, rule })
            }
            None => {
                let alone = VarStore::new(Device::Cpu);
                let _network = self.backbone.build(&alone.root());
                self.backbone.published(weights).load_into(&alone, self.backbone.left_out())?;
                copy(&alone, store, BACKBONE)
            }
        }
    }

    /// In a few words.
    fn told(&self) -> String {
        let [height, width] = self.crop;
        let neck = if self.neck { "with" } else { "without" };
        format!(
            "{} of {} numbers {neck} neck for crops of {height}x{width}",
            self.backbone.as_str(),
            self.dimension
        )
    }
}

/// Copies the variables of one store into those of another, which have `prefix` before their names.
pub(super) fn copy(from: &VarStore, to: &VarStore, prefix: &str) -> Result<(), Error> {
    let variables = to.variables();
    no_grad(|| {
        from.variables().iter().try_for_each(|(name, tensor)| {
            match variables.get(&format!("{prefix}{name}")) {
                Some(variable) => variable.shallow_clone().f_copy_(tensor),
                None => Ok(()),
            }
        })
    })?;
    Ok(())
}

/// The network.
///
/// # Shapes
/// - input: N x 3 x H x W, red, green, blue, ImageNet mean 0 and deviation 1
/// - output: N x D, not yet of unit length
#[derive(Debug)]
pub struct EmbeddingNetwork {
    backbone: Box<dyn Network>,
    linear: nn::Linear,
    neck: Option<nn::BatchNorm>,
}

impl EmbeddingNetwork {
    /// What the head is given: N x F.
    pub fn features(&self, xs: &Tensor, train: bool) -> Tensor {
        self.backbone.forward_t(xs, train)
    }

    /// What the head makes of it: N x D.
    pub fn head(&self, features: &Tensor, train: bool) -> Tensor {
        let embedding = self.linear.forward(features);
        match &self.neck {
            Some(neck) => neck.forward_t(&embedding, train),
            None => embedding,
        }
    }

    /// Makes the head do in inference what a discriminant does.
    ///
    /// # Errors
    /// If it is of another size, or there is no neck, which takes the mean off.
    pub fn set_head(&self, discriminant: &Discriminant) -> Result<(), Error> {
        let Discriminant { weight, mean } = discriminant;
        let Some(neck) = &self.neck else {
            let rule =
                "a head that is solved takes the mean off, which is what the neck does: it must be true";
            return Err(Error::Config { key: "train.network.neck", value: "false".into(), rule });
        };
        no_grad(|| {
            self.linear.ws.shallow_clone().f_copy_(weight)?;
            neck.running_mean.shallow_clone().f_copy_(&weight.f_mv(mean)?)?;
            let vectors = [(Some(&neck.running_var), 1.0), (neck.ws.as_ref(), 1.0), (neck.bs.as_ref(), 0.0)];
            for (vector, value) in vectors {
                if let Some(vector) = vector {
                    let _ = vector.shallow_clone().f_fill_(value)?;
                }
            }
            Ok(())
        })
    }
}

impl ModuleT for EmbeddingNetwork {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        self.head(&self.features(xs, train), train)
    }
}

impl Fold for EmbeddingNetwork {
    fn fold(&mut self) {
        self.backbone.fold();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(config: &EmbeddingNetworkConfig, seed: u64) -> (VarStore, EmbeddingNetwork) {
        let store = VarStore::new(Device::Cpu);
        let network = config.build(&store.root());
        config.start(&store, seed).unwrap();
        (store, network)
    }

    fn small() -> EmbeddingNetworkConfig {
        let backbone = Backbone::OsnetX0_25;
        EmbeddingNetworkConfig { backbone, dimension: 24, crop: [64, 32], ..Default::default() }
    }

    fn numbers(network: &EmbeddingNetwork) -> Tensor {
        let crops = Tensor::linspace(-1, 1, 2 * 3 * 64 * 32, (tch::Kind::Float, Device::Cpu));
        no_grad(|| network.forward_t(&crops.view([2, 3, 64, 32]), false))
    }

    #[test]
    fn the_start_is_a_function_of_the_seed_and_folding_keeps_the_embedding() {
        let (_, mut network) = built(&small(), 1);
        let first = numbers(&network);
        assert_eq!(first.size(), [2, 24]);
        assert_eq!(first, numbers(&built(&small(), 1).1));
        assert_ne!(first, numbers(&built(&small(), 2).1));
        network.fold();
        assert!(first.allclose(&numbers(&network), 1e-4, 1e-5, false));
    }

    #[test]
    fn the_head_can_be_a_discriminant() {
        let (_, network) = built(&small(), 4);
        let crops =
            Tensor::linspace(-1, 1, 4 * 3 * 64 * 32, (tch::Kind::Float, Device::Cpu)).view([4, 3, 64, 32]);
        let features = no_grad(|| network.features(&crops, false));
        let found = mvmhat_learning::DiscriminantConfig::default().fit(&features, &[0, 0, 1, 1], 24).unwrap();
        network.set_head(&found).unwrap();
        let embedded = no_grad(|| network.forward_t(&crops, false));
        assert!(embedded.allclose(&found.project(&features), 1e-3, 1e-3, false));
    }

    #[test]
    fn weights_of_a_published_backbone_are_a_start_and_those_of_another_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("published.safetensors");
        let published = VarStore::new(Device::Cpu);
        let _backbone = Backbone::OsnetX0_25.build(&published.root());
        published.save(&path).unwrap();
        let weights = StateDict::read(&path).unwrap();
        let (store, _) = built(&small(), 3);
        small().start_from(&weights, &store).unwrap();
        let name = "conv3.1.conv2d.3.conv2.weight";
        assert_eq!(store.variables()[&format!("backbone.{name}")], published.variables()[name]);

        let other = EmbeddingNetworkConfig { backbone: Backbone::Resnet18, ..small() };
        let (store, _) = built(&other, 3);
        let error = other.start_from(&weights, &store).unwrap_err().to_string();
        assert!(error.contains("looks like osnet-x0.25"), "{error}");
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (config, key) in [
            (EmbeddingNetworkConfig { dimension: 0, ..small() }, "train.network.dimension is 0"),
            (EmbeddingNetworkConfig { crop: [16, 64], ..small() }, "train.network.crop is [16, 64]"),
        ] {
            assert!(config.validate().unwrap_err().to_string().starts_with(key));
        }
        small().validate().unwrap();
    }
}
