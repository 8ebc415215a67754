//! The section `detector` of a configuration.

use serde::{Deserialize, Serialize};

use super::DetectorModel;
use crate::ConfigError;

/// The section `detector` of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorConfig {
    /// Which detector.
    pub name: DetectorModel,
    /// Its weights: a path, or the name of known weights. By default the published ones of the network.
    pub weights: Option<String>,
    /// Width and height that images are shrunk into, multiples of 32. By default what the published network was made for:
    /// 416 x 416 for YOLOX-nano and -tiny, 640 x 640 for the larger ones; the weights file of `person` gives it. Larger
    /// inputs find smaller people and take longer.
    pub input_size: Option<[u32; 2]>,
    /// Whether the part of the input that an image leaves empty is cut off, in steps of 32 pixels. An image that is not
    /// square takes less time then, at the same scale.
    pub rectangular: bool,
    /// The least confidence of a detection, objectness times class score, 0 to 1. By default 0.25 for YOLOX and 0.6 for
    /// `person`; from files all are taken.
    pub conf: Option<f32>,
    /// The IoU threshold of non-maximum suppression, 0 to 1: of two boxes that overlap more, the less confident is dropped.
    /// By default 0.65 for YOLOX, as published, and 0.4 for `person`.
    pub nms_iou: Option<f64>,
    /// The least width and height of a detection, pixels of the image.
    pub min_size: f64,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            name: DetectorModel::default(),
            weights: None,
            input_size: None,
            rectangular: true,
            conf: None,
            nms_iou: None,
            min_size: 4.0,
        }
    }
}

impl DetectorConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the first key that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if let Some([w, h]) = self.input_size {
            let ok = [w, h].iter().all(|side| (32..=4096).contains(side) && side % 32 == 0);
            let rule = "width and height must be multiples of 32, at most 4096";
            ConfigError::require(ok, "detector.input_size", format_args!("[{w}, {h}]"), rule)?;
        }
        if let Some(conf) = self.conf {
            let ok = (0.0..=1.0).contains(&conf);
            ConfigError::require(ok, "detector.conf", conf, "it must be between 0 and 1")?;
        }
        if let Some(nms_iou) = self.nms_iou {
            let ok = (0.0..=1.0).contains(&nms_iou);
            ConfigError::require(ok, "detector.nms_iou", nms_iou, "it must be between 0 and 1")?;
        }
        let ok = self.min_size >= 0.0 && self.min_size.is_finite();
        ConfigError::require(ok, "detector.min_size", self.min_size, "it must be 0 or more")
    }

    /// The weights in use, a path or a name of known weights; `None` for `file`, which has none.
    pub fn weights(&self) -> Option<&str> {
        let network = self.name.network?;
        Some(self.weights.as_deref().unwrap_or(network.weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        DetectorConfig::default().validate().unwrap();
        for (yaml, path) in [
            ("input_size: [416, 400]", "detector.input_size"),
            ("input_size: [0, 416]", "detector.input_size"),
            ("conf: 1.5", "detector.conf"),
            ("nms_iou: .nan", "detector.nms_iou"),
            ("min_size: -1", "detector.min_size"),
        ] {
            let config: DetectorConfig = serde_yaml::from_str(yaml).unwrap();
            let error = config.validate().unwrap_err();
            assert_eq!(error.path, path, "{yaml}");
            assert!(error.to_string().starts_with(path), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_known_ones() {
        let error = serde_yaml::from_str::<DetectorConfig>("confs: 0.1").unwrap_err().to_string();
        assert_eq!(mvmhat_scene::nearest_key(&error), Some("conf"));
    }

    #[test]
    fn weights_are_the_published_ones_unless_named() {
        let weights =
            |yaml: &str| serde_yaml::from_str::<DetectorConfig>(yaml).unwrap().weights().map(str::to_owned);
        assert_eq!(weights("name: yolox-s").as_deref(), Some("yolox-s"));
        assert_eq!(weights("name: person").as_deref(), Some("mvmhat-person"));
        assert_eq!(weights("{name: person, weights: own.safetensors}").as_deref(), Some("own.safetensors"));
        assert_eq!(weights("{name: file, weights: own.safetensors}"), None);
    }
}
