//! Focal cross entropy, balanced between the classes.
//!
//! With probabilities p, targets y of 0 or 1, and the fraction of positives among the targets, s:
//!
//! ```text
//! L = mean over all entries of  - (1 - s) y (1 - p)^gamma ln p  -  s (1 - y) p^gamma ln(1 - p)
//! ```
//!
//! Few entries of an assignment are 1, so they are weighted as much as all zeros together; gamma reduces the weight of
//! well-classified entries (Lin et al., *Focal Loss for Dense Object Detection*, ICCV 2017).

use tch::Tensor;

/// The loss of `probabilities`, between 0 and 1, exclusive, against `targets` of the same shape; 0 if they are empty.
pub fn focal_cross_entropy(probabilities: &Tensor, targets: &Tensor, gamma: f64) -> Tensor {
    let kind = probabilities.kind();
    let entries = probabilities.numel().max(1) as f64;
    let share = targets.sum(kind) / entries;
    let other: Tensor = 1.0 - probabilities;
    let negatives: Tensor = 1.0 - targets;
    let hit: Tensor = targets * other.pow_tensor_scalar(gamma) * probabilities.log() * (1.0 - &share);
    let pass: Tensor = negatives * probabilities.pow_tensor_scalar(gamma) * other.log() * &share;
    (hit + pass).sum(kind) / -entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_by_hand() {
        // One of four is positive: s = 1/4.
        // 3/4 * 0.2^2 * -ln 0.8 + 1/4 * (0.5^2 * -ln 0.5 + 0.1^2 * -ln 0.9 + 0.4^2 * -ln 0.6)
        //   = 0.0066943 + (0.1732868 + 0.0010536 + 0.0817321) / 4 = 0.0707124; / 4 = 0.0176781
        let probabilities = Tensor::from_slice(&[0.8, 0.5, 0.1, 0.4]);
        let targets = Tensor::from_slice(&[1.0, 0.0, 0.0, 0.0]);
        let loss = focal_cross_entropy(&probabilities, &targets, 2.0).double_value(&[]);
        assert!((loss - 0.017_678_1).abs() < 1e-7, "{loss}");
    }

    #[test]
    fn without_focus_and_with_equal_classes_it_is_half_the_cross_entropy() {
        let probabilities = Tensor::from_slice(&[0.8, 0.3]);
        let targets = Tensor::from_slice(&[1.0, 0.0]);
        let loss = focal_cross_entropy(&probabilities, &targets, 0.0).double_value(&[]);
        let expected = -(0.8f64.ln() + 0.7f64.ln()) / 2.0 / 2.0;
        assert!((loss - expected).abs() < 1e-12);
    }
}
