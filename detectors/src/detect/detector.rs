//! Who finds people in images, and how it is chosen.

use std::time::Duration;

use mvmhat_scene::{Detection, Sequence};
use serde::{Deserialize, Serialize};
use tch::Device;

use crate::file_detector::FileDetector;
use crate::networks::YoloxConfig;
use crate::{Error, Frame, person_detector, yolox_detector};

/// Finds people in images.
pub trait Detector: Send {
    /// Whether [`detect`](Self::detect) looks at images at all; where not, nobody need decode them.
    fn needs_images(&self) -> bool;

    /// How long its network itself took so far, without what is done to images before it and to numbers after it.
    fn forward_time(&self) -> Duration {
        Duration::ZERO
    }

    /// The people of every frame: one list a frame, in the order of the frames, by falling score. Frames of several
    /// cameras are one batch.
    ///
    /// # Errors
    /// If a frame has no image where one is needed, or the network cannot be run.
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, Error>;
}

/// Which detector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DetectorName {
    /// YOLOX-nano, 0.9 million parameters.
    YoloxNano,
    /// YOLOX-tiny, 5.1 million parameters.
    YoloxTiny,
    /// YOLOX-s, 9.0 million parameters.
    YoloxS,
    /// YOLOX-m, 25.3 million parameters.
    YoloxM,
    /// YOLOX-l, 54.2 million parameters.
    YoloxL,
    /// YOLOX-x, 99.1 million parameters.
    YoloxX,
    /// A YOLOX-nano for people only, 0.90 million parameters, or one with another backbone: with the weights that are part of
    /// the program, or those that `mvmhat train --task detector` makes.
    #[default]
    Person,
    /// The detections that come with the recording, see [`mvmhat_scene::DetectionFile`].
    File,
}

impl DetectorName {
    /// The name of the weights it has by default.
    fn published_weights(self) -> Option<&'static str> {
        match self {
            Self::Person => Some("mvmhat-person"),
            Self::File => None,
            yolox => Some(yolox.as_str()),
        }
    }

    /// The name in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::YoloxNano => "yolox-nano",
            Self::YoloxTiny => "yolox-tiny",
            Self::YoloxS => "yolox-s",
            Self::YoloxM => "yolox-m",
            Self::YoloxL => "yolox-l",
            Self::YoloxX => "yolox-x",
            Self::Person => "person",
            Self::File => "file",
        }
    }

    fn yolox(self) -> Option<YoloxConfig> {
        Some(match self {
            Self::YoloxNano => YoloxConfig::NANO,
            Self::YoloxTiny => YoloxConfig::TINY,
            Self::YoloxS => YoloxConfig::S,
            Self::YoloxM => YoloxConfig::M,
            Self::YoloxL => YoloxConfig::L,
            Self::YoloxX => YoloxConfig::X,
            Self::Person | Self::File => return None,
        })
    }
}

/// The section `detector` of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorConfig {
    /// Which detector.
    pub name: DetectorName,
    /// Where its weights are: a path, or the name of known weights. By default the published ones of the network.
    pub weights: Option<String>,
    /// Width and height that images are shrunk into, multiples of 32; by default what the published network was
    /// made for: 416 x 416 for nano and tiny, else 640 x 640; of `person` its file of weights says it. Larger finds smaller people and takes longer.
    pub input: Option<[u32; 2]>,
    /// Whether the part of the input that an image leaves empty is cut off, in steps of 32 pixels. An image that is
    /// not square takes less time then, at the same scale.
    pub crop_padding: bool,
    /// People less certain than this are left out: objectness times class score, 0 to 1. By default 0.25 for YOLOX, 0.6 for
    /// `person`, and none is left out of files.
    pub score: Option<f32>,
    /// Of two people that overlap more than this (intersection over union, 0 to 1), the less certain is left out. By
    /// default 0.65 for YOLOX, as published, and 0.4 for `person`.
    pub overlap: Option<f64>,
    /// People less wide or less high than this many pixels of the image are left out.
    pub min_size: f64,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            name: DetectorName::default(),
            weights: None,
            input: None,
            crop_padding: true,
            score: None,
            overlap: None,
            min_size: 4.0,
        }
    }
}

