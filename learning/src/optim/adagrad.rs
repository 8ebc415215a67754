//! AdaGrad: a learning rate per parameter, which falls with the accumulated squared gradients.
//!
//! ```text
//! g = gradient + weight_decay * p
//! s = s + g^2
//! p = p - lr * g / (sqrt(s) + epsilon)
//! ```
//!
//! Duchi, Hazan and Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic Optimization* (JMLR 2011).

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::{Optimizer, Parameters, penalized, with_gradient};

/// The hyperparameters of [`AdaGrad`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdaGradConfig {
    /// Added to the denominator, for numerical stability.
    pub epsilon: f64,
    /// Weight decay as an L2 penalty.
    pub weight_decay: f64,
}

impl Default for AdaGradConfig {
    fn default() -> Self {
        Self { epsilon: 1e-10, weight_decay: 0.0 }
    }
}

impl AdaGradConfig {
    /// The optimizer, before its first step.
    pub fn init(&self, parameters: &Parameters) -> AdaGrad {
        AdaGrad { config: *self, sum: parameters.zeros() }
    }
}

/// AdaGrad.
#[derive(Debug)]
pub struct AdaGrad {
    config: AdaGradConfig,
    sum: Vec<Tensor>,
}

impl Optimizer for AdaGrad {
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], lr: f64) {
        let AdaGradConfig { epsilon, weight_decay } = self.config;
        no_grad(|| {
            for (update, sum) in with_gradient(parameters, gradients).zip(&mut self.sum) {
                let Some((parameter, mut p, g)) = update else { continue };
                let g = penalized(parameter, g, weight_decay);
                let _ = sum.addcmul_(&g, &g);
                let divisor = sum.sqrt().g_add_scalar_(epsilon).g_mul_scalar_(-1.0 / lr);
                let _ = p.addcdiv_(&g, &divisor);
            }
        });
    }

    fn slots(&self) -> Vec<(&'static str, &[Tensor])> {
        vec![("sum", &self.sum)]
    }
}
