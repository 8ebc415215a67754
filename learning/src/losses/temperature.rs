//! The adaptive temperature, `tau(n) = ln(delta / (1 - delta) n) / epsilon`, and the soft assignment it sharpens,
//! `X = row-softmax(tau(n) S)` with n the number of columns of S (Gan et al., equation 3).
//!
//! The more candidates there are, the larger a cosine must be to dominate a softmax; with tau the best candidate keeps a
//! fixed probability whatever their number. A single candidate has probability 1: tau(1) = 0 at delta = 0.5.

use tch::{Kind, Tensor};

use super::LossConfigError;
use super::config_error::{positive, require};

/// Constants of the adaptive temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temperature {
    /// delta, at least 0.5 and below 1.
    pub delta: f64,
    /// epsilon, over 0; the larger, the softer.
    pub epsilon: f64,
}

impl Default for Temperature {
    /// The published values of training.
    fn default() -> Self {
        Self { delta: 0.5, epsilon: 0.1 }
    }
}

impl Temperature {
    /// Whether both values are in their range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub(super) fn validate(&self) -> Result<(), LossConfigError> {
        // Below a half the temperature of two candidates may be negative, which prefers the least alike.
        let sharpens = (0.5..1.0).contains(&self.delta);
        require("temperature_delta", self.delta, sharpens, "at least 0.5 and below 1")?;
        positive("temperature_epsilon", self.epsilon)
    }

    /// tau for each number of candidates in `candidates` (integers, at least 1), in the same shape.
    pub fn tau(&self, candidates: &Tensor, kind: Kind) -> Tensor {
        (candidates.to_kind(kind) * (self.delta / (1.0 - self.delta))).log() / self.epsilon
    }

    /// The soft assignments of `similarity`, B x n x m, of which only the first `columns` (B integers, at least 1) columns
    /// are real; the others come out as 0.
    pub(super) fn soft_assignment(&self, similarity: &Tensor, columns: &Tensor) -> Tensor {
        let padding = Tensor::arange(similarity.size()[2], (Kind::Int64, similarity.device()))
            .ge_tensor(&columns.unsqueeze(-1))
            .unsqueeze(1);
        let tau = self.tau(columns, similarity.kind()).view([-1, 1, 1]);
        (similarity * tau).masked_fill(&padding, f64::NEG_INFINITY).softmax(-1, similarity.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_by_hand() {
        // ln(1) / 0.1 = 0 and ln(4) / 0.1 = 13.862944; with delta = 0.75 the argument is three times as large.
        let candidates = Tensor::from_slice(&[1i64, 4]);
        let tau = Temperature::default().tau(&candidates, Kind::Double);
        assert!(tau.allclose(&Tensor::from_slice(&[0.0, 13.862_943_611]), 0.0, 1e-8, false));
        let tau = Temperature { delta: 0.75, epsilon: 0.5 }.tau(&candidates, Kind::Double);
        assert!(tau.allclose(&Tensor::from_slice(&[2.197_224_577, 4.969_813_300]), 0.0, 1e-8, false));
    }

    #[test]
    fn a_softmax_by_hand() {
        // epsilon = 1, two columns: tau = ln 2. exp(ln 2 * [1, 0]) = [2, 1], so 2/3 and 1/3; the third column is padding.
        let temperature = Temperature { delta: 0.5, epsilon: 1.0 };
        let similarity = Tensor::from_slice(&[1.0, 0.0, 9.0]).view([1, 1, 3]);
        let soft = temperature.soft_assignment(&similarity, &Tensor::from_slice(&[2i64]));
        let expected = Tensor::from_slice(&[2.0 / 3.0, 1.0 / 3.0, 0.0]).view([1, 1, 3]);
        assert!(soft.allclose(&expected, 0.0, 1e-12, false), "{soft:?}");
    }
}
