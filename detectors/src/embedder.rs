//! Who describes how people look, and how it is chosen.

use std::time::Duration;

use scene::{Detection, Recording};
use serde::{Deserialize, Serialize};
use tch::Device;

use crate::colour_histogram::ColourHistogram;
use crate::file_embedder::FileEmbedder;
use crate::network_embedder::NetworkEmbedder;
use crate::{Error, Frame};

/// Describes how people look.
pub trait Embedder: Send {
    /// Whether [`embed`](Self::embed) looks at pictures at all; where not, nobody need decode them.
    fn needs_pictures(&self) -> bool;

    /// How long its network itself took so far, without what is done to pictures before it and to numbers after it.
    fn forward_time(&self) -> Duration {
        Duration::ZERO
    }

    /// Fills the embedding of every detection: one list of detections a frame. The crops of all frames of all cameras
    /// are one batch.
    ///
    /// # Errors
    /// If a frame has no picture where one is needed, or the embeddings cannot be computed or found.
    fn embed(&mut self, frames: &[Frame], detections: &mut [Vec<Detection>]) -> Result<(), Error>;
}

/// Which embedder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmbedderName {
    /// OSNet of a quarter of the width, 512 numbers.
    #[default]
    #[serde(rename = "osnet-x0.25")]
    OsnetX0_25,
    /// OSNet of half the width, 512 numbers.
    #[serde(rename = "osnet-x0.5")]
    OsnetX0_5,
    /// OSNet of three quarters of the width, 512 numbers.
    #[serde(rename = "osnet-x0.75")]
    OsnetX0_75,
    /// OSNet of full width, 2.2 million parameters, 512 numbers.
    #[serde(rename = "osnet-x1.0")]
    OsnetX1_0,
    /// ResNet-18, 512 numbers.
    #[serde(rename = "resnet18")]
    Resnet18,
    /// ResNet-50, 2048 numbers.
    #[serde(rename = "resnet50")]
    Resnet50,
    /// MobileNetV2, 1280 numbers.
    #[serde(rename = "mobilenet-v2")]
    MobilenetV2,
    /// Colours from head to foot: no network, no weights.
    #[serde(rename = "colour-histogram")]
    ColourHistogram,
    /// The embeddings that come with the recording, see [`scene::DetectionFile`].
    #[serde(rename = "file")]
    File,
}

impl EmbedderName {
    /// The name in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OsnetX0_25 => "osnet-x0.25",
            Self::OsnetX0_5 => "osnet-x0.5",
            Self::OsnetX0_75 => "osnet-x0.75",
            Self::OsnetX1_0 => "osnet-x1.0",
            Self::Resnet18 => "resnet18",
            Self::Resnet50 => "resnet50",
            Self::MobilenetV2 => "mobilenet-v2",
            Self::ColourHistogram => "colour-histogram",
            Self::File => "file",
        }
    }

    /// The name of the weights it has by default. The same network was published trained on several sets of people.
    fn published_weights(self) -> Option<&'static str> {
        Some(match self {
            Self::OsnetX0_25 => "osnet-x0.25-msmt17",
            Self::OsnetX0_5 => "osnet-x0.5-msmt17",
            Self::OsnetX0_75 => "osnet-x0.75-msmt17",
            Self::OsnetX1_0 => "osnet-x1.0-msmt17",
            Self::Resnet18 => "resnet18-imagenet",
            Self::Resnet50 => "resnet50-imagenet",
            Self::MobilenetV2 => "mobilenet-v2-imagenet",
            Self::ColourHistogram | Self::File => return None,
        })
    }
}

/// The section `embedder` of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbedderConfig {
    /// Which embedder.
    pub name: EmbedderName,
    /// Where its weights are: a path, or the name of known weights. By default the published ones of the network.
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
        let published = self.name.published_weights()?;
        Some(self.weights.as_deref().unwrap_or(published))
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
    recording: &Recording,
    device: Device,
) -> Result<Box<dyn Embedder>, Error> {
    config.validate()?;
    Ok(match config.name {
        EmbedderName::ColourHistogram => Box::new(ColourHistogram),
        EmbedderName::File => Box::new(FileEmbedder::open(recording)?),
        _ => Box::new(NetworkEmbedder::load(config, device)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_serde_reads() {
        let names = "osnet-x0.25 osnet-x0.5 osnet-x0.75 osnet-x1.0 resnet18 resnet50 mobilenet-v2 colour-histogram file";
        for name in names.split(' ') {
            let config: EmbedderConfig = serde_yaml::from_str(&format!("name: {name}")).unwrap();
            assert_eq!(config.name.as_str(), name);
        }
        let error = serde_yaml::from_str::<EmbedderConfig>("name: osnet").unwrap_err().to_string();
        assert!(scene::nearest_key(&error).is_some_and(|name| name.starts_with("osnet-x")));
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
