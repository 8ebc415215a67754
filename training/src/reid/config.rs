//! The section `train` of a configuration.

use anyhow::Result;
use mvmhat_detectors::networks::EmbeddingNetworkConfig;
use mvmhat_learning::{AssignmentNetworkConfig, LdaHeadConfig, LossConfig, TrainerConfig};
use serde::{Deserialize, Deserializer, Serialize};

use super::augmentation::AugmentationConfig;
use super::boxes::Boxes;
use super::frame_set_samples::SamplesConfig;
use super::identity_samples::PeopleConfig;
use crate::sequence_part::SequencePart;

/// `train.data`: what of the recordings is learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DataConfig {
    /// Where boxes come from.
    pub(crate) boxes: Boxes,
    /// Timesteps a second that are looked at.
    pub(crate) rate: f64,
    /// Boxes lower than this many pixels are left out.
    pub(crate) min_height: f64,
    /// Boxes of the ground truth of which less than this share can be seen are left out.
    pub(crate) visibility: f64,
    /// Detections less certain than this are left out.
    pub(crate) score: f64,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { boxes: Boxes::default(), rate: 5.0, min_height: 32.0, visibility: 0.3, score: 0.5 }
    }
}

/// `train`: how an embedding is learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TrainConfig {
    /// Which network.
    pub(crate) network: EmbeddingNetworkConfig,
    /// What it starts from: a path, or a name of known weights; from scratch without.
    pub(crate) weights: Option<String>,
    pub(crate) data: DataConfig,
    /// A labelled recording that is not learned from, to see how well it goes.
    pub(crate) validate: Option<SequencePart>,
    pub(crate) augmentation: AugmentationConfig,
    /// What is minimized.
    #[serde(deserialize_with = "loss")]
    pub(crate) loss: LossConfig,
    /// The samples of `loss: mvmhat` and `loss: mvmhat_pp`.
    pub(crate) samples: SamplesConfig,
    /// The people of `loss: identities`.
    pub(crate) people: PeopleConfig,
    /// How the head is solved at the end of `loss: identities`; it stays as it was learned without.
    pub(crate) discriminant: Option<LdaHeadConfig>,
    /// The network that `loss: mvmhat_pp` trains beside the embedding.
    pub(crate) assignment_network: AssignmentNetworkConfig,
    pub(crate) trainer: TrainerConfig,
    /// Whether the weights are kept in half precision.
    pub(crate) half: bool,
    /// Threads of libtorch; 0: one a processor core.
    pub(crate) threads: usize,
    /// Threads that read crops ahead; 0: one a processor core, at most 4.
    pub(crate) workers: usize,
}

impl TrainConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// The first key that is out of range, as `train.…`.
    pub(crate) fn validate(&self) -> Result<(), String> {
        let DataConfig { rate, min_height, visibility, score, .. } = self.data;
        let number = |key: &str, value: f64, ok: bool, rule: &str| {
            if ok { Ok(()) } else { Err(format!("`train.data.{key}` is {value}, but must be {rule}")) }
        };
        number("rate", rate, rate.is_finite() && rate > 0.0, "above 0")?;
        number("min_height", min_height, min_height.is_finite() && min_height >= 2.0, "at least 2")?;
        number("visibility", visibility, (0.0..=1.0).contains(&visibility), "from 0 to 1")?;
        number("score", score, (0.0..=1.0).contains(&score), "from 0 to 1")?;
        self.network.validate().map_err(|error| error.to_string())?;
        self.augmentation.validate()?;
        self.loss.validate().map_err(|error| error.to_string())?;
        self.samples.validate()?;
        self.people.validate()?;
        if let Some(discriminant) = &self.discriminant {
            discriminant.validate().map_err(|error| format!("train.{error}"))?;
            let (dimension, features) = (self.network.dimension, self.network.backbone.features());
            let solved = matches!(self.loss, LossConfig::Identities(_));
            if solved && !self.network.neck {
                return Err("`train.discriminant` needs `train.network.neck: true`; null keeps the head that is learned".into());
            }
            if solved && dimension > features {
                return Err(format!(
                    "`train.network.dimension` is {dimension}, but the head that `train.discriminant` solves has at most \
                     {features} with this backbone; null keeps the one that is learned"
                ));
            }
        }
        self.assignment_network.validate().map_err(|error| format!("train.{error}"))?;
        for (key, threads) in [("threads", self.threads), ("workers", self.workers)] {
            if threads > 256 {
                return Err(format!("`train.{key}` is {threads}, but must be from 0 to 256"));
            }
        }
        Ok(())
    }
}

/// Reads `loss: {name: mvmhat, margin: 0.5, …}`, or `loss: mvmhat`.
fn loss<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LossConfig, D::Error> {
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
