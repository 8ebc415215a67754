//! The constants of the MvMHAT baseline.

use serde::{Deserialize, Serialize};

use crate::config_error::{
    require, require_at_least_one, require_fraction, require_positive, require_within,
};
use crate::{ConfigError, MotionNoise};

/// Constants of the MvMHAT baseline, [`MvmhatBaseline`](crate::MvmhatBaseline).
///
/// The defaults are those of the published code where it has one; its tracking within a view is DeepSORT (Wojke, Bewley and
/// Paulus, *Simple Online and Realtime Tracking with a Deep Association Metric*, ICIP 2017), its cross-view association
/// Gan et al., *Self-supervised Multi-view Multi-Human Association and Tracking* (ACM MM 2021).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MvmhatConfig {
    /// Detections below this score are ignored, 0 to 1. Default 0.5; the published code has 0.8 for the detector it
    /// was made for.
    pub track_low_thresh: f64,
    /// Largest cosine distance (1 - cosine) between a detection and the gallery of a track, 0 to 2. Default 0.2
    /// (published code).
    pub max_cosine_distance: f64,
    /// The newest embeddings that are kept per track, at least 1. Default 100 (DeepSORT's budget). The published code keeps
    /// all of them, so its memory and time grow with the length of the sequence.
    pub gallery_size: usize,
    /// Largest squared Mahalanobis distance between a detection and the predicted box, over 0. Default 9.4877, the
    /// 95 % quantile of chi-square with 4 degrees of freedom (DeepSORT, section 2.2).
    pub mahalanobis_gate: f64,
    /// Largest IoU distance (1 - IoU) of a match by IoU, 0 to 1. Default 0.7 (DeepSORT).
    pub max_iou_distance: f64,
    /// Detections after which a track is confirmed and reported, at least 1. Default 3 (DeepSORT).
    pub min_hits: u32,
    /// Frames without a detection after which a confirmed track is dropped, and the depth of the matching cascade;
    /// at least 1. Default 80 (published code).
    pub max_age: u32,
    /// Standard deviation of positions and sizes, relative to the height of the box, over 0. Default 1/20 (DeepSORT).
    pub position_noise: f64,
    /// Standard deviation of velocities per frame, relative to the height of the box, over 0. Default 1/160 (DeepSORT).
    pub velocity_noise: f64,
    /// `delta` of the adaptive temperature, between 0 and 1, exclusive. Default 0.5 (Gan et al., equation 3).
    pub temperature_delta: f64,
    /// `epsilon` of the adaptive temperature, over 0; the larger, the softer. Default 0.5 (published code at inference;
    /// 0.1 in training).
    pub temperature_epsilon: f64,
    /// Smallest softmax entry that counts as a match between two views, 0 to 1. Default 0.5 (published code).
    pub min_match_probability: f64,
    /// Every so many frames of the first camera the identities in the other views are renewed: matched across views
    /// again. 0 means never. Default 30 (published code).
    pub renew_every: u32,
}

impl Default for MvmhatConfig {
    fn default() -> Self {
        Self {
            track_low_thresh: 0.5,
            max_cosine_distance: 0.2,
            gallery_size: 100,
            mahalanobis_gate: 9.4877,
            max_iou_distance: 0.7,
            min_hits: 3,
            max_age: 80,
            position_noise: 1.0 / 20.0,
            velocity_noise: 1.0 / 160.0,
            temperature_delta: 0.5,
            temperature_epsilon: 0.5,
            min_match_probability: 0.5,
            renew_every: 30,
        }
    }
}

impl MvmhatConfig {
    /// The noise of the motion model.
    pub(crate) fn motion_noise(&self) -> MotionNoise {
        MotionNoise { position: self.position_noise, velocity: self.velocity_noise }
    }

    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), ConfigError> {
        require_fraction("track_low_thresh", self.track_low_thresh)?;
        require_within("max_cosine_distance", self.max_cosine_distance, 0.0..=2.0, "between 0 and 2")?;
        require_at_least_one("gallery_size", self.gallery_size as u64)?;
        require_positive("mahalanobis_gate", self.mahalanobis_gate)?;
        require_fraction("max_iou_distance", self.max_iou_distance)?;
        require_at_least_one("min_hits", self.min_hits.into())?;
        require_at_least_one("max_age", self.max_age.into())?;
        require_positive("position_noise", self.position_noise)?;
        require_positive("velocity_noise", self.velocity_noise)?;
        let delta = self.temperature_delta;
        // Below 0.5 the temperature of two candidates may be negative, which would prefer the least similar.
        let sharpens = (0.5..1.0).contains(&delta);
        require("temperature_delta", delta, sharpens, "at least 0.5 and below 1")?;
        require_positive("temperature_epsilon", self.temperature_epsilon)?;
        require_fraction("min_match_probability", self.min_match_probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(MvmhatConfig::default().validate(), Ok(()));
    }

    #[test]
    fn a_value_out_of_range_is_named_with_what_is_allowed() {
        let default = MvmhatConfig::default;
        let broken = [
            (
                MvmhatConfig { track_low_thresh: 1.5, ..default() },
                "`association.track_low_thresh` is 1.5, but must be between 0 and 1",
            ),
            (
                MvmhatConfig { track_low_thresh: f64::NAN, ..default() },
                "`association.track_low_thresh` is NaN, but must be between 0 and 1",
            ),
            (
                MvmhatConfig { gallery_size: 0, ..default() },
                "`association.gallery_size` is 0, but must be at least 1",
            ),
            (
                MvmhatConfig { temperature_delta: 1.0, ..default() },
                "`association.temperature_delta` is 1, but must be at least 0.5 and below 1",
            ),
            (
                MvmhatConfig { velocity_noise: f64::INFINITY, ..default() },
                "`association.velocity_noise` is inf, but must be over 0 and finite",
            ),
        ];
        for (config, message) in broken {
            assert_eq!(config.validate().unwrap_err().to_string(), message);
        }
    }
}
