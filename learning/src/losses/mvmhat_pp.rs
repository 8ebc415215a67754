//! The loss of MvMHAT++: cycle consistency that accounts for unmatched people, and an assignment network that learns from
//! pseudo-labels.
//!
//! ```text
//! embeddings -> soft assignments X (N x N) -> symmetric, transitive
//!                     |            \
//!                     |             linear assignment -> pseudo-labels Y (N x N, 0 or 1)
//!                     v                              |
//!            assignment network -> P (N x N) -> focal(P, Y), ||P - P^T||_F, ||P||_*, row and column sums
//! ```
//!
//! `L = symmetric + transitive + 5 focal + 0.002 symmetry + 0.0001 nuclear norm + 0.004 sums`: see the files of the terms.
//! Gradients flow through the network into the embeddings. Feng et al., *Unveiling the Power of Self-supervision for
//! Multi-view Multi-human Association and Tracking* (2024).

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::config_error::{finite, fraction, not_negative};
use super::cycle::Unmatched;
use super::temperature::Temperature;
use super::{
    Loss, LossConfigError, LossError, ViewEmbeddings, asymmetry, focal_cross_entropy, nuclear_norm,
    pseudo_labels, sum_excess, symmetric_consistency, transitive_consistency,
};

/// Constants of MvMHAT++'s loss, `loss: mvmhat_pp`. The defaults are the published ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MvmhatPpLossConfig {
    /// delta of the adaptive temperature, between 0 and 1, exclusive. Default 0.5.
    pub temperature_delta: f64,
    /// epsilon of the adaptive temperature, over 0; the larger, the softer. Default 0.1.
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
    /// Whether people who are not in the other view have a separate loss. Default true; with false the two terms above are
    /// those of MvMHAT.
    pub unmatched: bool,
    /// Smallest best entry of a soft assignment that counts as a match, 0 to 1. Default 0.5.
    pub match_threshold: f64,
    /// By how much the diagonal entry of an unmatched person may differ from the others. Default 0.4.
    pub unmatched_margin: f64,
    /// The weight of an unmatched person beside matched ones, 0 or more. Default 0.5.
    pub unmatched_weight: f64,
    /// Whether the network is trained on pseudo-labels. Default true.
    pub pseudo_labels: bool,
    /// Its weight, 0 or more. Default 5.
    pub pseudo_labels_weight: f64,
    /// Smallest soft assignment that makes a pseudo-label, 0 to 1. Default 0.5.
    pub pseudo_label_threshold: f64,
    /// gamma of the focal cross entropy, 0 or more. Default 2.
    pub focal_gamma: f64,
    /// Whether the network's output should be symmetric. Default true.
    pub symmetry: bool,
    /// Its weight, 0 or more. Default 0.002.
    pub symmetry_weight: f64,
    /// Whether the network's output should be of low rank. Default true.
    pub nuclear_norm: bool,
    /// Its weight, 0 or more. Default 0.0001.
    pub nuclear_norm_weight: f64,
    /// Whether row and column sums of the network's output should be between 1 and the number of views. Default
    /// true.
    pub sums: bool,
    /// Its weight, 0 or more. Default 0.004.
    pub sums_weight: f64,
}

impl Default for MvmhatPpLossConfig {
    fn default() -> Self {
        let Temperature { delta, epsilon } = Temperature::default();
        let Unmatched { match_threshold, margin, weight } = Unmatched::default();
        Self {
            temperature_delta: delta,
            temperature_epsilon: epsilon,
            margin: 0.5,
            symmetric: true,
            symmetric_weight: 1.0,
            transitive: true,
            transitive_weight: 1.0,
            unmatched: true,
            match_threshold,
            unmatched_margin: margin,
            unmatched_weight: weight,
            pseudo_labels: true,
            pseudo_labels_weight: 5.0,
            pseudo_label_threshold: 0.5,
            focal_gamma: 2.0,
            symmetry: true,
            symmetry_weight: 0.002,
            nuclear_norm: true,
            nuclear_norm_weight: 1e-4,
            sums: true,
            sums_weight: 0.004,
        }
    }
}

impl MvmhatPpLossConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), LossConfigError> {
        self.temperature().validate()?;
        finite("margin", self.margin)?;
        not_negative("symmetric_weight", self.symmetric_weight)?;
        not_negative("transitive_weight", self.transitive_weight)?;
        fraction("match_threshold", self.match_threshold)?;
        finite("unmatched_margin", self.unmatched_margin)?;
        not_negative("unmatched_weight", self.unmatched_weight)?;
        not_negative("pseudo_labels_weight", self.pseudo_labels_weight)?;
        fraction("pseudo_label_threshold", self.pseudo_label_threshold)?;
        not_negative("focal_gamma", self.focal_gamma)?;
        not_negative("symmetry_weight", self.symmetry_weight)?;
        not_negative("nuclear_norm_weight", self.nuclear_norm_weight)?;
        not_negative("sums_weight", self.sums_weight)
    }

    /// The adaptive temperature.
    pub fn temperature(&self) -> Temperature {
        Temperature { delta: self.temperature_delta, epsilon: self.temperature_epsilon }
    }

    /// The loss of a sample. A term with nothing to compare is 0.
    ///
    /// `network` takes the soft assignments (N x N) and gives probabilities (N x N, between 0 and 1, exclusive), as an
    /// [`AssignmentNetwork`](crate::AssignmentNetwork) does. It is not called if no term needs it.
    ///
    /// # Errors
    /// Embeddings that are not finite numbers.
    pub fn loss(
        &self,
        views: &ViewEmbeddings,
        network: impl FnOnce(&Tensor) -> Tensor,
    ) -> Result<Loss, LossError> {
        let mut loss = Loss::new(views.zero());
        let temperature = self.temperature();
        let unmatched = self.unmatched.then_some(Unmatched {
            match_threshold: self.match_threshold,
            margin: self.unmatched_margin,
            weight: self.unmatched_weight,
        });
        if self.symmetric {
            let value = symmetric_consistency(views, &temperature, self.margin, unmatched.as_ref());
            loss.add("symmetric", self.symmetric_weight, &value);
        }
        if self.transitive {
            let value = transitive_consistency(views, &temperature, self.margin, unmatched.as_ref());
            loss.add("transitive", self.transitive_weight, &value);
        }
        let asked = self.pseudo_labels || self.symmetry || self.nuclear_norm || self.sums;
        if asked && views.boxes() > 0 {
            let soft_assignments = views.soft_assignments(&temperature);
            let probabilities = network(&soft_assignments);
            if self.pseudo_labels {
                let labels = pseudo_labels(views, &soft_assignments, self.pseudo_label_threshold)?;
                let value = focal_cross_entropy(&probabilities, &labels, self.focal_gamma);
                loss.add("pseudo_labels", self.pseudo_labels_weight, &value);
            }
            self.add_regularizers(views, &probabilities, &mut loss);
        }
        Ok(loss)
    }

    fn add_regularizers(&self, views: &ViewEmbeddings, probabilities: &Tensor, loss: &mut Loss) {
        if self.symmetry {
            loss.add("symmetry", self.symmetry_weight, &asymmetry(probabilities));
        }
        if self.nuclear_norm {
            loss.add("nuclear_norm", self.nuclear_norm_weight, &nuclear_norm(probabilities));
        }
        if self.sums {
            loss.add("sums", self.sums_weight, &sum_excess(probabilities, views.sizes().len()));
        }
    }
}
