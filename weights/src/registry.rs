//! The known weights, as `configs/weights.yaml` lists them.

use std::collections::HashSet;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::{WeightsError, architecture};

/// The known weights.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Registry {
    entries: Vec<WeightsEntry>,
}

/// Weights that go by one name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsEntry {
    /// The name to ask for them by: `yolox-nano`.
    pub name: String,
    /// The network they are for: `yolox-nano`, `osnet-x0.25`, `resnet50`, …
    pub architecture: String,
    /// What they were trained on and how they score, in a few words.
    pub summary: String,
    /// The terms of use.
    pub licence: Licence,
    /// The input convention of the network.
    pub input: InputConvention,
    /// The files that hold them, any of which will do, the publisher's own first.
    pub files: Vec<PublishedFile>,
}

/// The terms of use of weights.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// The licence of the code they were published with.
    pub code: String,
    /// The terms of the data they were trained on.
    pub data: String,
}

/// The input convention of a network. A pixel value `v`, 0 to 255, enters it as `(v * scale - mean) / std`, per channel,
/// in a tensor of images x channels x rows x columns.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputConvention {
    /// Rows the published network was trained or measured with.
    pub height: u32,
    /// Columns it was trained or measured with.
    pub width: u32,
    /// How an image or crop is brought to that size.
    pub fit: Fit,
    /// The order of the channels.
    pub color: ColorOrder,
    /// The factor of a pixel value.
    pub scale: f64,
    /// Subtracted then, per channel.
    pub mean: [f64; 3],
    /// The divisor at last, per channel.
    pub std: [f64; 3],
}

/// How an image is brought to the input size of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Scaled to fit, at the top left, the rest gray (114).
    Letterbox,
    /// Stretched to the size, whatever its proportions.
    Stretch,
}

/// The order of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// One file that holds weights.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedFile {
    /// Its name, as published.
    pub name: String,
    /// Its checksum, if known.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Its size, if known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Where it can be downloaded, the publisher's own address first; may be empty.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Who made it, from what.
    pub origin: String,
}

impl Registry {
    /// The built-in list.
    ///
    /// # Errors
    /// If the list is invalid.
    pub fn builtin() -> Result<&'static Self, WeightsError> {
        static BUILTIN: OnceLock<Result<Registry, String>> = OnceLock::new();
        let text = include_str!("../../configs/weights.yaml");
        let parsed = BUILTIN.get_or_init(|| Self::parse(text).map_err(|error| error.to_string()));
        parsed.as_ref().map_err(|error| WeightsError::Registry(error.clone()))
    }

    /// Reads a list in the format of `configs/weights.yaml`.
    ///
    /// # Errors
    /// If it is not YAML of that form, has a name twice, an unknown architecture, an entry without files, a malformed
    /// checksum or a file name that is a path.
    pub fn parse(yaml: &str) -> Result<Self, WeightsError> {
        let registry: Self =
            serde_yaml::from_str(yaml).map_err(|error| WeightsError::Registry(error.to_string()))?;
        registry.check().map_err(WeightsError::Registry)?;
        Ok(registry)
    }

    fn check(&self) -> Result<(), String> {
        let (mut names, mut files) = (HashSet::new(), HashSet::new());
        for entry in &self.entries {
            let name = &entry.name;
            if !names.insert(name) {
                return Err(format!("{name} is there twice"));
            }
            if !architecture::KNOWN.contains(&entry.architecture.as_str()) {
                return Err(format!("{name}: there is no architecture {}", entry.architecture));
            }
            if entry.files.is_empty() {
                return Err(format!("{name} has no files"));
            }
            for file in &entry.files {
                if !files.insert(&file.name) {
                    return Err(format!("{name}: the file {} is there twice", file.name));
                }
                if file.name.contains(['/', '\\']) || file.name.starts_with('.') {
                    return Err(format!("{name}: {} is no file name", file.name));
                }
                let is_digit = |digit: char| matches!(digit, '0'..='9' | 'a'..='f');
                if file.sha256.as_ref().is_some_and(|sum| sum.len() != 64 || !sum.chars().all(is_digit)) {
                    return Err(format!("{name}: the sha256 of {} is not 64 hexadecimal digits", file.name));
                }
            }
        }
        Ok(())
    }

    /// All entries, in the order of the list.
    pub fn entries(&self) -> &[WeightsEntry] {
        &self.entries
    }

    /// The entry of a name.
    ///
    /// # Errors
    /// If there is none: the error suggests the most similar name.
    pub fn entry(&self, name: &str) -> Result<&WeightsEntry, WeightsError> {
        self.entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| WeightsError::Unknown { name: name.into(), nearest: self.nearest(name) })
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let wanted = name.to_lowercase().replace('_', "-");
        let similarity = |entry: &WeightsEntry| strsim::jaro_winkler(&wanted, &entry.name);
        let nearest = self.entries.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
        (similarity(nearest) > 0.8).then(|| nearest.name.clone())
    }
}
