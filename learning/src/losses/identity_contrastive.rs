//! A contrastive loss on identities that are pseudo-labels of the association.
//!
//! The association tracks people through all views by motion, by long-term appearance and, with calibrated cameras, by
//! ground-plane positions. Its identities are more reliable than the comparison of two crops, so they are the labels that
//! the embeddings are trained on. Better embeddings improve the association in turn: the data are relabeled periodically.
//!
//! For crop a with positives P(a), the other crops of its person, negatives Q(a), the crops of all other people, cosines s
//! and temperature t:
//!
//! ```text
//! L = mean over a and p in P(a) of  - ln( exp(s_ap / t) / (exp(s_ap / t) + sum over q in Q(a) of exp(s_aq / t)) )
//! ```
//!
//! This is InfoNCE (van den Oord et al., 2018) with several positives (Khosla et al., *Supervised Contrastive Learning*,
//! NeurIPS 2020), each contrasted with the negatives only. It is not part of the published losses.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::config_error::positive;
use super::{Loss, LossConfigError};

/// Constants of the contrastive loss, `loss: identities`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitiesLossConfig {
    /// t, over 0; the smaller, the more the most similar negatives count. Default 0.1.
    pub temperature: f64,
}

impl Default for IdentitiesLossConfig {
    fn default() -> Self {
        Self { temperature: 0.1 }
    }
}

impl IdentitiesLossConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), LossConfigError> {
        positive("temperature", self.temperature)
    }

    /// The loss of a batch: see [`identity_contrastive`].
    pub fn loss(&self, embeddings: &Tensor, identities: &Tensor) -> Loss {
        let mut loss = Loss::new(embeddings.sum(embeddings.kind()) * 0.0);
        loss.add("contrastive", 1.0, &identity_contrastive(embeddings, identities, self.temperature));
        loss
    }
}

/// The contrastive loss of `embeddings` (N x d, L2-normalized rows), a number; 0 where no crop has a positive and a
/// negative. `identities` (N integers) are those of the rows.
pub fn identity_contrastive(embeddings: &Tensor, identities: &Tensor, temperature: f64) -> Tensor {
    let kind = embeddings.kind();
    let same = identities.unsqueeze(1).eq_tensor(&identities.unsqueeze(0));
    let itself = Tensor::eye(same.size()[0], (Kind::Bool, same.device()));
    let has_negatives = same.logical_not().any_dim(1, true);
    let positives = same.logical_and(&itself.logical_not()).logical_and(&has_negatives);

    let similarity = embeddings.matmul(&embeddings.tr()) / temperature;
    // Without negatives this is minus infinity, which no gradient survives; such crops are left out.
    let negatives = similarity.masked_fill(&same, f64::NEG_INFINITY);
    let negatives = negatives.masked_fill(&has_negatives.logical_not(), 0.0);
    let others = negatives.logsumexp([1i64].as_slice(), true);
    // -ln(e^s / (e^s + e^o)) = ln(1 + e^(o - s))
    let losses = (others - similarity).logaddexp(&Tensor::zeros([1], (kind, embeddings.device())));
    let positives = positives.to_kind(kind);
    (losses * &positives).sum(kind) / positives.sum(kind).clamp_min(1.0)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn loss(embeddings: &[[f64; 2]], identities: &[i64], temperature: f64) -> f64 {
        let embeddings = Tensor::from_slice2(embeddings);
        identity_contrastive(&embeddings, &Tensor::from_slice(identities), temperature).double_value(&[])
    }

    const EAST: [f64; 2] = [1.0, 0.0];
    const NORTH: [f64; 2] = [0.0, 1.0];
    const BETWEEN: [f64; 2] = [0.6, 0.8];

    #[test]
    fn a_loss_by_hand() {
        // One person has the embeddings EAST and BETWEEN, another NORTH; t = 1. First crop: positive 0.6, negative 0:
        // ln(1 + e^(0 - 0.6)) = 0.4374879. Third: positive 0.6, negative 0.8: ln(1 + e^(0.8 - 0.6)) = 0.7981389.
        let value = loss(&[EAST, NORTH, BETWEEN], &[0, 1, 0], 1.0);
        assert!((value - 0.617_813_4).abs() < 1e-7, "{value}");
        // Whoever the numbers stand for.
        assert_eq!(value, loss(&[EAST, NORTH, BETWEEN], &[7, -3, 7], 1.0));
    }

    #[test]
    fn similar_embeddings_of_one_person_cost_less() {
        let crops = [EAST, NORTH, BETWEEN, NORTH];
        assert!(loss(&crops, &[0, 1, 0, 1], 0.1) < loss(&crops, &[0, 1, 1, 0], 0.1));
    }

    #[test]
    fn nothing_to_compare_is_zero_with_a_gradient() {
        for (rows, identities) in [(0, vec![]), (1, vec![4]), (3, vec![1, 1, 1]), (3, vec![1, 2, 3])] {
            let embeddings = Tensor::ones([rows, 2], (Kind::Double, Device::Cpu)).set_requires_grad(true);
            let loss = identity_contrastive(&embeddings, &Tensor::from_slice::<i64>(&identities), 0.1);
            assert_eq!(loss.double_value(&[]), 0.0);
            loss.backward();
            assert_eq!(embeddings.grad().abs().sum(Kind::Double).double_value(&[]), 0.0);
        }
    }
}
