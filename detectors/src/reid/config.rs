//! The section `embedder` of a configuration.

use mvmhat_learning::networks::{BACKBONES, Backbone, MOBILENET_V2_PARTS};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ConfigError;

/// Which embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedderName {
    /// A network, by its backbone.
    Network(Backbone),
    /// Color histograms: no network, no weights.
    ColorHistogram,
    /// The embeddings that come with the sequence, see [`mvmhat_scene::DetectionFile`].
    File,
}

const COLOR_HISTOGRAM: &str = "color-histogram";
const FILE: &str = "file";

/// All names in configurations.
const NAMES: [&str; BACKBONES.len() + 2] = {
    let mut names = [COLOR_HISTOGRAM; BACKBONES.len() + 2];
    let mut i = 0;
    while i < BACKBONES.len() {
        names[i] = BACKBONES[i].name;
        i += 1;
    }
    names[BACKBONES.len() + 1] = FILE;
    names
};

impl EmbedderName {
    /// The name in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network(backbone) => backbone.name,
            Self::ColorHistogram => COLOR_HISTOGRAM,
            Self::File => FILE,
        }
    }
}

impl Default for EmbedderName {
    fn default() -> Self {
        Self::Network(MOBILENET_V2_PARTS)
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
            COLOR_HISTOGRAM => Ok(Self::ColorHistogram),
            FILE => Ok(Self::File),
            _ => Backbone::named(&name)
                .map(Self::Network)
                .ok_or_else(|| serde::de::Error::unknown_variant(&name, &NAMES)),
        }
    }
}

/// The section `embedder` of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbedderConfig {
    /// Which embedder.
    pub name: EmbedderName,
    /// Its weights: a path, or the name of known weights. By default the published ones of the network. A file of
    /// `mvmhat train` describes its network, and that one is used.
    pub weights: Option<String>,
    /// How many crops go through the network at once, 1 to 1024. On a CPU small batches are faster: the outputs of layers
    /// stay in the caches.
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
    pub fn validate(&self) -> Result<(), ConfigError> {
        let ok = (1..=1024).contains(&self.batch);
        ConfigError::require(ok, "embedder.batch", self.batch, "it must be between 1 and 1024")
    }

    /// The weights in use, a path or a name of known weights; `None` for an embedder without, and for a network of which no
    /// weights are known.
    pub fn weights(&self) -> Option<&str> {
        match self.name {
            EmbedderName::Network(backbone) => self.weights.as_deref().or(backbone.weights),
            EmbedderName::ColorHistogram | EmbedderName::File => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_weights::Registry;

    use super::*;

    #[test]
    fn names_are_what_serde_reads() {
        for name in NAMES {
            let config: EmbedderConfig = serde_yaml::from_str(&format!("name: {name}")).unwrap();
            assert_eq!(config.name.as_str(), name);
            assert_eq!(NAMES.iter().filter(|other| **other == name).count(), 1, "{name}");
        }
        let nearest = |name: &str| {
            let error =
                serde_yaml::from_str::<EmbedderConfig>(&format!("name: {name}")).unwrap_err().to_string();
            mvmhat_scene::nearest_key(&error).map(str::to_owned)
        };
        assert!(nearest("osnet").is_some_and(|name| name.starts_with("osnet-x")));
        assert_eq!(nearest("resnet-50").as_deref(), Some("resnet50"));
        assert_eq!(nearest("colour-histogram").as_deref(), Some("color-histogram"));
    }

    #[test]
    fn published_weights_are_known() {
        for name in BACKBONES.iter().filter_map(|backbone| backbone.weights) {
            Registry::builtin().unwrap().entry(name).unwrap();
        }
    }

    #[test]
    fn values_out_of_range_are_named() {
        EmbedderConfig::default().validate().unwrap();
        let config = EmbedderConfig { batch: 0, ..Default::default() };
        assert_eq!(
            config.validate().unwrap_err().to_string(),
            "embedder.batch is 0, but it must be between 1 and 1024"
        );
    }
}
