//! The constants of the clustering associator.

use serde::{Deserialize, Serialize};

use crate::config_error::{
    require, require_at_least_one, require_fraction, require_non_negative, require_positive, require_within,
};
use crate::{AssignmentSource, ConfigError, MotionNoise};

/// Constants of the clustering associator, [`Clustering`](crate::Clustering).
///
/// How similar two tracklets must be to be one person is not among them: that is estimated from the sequence. Evidence is
/// in nats, the natural logarithm of a likelihood ratio: 1 is e : 1, 3 is 20 : 1, 5 is 150 : 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusteringConfig {
    /// Detections below this score are ignored, 0 to 1. Default 0.2.
    pub track_low_thresh: f64,
    /// Only detections from this score on start a tracklet; those of lower score can only continue one (Zhang et al.,
    /// *ByteTrack: Multi-Object Tracking by Associating Every Detection Box*, ECCV 2022), 0 to 1, at least
    /// `track_low_thresh`. Default 0.5.
    pub track_high_thresh: f64,
    /// A single detection from this score on confirms its tracklet, 0 to 1. Default 0.8.
    pub instant_confirm_score: f64,
    /// Detections after which a tracklet is confirmed, and reported, if none of them had that score; at least 1. Default 2.
    pub min_hits: u32,
    /// Frames of its camera for which a tracklet is kept without a detection; at least 1. Default 30. Its person is
    /// remembered for longer, see `gallery_size`.
    pub max_age: u32,
    /// Largest squared Mahalanobis distance between a detection and the predicted box, over 0. Default 9.4877, the
    /// 95 % quantile of chi-square with 4 degrees of freedom.
    pub mahalanobis_gate: f64,
    /// Largest cost of continuing a tracklet, in nats, 0 or more: half the squared Mahalanobis distance, plus the uncertainty
    /// of the prediction, less the evidence of appearance. Default 9.
    pub max_cost: f64,
    /// Smallest intersection over union with which a remaining detection continues a tracklet, 0 to 1. Default 0.5.
    pub min_iou: f64,
    /// Appearance is not learned from a box of which no more than this fraction is visible beside nearer boxes, 0 to below 1.
    /// Default 0.3.
    pub min_visibility: f64,
    /// Standard deviation of positions and sizes, relative to the height of the box, over 0. Default 1/20 (DeepSORT).
    pub position_noise: f64,
    /// Standard deviation of velocities per frame, relative to the height of the box, over 0. Default 1/200.
    pub velocity_noise: f64,
    /// How much more similar than the average negative pair two tracklets must at least be to be one person, in standard
    /// deviations of negative pairs; 0 or more. Default 1. It matters where people are seen by one camera only, so that
    /// nothing can be learned about positive pairs across views.
    pub min_deviations: f64,
    /// The most evidence that the appearance of two tracklets gives, in nats, over 0. Default 5.
    pub max_evidence: f64,
    /// Whether similarities are scaled by cross-domain similarity local scaling (CSLS). Default true.
    pub csls: bool,
    /// Whether local search improves the clustering. Default true; without it, the result is that of average linkage.
    pub local_search: bool,
    /// The evidence that the previous decision counts as for each two tracklets, in nats; 0 or more. Default 1.5.
    pub hysteresis: f64,
    /// Every so many timesteps all tracklets are clustered anew, at least 1. Default 10. For a new tracklet it is done at
    /// once.
    pub recluster_every: u32,
    /// Descriptors kept of tracklets that ended, one per person and view; the oldest are forgotten. Default 200.
    pub gallery_size: usize,
    /// Timesteps after which a descriptor in the gallery is forgotten, at least 1. Default 15,000, ten minutes at 25
    /// timesteps per second.
    pub gallery_age: u64,
    /// Whether ground-plane positions are evidence, where the sequence has a calibration. Default true.
    pub ground_plane: bool,
    /// Standard deviation between a person's center and the foot point of a perfect box, in metres, over 0. Default 0.4.
    pub ground_deviation: f64,
    /// The source of assignment matrices, evidence about the people of one timestep beside the appearance gathered over
    /// time. Default none.
    pub assignment: AssignmentSource,
    /// The weights file of the assignment network; for whoever builds the associator. Default none.
    pub assignment_weights: Option<String>,
    /// Timesteps by which output lags behind input (fixed-lag output), so that identities profit from what follows.
    /// Default 0.
    pub lag: u32,
    /// Buffers all output until the end of the sequence and decides with all of it; memory then grows with its length.
    /// Default false.
    pub offline: bool,
    /// Longest gap without a detection, in timesteps, that is interpolated linearly, as far as it lies in the output buffer;
    /// 0 interpolates none. Default 0.
    pub interpolate: u32,
}

