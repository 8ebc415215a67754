//! Which boxes of which frames are learned from: what the sections `train.data` of both recipes have in common.

use clap::ValueEnum;
use mvmhat_scene::mot;
use mvmhat_settings::ConfigError;
use serde::{Deserialize, Serialize};

use crate::rules::Rules;

/// Where boxes come from: `train.data.boxes`, `--boxes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxSource {
    /// The boxes of the ground truth, without the identities.
    Gt,
    /// The recording's own file of detections.
    Det,
    /// The detector of the configuration.
    #[default]
    Detect,
}

impl BoxSource {
    /// As the configuration names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Det => "det",
            Self::Detect => "detect",
        }
    }
}

/// Which boxes of which frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoxSelection {
    pub(crate) source: BoxSource,
    /// Timesteps per second.
    pub(crate) rate: f64,
    /// The least visibility of a box of the ground truth, 0 to 1.
    pub(crate) min_visibility: f64,
    /// The least confidence of a detection, 0 to 1.
    pub(crate) conf: f64,
}

impl BoxSelection {
    /// Checks the keys that it was made from.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let Self { rate, min_visibility, conf, .. } = *self;
        let rules = Rules::new("train.data");
        rules.check("rate", rate, rate.is_finite() && rate > 0.0, "above 0")?;
        rules.fraction("min_visibility", min_visibility)?;
        rules.fraction("conf", conf)
    }

    /// Whether a row of ground truth shows enough of its person.
    pub(crate) fn is_visible(&self, row: &mot::Row) -> bool {
        row.visibility.is_none_or(|visibility| visibility >= self.min_visibility)
    }
}
