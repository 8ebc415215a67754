//! The varifocal loss of a score that predicts the IoU of a box.
//!
//! ```text
//! p = sigmoid(logit), q: IoU of the box with its ground-truth box, 0 for a negative
//! L = q BCE(p, q)             q > 0
//!     alpha p^gamma BCE(p, 0) q = 0
//! ```
//!
//! Zhang, Wang, Dayoub, Sünderhauf, *VarifocalNet: An IoU-aware Dense Object Detector* (CVPR 2021, arXiv 2008.13367),
//! equation 2. The many easy negatives have little weight, and positives are weighted by their IoU.

use tch::Tensor;

/// The loss of each logit, of the shape of `logits`. `fits` are the q above; nothing flows back into them, nor into the
/// weights of negatives.
pub fn varifocal(logits: &Tensor, fits: &Tensor, alpha: f64, gamma: f64) -> Tensor {
    let fits = fits.detach();
    let negative = logits.detach().sigmoid().pow_tensor_scalar(gamma) * alpha;
    let weights = fits.where_self(&fits.gt(0.0), &negative);
    // BCE from logits: max(x, 0) - x q + ln(1 + exp(-|x|)), which never overflows.
    let crossed = logits.relu() - logits * &fits + (-logits.abs()).exp().log1p();
    crossed * weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Logit 0: p = 1/2. Positive of q = 0.8: 0.8 ln 2. Negative: 0.75 (1/2)^2 ln 2.
        // Logit ln 3: p = 3/4. Negative: 0.75 (9/16) ln 4.
        let logits = Tensor::from_slice(&[0.0, 0.0, 3f64.ln()]);
        let losses = varifocal(&logits, &Tensor::from_slice(&[0.8, 0.0, 0.0]), 0.75, 2.0);
        let expected = [0.8 * 2f64.ln(), 0.75 / 4.0 * 2f64.ln(), 0.75 * 9.0 / 16.0 * 4f64.ln()];
        assert!(losses.allclose(&Tensor::from_slice(&expected), 1e-12, 1e-12, false), "{losses:?}");
    }

    #[test]
    fn a_positive_is_least_where_the_score_is_the_fit_and_far_logits_stay_finite() {
        let logits = Tensor::from_slice(&[0.3f64 / 0.7]).log().set_requires_grad(true);
        varifocal(&logits, &Tensor::from_slice(&[0.3]), 0.75, 2.0).sum(tch::Kind::Double).backward();
        assert!(logits.grad().double_value(&[0]).abs() < 1e-12);
        let far = Tensor::from_slice(&[-1e4, 1e4]).set_requires_grad(true);
        let loss = varifocal(&far, &Tensor::from_slice(&[0.5, 0.0]), 0.75, 2.0).sum(tch::Kind::Double);
        // 0.5 * 0.5 * 10^4 and 0.75 * 10^4.
        assert!((loss.double_value(&[]) - 1e4).abs() < 1e-6);
        loss.backward();
        assert!(far.grad().isfinite().all().int64_value(&[]) == 1);
    }
}
