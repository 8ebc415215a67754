//! Adam: momentum and RMSprop combined, with bias correction.
//!
//! ```text
//! g = gradient + weight_decay * p
//! m = beta1 * m + (1 - beta1) * g
//! v = beta2 * v + (1 - beta2) * g^2
//! p = p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
//! ```
//!
//! with t the number of steps in which p had a gradient, including this one.
//!
//! Kingma and Ba, *Adam: A Method for Stochastic Optimization* (ICLR 2015, arXiv 1412.6980), algorithm 1.

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor, no_grad};

use super::{Optimizer, Parameters, penalized, with_gradient};

/// The hyperparameters of [`Adam`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamConfig {
    /// Decay rate of the moving average of the gradient.
    pub beta1: f64,
    /// Decay rate of the moving average of the squared gradient.
    pub beta2: f64,
    /// Added to the denominator, for numerical stability.
    pub epsilon: f64,
    /// Weight decay as an L2 penalty, which has little effect on parameters with large gradients; see
    /// [`AdamWConfig`](super::AdamWConfig) for decoupled weight decay.
    pub weight_decay: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl AdamConfig {
    /// The optimizer, before its first step.
    pub fn init(&self, parameters: &Parameters) -> Adam {
        let none = |_| Tensor::zeros([], (Kind::Int64, Device::Cpu));
        let steps = parameters.iter().map(none).collect();
        Adam { config: *self, steps, mean: parameters.zeros(), square: parameters.zeros() }
    }
}

/// Adam.
#[derive(Debug)]
pub struct Adam {
    config: AdamConfig,
    /// For each parameter the number of steps in which it had a gradient, a scalar tensor.
    steps: Vec<Tensor>,
    mean: Vec<Tensor>,
    square: Vec<Tensor>,
}

impl Optimizer for Adam {
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], lr: f64) {
        let AdamConfig { beta1, beta2, epsilon, weight_decay } = self.config;
        no_grad(|| {
            let state = self.steps.iter_mut().zip(&mut self.mean).zip(&mut self.square);
            for (update, ((steps, mean), square)) in with_gradient(parameters, gradients).zip(state) {
                let Some((parameter, mut p, g)) = update else { continue };
                let taken = steps.g_add_scalar_(1).int64_value(&[]);
                let correction = |beta: f64| 1.0 - beta.powf(taken as f64);
                let (step, root) = (lr / correction(beta1), correction(beta2).sqrt());
                let g = penalized(parameter, g, weight_decay);
                let _ = mean.lerp_(&g, 1.0 - beta1);
                let _ = square.lerp_(&g.square(), 1.0 - beta2);
                // -(sqrt(v) / root + epsilon) / step
                let scale = -1.0 / (root * step);
                if !(scale as f32).is_finite() {
                    // The step is too small to change any value, and 0 times infinity would be NaN.
                    continue;
                }
                let divisor = square.sqrt().g_mul_scalar_(scale).g_add_scalar_(-epsilon / step);
                let _ = p.addcdiv_(mean, &divisor);
            }
        });
    }

    fn slots(&self) -> Vec<(&'static str, &[Tensor])> {
        vec![("steps", &self.steps), ("mean", &self.mean), ("square", &self.square)]
    }
}