impl Default for ClusteringConfig {
    fn default() -> Self {
        Self {
            track_low_thresh: 0.2,
            track_high_thresh: 0.5,
            instant_confirm_score: 0.8,
            min_hits: 2,
            max_age: 30,
            mahalanobis_gate: 9.4877,
            max_cost: 9.0,
            min_iou: 0.5,
            min_visibility: 0.3,
            position_noise: 1.0 / 20.0,
            velocity_noise: 1.0 / 200.0,
            min_deviations: 1.0,
            max_evidence: 5.0,
            csls: true,
            local_search: true,
            hysteresis: 1.5,
            recluster_every: 10,
            gallery_size: 200,
            gallery_age: 15_000,
            ground_plane: true,
            ground_deviation: 0.4,
            assignment: AssignmentSource::None,
            assignment_weights: None,
            lag: 0,
            offline: false,
            interpolate: 0,
        }
    }
}

impl ClusteringConfig {
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
        require_within(
            "track_high_thresh",
            self.track_high_thresh,
            self.track_low_thresh..=1.0,
            "between `track_low_thresh` and 1",
        )?;
        require_fraction("instant_confirm_score", self.instant_confirm_score)?;
        require_at_least_one("min_hits", self.min_hits.into())?;
        require_at_least_one("max_age", self.max_age.into())?;
        require_positive("mahalanobis_gate", self.mahalanobis_gate)?;
        require_within("max_cost", self.max_cost, 0.0..=1e6, "between 0 and 1000000")?;
        require_fraction("min_iou", self.min_iou)?;
        let below_one = (0.0..1.0).contains(&self.min_visibility);
        require("min_visibility", self.min_visibility, below_one, "at least 0 and below 1")?;
        require_positive("position_noise", self.position_noise)?;
        require_positive("velocity_noise", self.velocity_noise)?;
        require_non_negative("min_deviations", self.min_deviations)?;
        require_non_negative("hysteresis", self.hysteresis)?;
        require_positive("max_evidence", self.max_evidence)?;
        require_at_least_one("recluster_every", self.recluster_every.into())?;
        require_at_least_one("gallery_age", self.gallery_age)?;
        require_positive("ground_deviation", self.ground_deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(ClusteringConfig::default().validate(), Ok(()));
    }

    #[test]
    fn a_value_out_of_range_is_named_with_what_is_allowed() {
        let default = ClusteringConfig::default;
        let broken = [
            (
                ClusteringConfig { track_high_thresh: 0.1, ..default() },
                "`association.track_high_thresh` is 0.1, but must be between `track_low_thresh` and 1",
            ),
            (
                ClusteringConfig { min_visibility: 1.0, ..default() },
                "`association.min_visibility` is 1, but must be at least 0 and below 1",
            ),
            (
                ClusteringConfig { hysteresis: f64::NAN, ..default() },
                "`association.hysteresis` is NaN, but must be 0 or more and finite",
            ),
            (
                ClusteringConfig { recluster_every: 0, ..default() },
                "`association.recluster_every` is 0, but must be at least 1",
            ),
        ];
        for (config, message) in broken {
            assert_eq!(config.validate().unwrap_err().to_string(), message);
        }
    }
}
