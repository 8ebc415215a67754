//! Gradient clipping by norm.

use tch::{Tensor, no_grad};

/// The norm of all gradients as one vector. Undefined gradients count as zero.
///
/// It is not finite if a gradient has an entry that is not.
pub fn gradient_norm(gradients: &[Tensor]) -> f64 {
    no_grad(|| {
        let norms: Vec<_> = gradients.iter().filter(|g| g.defined()).map(Tensor::norm).collect();
        if norms.is_empty() { 0.0 } else { Tensor::stack(&norms, 0).norm().double_value(&[]) }
    })
}

/// Scales all gradients by one factor, in place, so that their norm is at most `max`; `norm` is their
/// [`gradient_norm`]. As PyTorch's `clip_grad_norm_`, which divides by the norm plus 1e-6.
///
/// Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks* (ICML 2013, arXiv 1211.5063),
/// algorithm 1.
pub fn clip_gradients(gradients: &mut [Tensor], norm: f64, max: f64) {
    let factor = max / (norm + 1e-6);
    if factor < 1.0 {
        no_grad(|| {
            for gradient in gradients.iter_mut().filter(|g| g.defined()) {
                let _ = gradient.g_mul_scalar_(factor);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradients() -> [Tensor; 3] {
        [Tensor::from_slice(&[3f32, 0.0]), Tensor::new(), Tensor::from_slice(&[0f32, -4.0])]
    }

    #[test]
    fn three_and_four_are_five_together() {
        assert!((gradient_norm(&gradients()) - 5.0).abs() < 1e-6);
        assert_eq!(gradient_norm(&[Tensor::new()]), 0.0);
        assert!(gradient_norm(&[Tensor::from_slice(&[f32::NAN])]).is_nan());
    }

    #[test]
    fn long_gradients_keep_their_direction() {
        let mut clipped = gradients();
        clip_gradients(&mut clipped, 5.0, 1.0);
        // 3 / 5 and -4 / 5, but for the 1e-6
        assert!((clipped[0].double_value(&[0]) - 0.6).abs() < 1e-6);
        assert!((clipped[2].double_value(&[1]) + 0.8).abs() < 1e-6);
    }

    #[test]
    fn short_gradients_stay() {
        let mut clipped = gradients();
        clip_gradients(&mut clipped, 5.0, 5.1);
        assert_eq!(clipped[0], gradients()[0]);
        assert_eq!(clipped[2], gradients()[2]);
    }
}
