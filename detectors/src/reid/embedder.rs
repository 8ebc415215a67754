//! Who describes how people look, and how it is chosen.

use std::time::Duration;

use mvmhat_scene::{Detection, Sequence};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tch::Device;

use crate::color_histogram::ColorHistogram;
use crate::file_embedder::FileEmbedder;
use crate::network_embedder::NetworkEmbedder;
use crate::networks::Backbone;
use crate::{Error, Frame};

/// Describes how people look.
pub trait Embedder: Send {
    /// Whether [`embed`](Self::embed) looks at images at all; where not, nobody need decode them.
    fn needs_images(&self) -> bool;

    /// How long its network itself took so far, without what is done to images before it and to numbers after it.
    fn forward_time(&self) -> Duration {
        Duration::ZERO
    }

    /// Fills the embedding of every detection: one list of detections a frame. The crops of all frames of all cameras
    /// are one batch.
    ///
    /// # Errors
    /// If a frame has no image where one is needed, or the embeddings cannot be computed or found.
    fn embed(&mut self, frames: &[Frame], detections: &mut [Vec<Detection>]) -> Result<(), Error>;
}

/// Which embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedderName {
    /// A network.
    Network(Backbone),
    /// Colors from head to foot: no network, no weights.
    ColorHistogram,
    /// The embeddings that come with the recording, see [`mvmhat_scene::DetectionFile`].
    File,
}

impl EmbedderName {
    /// The name in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network(backbone) => backbone.as_str(),
            Self::ColorHistogram => "color-histogram",
            Self::File => "file",
        }
    }

    /// The name of the weights it has by default. The same network was published trained on several sets of people.
    fn published_weights(self) -> Option<&'static str> {
        match self {
            Self::Network(backbone) => backbone.published_weights(),
            Self::ColorHistogram | Self::File => None,
        }
    }
}

impl Default for EmbedderName {
    fn default() -> Self {
        Self::Network(Backbone::MobilenetV2Parts)
    }
}

impl Serialize for EmbedderName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EmbedderName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        match name.as_str() {
            "color-histogram" => Ok(Self::ColorHistogram),
            "file" => Ok(Self::File),
            _ => match Backbone::named(&name) {
                Some(backbone) => Ok(Self::Network(backbone)),
                None => Err(serde::de::Error::unknown_variant(&name, NAMES)),
            },
        }
    }
}

/// What serde names where a name is none.
const NAMES: &[&str] = &[
    "osnet-x0.25",
    "osnet-x0.5",
    "osnet-x0.75",
    "osnet-x1.0",
    "resnet18",
    "resnet50",
    "mobilenet-v2",
    "mobilenet-v2-parts",
    "alexnet",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "vgg11-bn",
    "vgg13-bn",
    "vgg16-bn",
    "vgg19-bn",
    "color-histogram",
    "file",
];

/// The section `embedder` of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbedderConfig {
    /// Which embedder.
    pub name: EmbedderName,
    /// Where its weights are: a path, or the name of known weights. By default the published ones of the network. A file
    /// that `mvmhat train` has written says which network it is of, and that one is used.
    pub weights: Option<String>,
    /// How many crops go through the network at once, 1 to 1024. On a CPU few are faster: their layers stay in memory
    /// that is at hand.
    pub batch: usize,
}

impl Default for EmbedderConfig {
    fn default() -> Self {
        Self { name: EmbedderName::default(), weights: None, batch: 8 }
    }
}

impl EmbedderConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the first key that is out of range.
    pub fn validate(&self) -> Result<(), Error> {
        if !(1..=1024).contains(&self.batch) {
            let rule = "it must be between 1 and 1024";
            return Err(Error::Config { key: "embedder.batch", value: self.batch.to_string(), rule });
        }
        Ok(())
    }

    /// The weights that are used, a path or a name of known weights; `None` for an embedder without.
    pub fn weights(&self) -> Option<&str> {
        match self.name {
            EmbedderName::Network(_) => self.weights.as_deref().or_else(|| self.name.published_weights()),
            EmbedderName::ColorHistogram | EmbedderName::File => None,
        }
    }
}

/// The embedder of a configuration, for the cameras of `recording`.
///
/// Every worker builds its own.
///
/// # Errors
/// If the configuration is out of range, or weights or embeddings cannot be found or read.
pub fn build_embedder(
    config: &EmbedderConfig,
    recording: &Sequence,
    device: Device,
) -> Result<Box<dyn Embedder>, Error> {
    config.validate()?;
    Ok(match config.name {
        EmbedderName::ColorHistogram => Box::new(ColorHistogram),
        EmbedderName::File => Box::new(FileEmbedder::open(recording)?),
        EmbedderName::Network(backbone) => Box::new(NetworkEmbedder::load(backbone, config, device)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_serde_reads() {
        let backbones = Backbone::ALL.map(Backbone::as_str);
        assert_eq!(NAMES, [&backbones[..], &["color-histogram", "file"]].concat());
        for name in NAMES {
            let config: EmbedderConfig = serde_yaml::from_str(&format!("name: {name}")).unwrap();
            assert_eq!(config.name.as_str(), *name);
        }
        let error = serde_yaml::from_str::<EmbedderConfig>("name: osnet").unwrap_err().to_string();
        assert!(mvmhat_scene::nearest_key(&error).is_some_and(|name| name.starts_with("osnet-x")));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        EmbedderConfig::default().validate().unwrap();
        let config = EmbedderConfig { batch: 0, ..Default::default() };
        assert_eq!(
            config.validate().unwrap_err().to_string(),
            "embedder.batch is 0, but it must be between 1 and 1024"
        );
    }
}
