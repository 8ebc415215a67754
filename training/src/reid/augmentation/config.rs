//! `train.augmentation` with `task: reid`.

use mvmhat_settings::ConfigError;
use serde::{Deserialize, Serialize};

use crate::color_jitter::ColorJitterBounds;
use crate::rules::Rules;

/// How crops are augmented, each value 0 for not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReidAugmentationConfig {
    /// The probability that a sample is flipped.
    pub horizontal_flip: f64,
    /// The probability that the hues of a sample are rotated, by any angle.
    pub hue: f64,
    /// The largest relative change of a camera's brightness.
    pub brightness: f64,
    /// The largest relative change of each color channel of a camera.
    pub color: f64,
    /// The largest logarithm of a camera's gamma.
    pub gamma: f64,
    /// The largest relative change of a camera's saturation.
    pub saturation: f64,
    /// The largest shift of each side of a box, relative to its width or height.
    pub box_jitter: f64,
    /// The probability that a box misses a part of the person, as the boxes of detectors do when people are half hidden.
    pub truncation: f64,
    /// The probability that a rectangle of a crop is erased (random erasing).
    pub random_erasing: f64,
    /// The probability that a crop has the resolution of somebody far away.
    pub down_up_sampling: f64,
    /// The probability that a piece of another crop, or a plain rectangle, is pasted in front of a person.
    pub cut_paste_occlusion: f64,
}

impl Default for ReidAugmentationConfig {
    fn default() -> Self {
        Self {
            horizontal_flip: 0.5,
            hue: 0.5,
            brightness: 0.3,
            color: 0.15,
            gamma: 0.3,
            saturation: 0.3,
            box_jitter: 0.08,
            truncation: 0.2,
            random_erasing: 0.2,
            down_up_sampling: 0.2,
            cut_paste_occlusion: 0.7,
        }
    }
}

impl ReidAugmentationConfig {
    /// How far the colors of cameras are changed.
    pub(crate) fn color_jitter(&self) -> ColorJitterBounds {
        let Self { brightness, color, gamma, saturation, .. } = *self;
        ColorJitterBounds { brightness, color, gamma, saturation }
    }

    /// Checks what types cannot say.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let rules = Rules::new("train.augmentation");
        self.color_jitter().validate(&rules)?;
        rules.at_most("box_jitter", self.box_jitter, 0.4)?;
        for (key, probability) in [
            ("horizontal_flip", self.horizontal_flip),
            ("hue", self.hue),
            ("truncation", self.truncation),
            ("random_erasing", self.random_erasing),
            ("down_up_sampling", self.down_up_sampling),
            ("cut_paste_occlusion", self.cut_paste_occlusion),
        ] {
            rules.fraction(key, probability)?;
        }
        Ok(())
    }
}
