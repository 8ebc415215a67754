//! The loss of MvMHAT: symmetric plus transitive consistency.
//!
//! `L = (mean over pairs) + (mean over triples)`, no labels needed: see the files of the two terms. Gan et al.,
//! *Self-supervised Multi-view Multi-Human Association and Tracking* (ACM MM 2021).

use serde::{Deserialize, Serialize};

use super::config_error::{finite, not_negative};
use super::temperature::Temperature;
use super::{Loss, LossConfigError, ViewEmbeddings, symmetric_consistency, transitive_consistency};

/// Constants of MvMHAT's loss, `loss: mvmhat`. The defaults are the published ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MvmhatLossConfig {
    /// delta of the adaptive temperature, between 0 and 1, exclusive. Default 0.5.
    pub temperature_delta: f64,
    /// epsilon of the adaptive temperature, over 0; the larger, the softer. Default 0.1 (training; 0.5 at inference).
    pub temperature_epsilon: f64,
    /// The margin m of cycle consistency. Default 0.5.
    pub margin: f64,
    /// Whether cycles through one other view count. Default true.
    pub symmetric: bool,
    /// Its weight, 0 or more. Default 1.
    pub symmetric_weight: f64,
    /// Whether cycles through two other views count. Default true.
    pub transitive: bool,
    /// Its weight, 0 or more. Default 1.
    pub transitive_weight: f64,
}

impl Default for MvmhatLossConfig {
    fn default() -> Self {
        let Temperature { delta, epsilon } = Temperature::default();
        Self {
            temperature_delta: delta,
            temperature_epsilon: epsilon,
            margin: 0.5,
            symmetric: true,
            symmetric_weight: 1.0,
            transitive: true,
            transitive_weight: 1.0,
        }
    }
}

impl MvmhatLossConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), LossConfigError> {
        self.temperature().validate()?;
        finite("margin", self.margin)?;
        not_negative("symmetric_weight", self.symmetric_weight)?;
        not_negative("transitive_weight", self.transitive_weight)
    }

    /// The adaptive temperature.
    pub fn temperature(&self) -> Temperature {
        Temperature { delta: self.temperature_delta, epsilon: self.temperature_epsilon }
    }

    /// The loss of a sample. A term with nothing to compare is 0.
    pub fn loss(&self, views: &ViewEmbeddings) -> Loss {
        let mut loss = Loss::new(views.zero());
        let temperature = self.temperature();
        if self.symmetric {
            let value = symmetric_consistency(views, &temperature, self.margin, None);
            loss.add("symmetric", self.symmetric_weight, &value);
        }
        if self.transitive {
            let value = transitive_consistency(views, &temperature, self.margin, None);
            loss.add("transitive", self.transitive_weight, &value);
        }
        loss
    }
}
