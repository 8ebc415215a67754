//! The section `train` of a configuration with `task: reid`.

use mvmhat_detectors::EmbeddingNetworkConfig;
use mvmhat_learning::{AssignmentNetworkConfig, LdaHeadConfig, LossConfig, TrainerConfig};
use mvmhat_scene::SequencePart;
use mvmhat_settings::ConfigError;
use serde::{Deserialize, Deserializer, Serialize};

use super::augmentation::ReidAugmentationConfig;
use super::frame_set_sampler::FrameSetConfig;
use super::pk_sampler::PkConfig;
use crate::boxes::{BoxSelection, BoxSource};
use crate::rules::{self, Rules};

/// `train.data`: which boxes of the sequences are learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReidDataConfig {
    /// Where boxes come from.
    pub boxes: BoxSource,
    /// Timesteps per second.
    pub rate: f64,
    /// Boxes shorter than this many pixels are left out.
    pub min_height: f64,
    /// Boxes of the ground truth with a lower visibility are left out, 0 to 1.
    pub min_visibility: f64,
    /// Detections with a lower confidence are left out, 0 to 1.
    pub conf: f64,
}

impl Default for ReidDataConfig {
    fn default() -> Self {
        Self { boxes: BoxSource::default(), rate: 5.0, min_height: 32.0, min_visibility: 0.3, conf: 0.5 }
    }
}

impl ReidDataConfig {
    pub(crate) fn selection(&self) -> BoxSelection {
        let Self { boxes, rate, min_visibility, conf, .. } = *self;
        BoxSelection { source: boxes, rate, min_visibility, conf }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.selection().validate()?;
        let min_height = self.min_height;
        let is_valid = min_height.is_finite() && min_height >= 2.0;
        Rules::new("train.data").check("min_height", min_height, is_valid, "at least 2")
    }
}

/// `train` with `task: reid`: how a re-ID embedding is learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReidRecipe {
    /// The network.
    pub network: EmbeddingNetworkConfig,
    /// Pretrained weights: a path, or a name of known weights; `None`: from scratch.
    pub weights: Option<String>,
    /// Which boxes are learned from.
    pub data: ReidDataConfig,
    /// A labelled sequence that is held out for validation.
    pub validate: Option<SequencePart>,
    /// How crops are augmented.
    pub augmentation: ReidAugmentationConfig,
    /// What is minimized.
    #[serde(deserialize_with = "deserialize_loss")]
    pub loss: LossConfig,
    /// The samples of `loss: mvmhat` and `loss: mvmhat_pp`.
    pub samples: FrameSetConfig,
    /// The batches of `loss: identities`.
    pub pk_sampling: PkConfig,
    /// The closed-form LDA head that replaces the learned one at the end of `loss: identities`; `None` keeps the learned one.
    pub lda_head: Option<LdaHeadConfig>,
    /// The network that `loss: mvmhat_pp` trains beside the embedding network.
    pub assignment_network: AssignmentNetworkConfig,
    /// The training loop.
    pub trainer: TrainerConfig,
    /// Whether the weights are saved in half precision.
    pub fp16: bool,
    /// Intra-op threads of libtorch; 0: one per processor core.
    pub threads: usize,
    /// Threads that prefetch crops; 0: one per processor core, at most 4.
    pub workers: usize,
}

impl ReidRecipe {
    /// Checks what types cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.data.validate()?;
        self.network.validate().map_err(rules::network_error)?;
        self.augmentation.validate()?;
        self.loss.validate().map_err(|error| rules::loss_error(&error))?;
        self.samples.validate()?;
        self.pk_sampling.validate()?;
        if let Some(lda_head) = &self.lda_head {
            lda_head.validate().map_err(|error| rules::loss_error(&error))?;
            self.check_lda_head()?;
        }
        self.assignment_network.validate().map_err(|error| rules::assignment_network_error(&error))?;
        let rules = Rules::new("train");
        rules.threads("threads", self.threads)?;
        rules.threads("workers", self.workers)
    }

    /// Whether the head of the network can be replaced by an LDA head.
    fn check_lda_head(&self) -> Result<(), ConfigError> {
        if !matches!(self.loss, LossConfig::Identities(_)) {
            return Ok(());
        }
        let rules = Rules::new("train.network");
        let rule = "true for `train.lda_head`; `train.lda_head: null` keeps the learned head";
        rules.check("bn_neck", self.network.bn_neck, self.network.bn_neck, rule)?;
        let (dimensions, features) = (self.network.embedding_dim, self.network.backbone.features);
        let rule = format!(
            "at most {features} for `train.lda_head` with this backbone; `train.lda_head: null` keeps the learned head"
        );
        rules.check("embedding_dim", dimensions, dimensions <= features, &rule)
    }
}

/// Reads `loss: {name: mvmhat, margin: 0.5, …}`, or `loss: mvmhat`.
fn deserialize_loss<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LossConfig, D::Error> {
    use serde::de::Error;
    use serde_yaml::{Mapping, Value};
    let (name, options) = match Value::deserialize(deserializer)? {
        Value::String(name) => (name, Mapping::new()),
        Value::Mapping(mut options) => match options.remove("name") {
            Some(Value::String(name)) => (name, options),
            _ => return Err(D::Error::missing_field("name")),
        },
        _ => return Err(D::Error::custom("`loss` must be a name, or a name and its keys")),
    };
    LossConfig::named(&name, Value::Mapping(options)).map_err(D::Error::custom)
}