impl DetectorConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the first key that is out of range.
    pub fn validate(&self) -> Result<(), Error> {
        let error = |key, value: String, rule| Err(Error::Config { key, value, rule });
        if let Some([w, h]) = self.input
            && [w, h].iter().any(|side| *side == 0 || side % 32 != 0 || *side > 4096)
        {
            let rule = "width and height must be multiples of 32, at most 4096";
            return error("detector.input", format!("[{w}, {h}]"), rule);
        }
        if let Some(score) = self.score
            && !(0.0..=1.0).contains(&score)
        {
            return error("detector.score", score.to_string(), "it must be between 0 and 1");
        }
        if let Some(overlap) = self.overlap
            && !(0.0..=1.0).contains(&overlap)
        {
            return error("detector.overlap", overlap.to_string(), "it must be between 0 and 1");
        }
        if !(self.min_size >= 0.0 && self.min_size.is_finite()) {
            return error("detector.min_size", self.min_size.to_string(), "it must be 0 or more");
        }
        Ok(())
    }

    /// The weights that are used, a path or a name of known weights; `None` for `file`, which has none.
    pub fn weights(&self) -> Option<&str> {
        let published = self.name.published_weights()?;
        Some(self.weights.as_deref().unwrap_or(published))
    }

    /// Width and height of the input of a YOLOX.
    fn yolox_input(&self) -> [u32; 2] {
        self.input.unwrap_or(match self.name {
            DetectorName::YoloxNano | DetectorName::YoloxTiny => [416, 416],
            _ => [640, 640],
        })
    }
}

/// The detector of a configuration, for the cameras of `recording`.
///
/// Every worker builds its own.
///
/// # Errors
/// If the configuration is out of range, or weights or detections cannot be found or read.
pub fn build_detector(
    config: &DetectorConfig,
    recording: &Sequence,
    device: Device,
) -> Result<Box<dyn Detector>, Error> {
    config.validate()?;
    if let Some(network) = config.name.yolox() {
        return Ok(Box::new(yolox_detector::load(config, network, config.yolox_input(), device)?));
    }
    Ok(match config.name {
        DetectorName::Person => Box::new(person_detector::load(config, device)?),
        _ => Box::new(FileDetector::open(config, recording)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_serde_reads() {
        for name in ["yolox-nano", "yolox-tiny", "yolox-s", "yolox-m", "yolox-l", "yolox-x", "person", "file"]
        {
            let config: DetectorConfig = serde_yaml::from_str(&format!("name: {name}")).unwrap();
            assert_eq!(config.name.as_str(), name);
            assert_eq!(config.name.yolox().is_some(), name.starts_with("yolox"));
        }
        let error = serde_yaml::from_str::<DetectorConfig>("name: yolo-nano").unwrap_err().to_string();
        assert_eq!(mvmhat_scene::nearest_key(&error), Some("yolox-nano"));
        let error = serde_yaml::from_str::<DetectorConfig>("scores: 0.1").unwrap_err().to_string();
        assert_eq!(mvmhat_scene::nearest_key(&error), Some("score"));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        DetectorConfig::default().validate().unwrap();
        for (yaml, key) in [
            ("input: [416, 400]", "detector.input"),
            ("input: [0, 416]", "detector.input"),
            ("score: 1.5", "detector.score"),
            ("overlap: .nan", "detector.overlap"),
            ("min_size: -1", "detector.min_size"),
        ] {
            let config: DetectorConfig = serde_yaml::from_str(yaml).unwrap();
            assert!(config.validate().unwrap_err().to_string().starts_with(key), "{yaml}");
        }
    }
}
