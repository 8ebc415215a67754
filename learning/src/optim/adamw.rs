//! AdamW: Adam whose weight decay does not go through the moments.
//!
//! ```text
//! p = p - lr * weight_decay * p
//! then a step of Adam without decay
//! ```
//!
//! Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (ICLR 2019, arXiv 1711.05101), algorithm 2.

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::{Adam, AdamConfig, Optimizer, Parameters, with_gradient};

/// How [`AdamW`] descends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    /// How much of the former mean gradient is kept.
    pub beta1: f64,
    /// How much of the former mean square is kept.
    pub beta2: f64,
    /// Keeps steps finite where the gradient is small.
    pub epsilon: f64,
    /// Decoupled weight decay: the share of a parameter that is lost in a step of learning rate 1.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }
    }
}

impl AdamWConfig {
    /// The optimizer, before its first step.
    pub fn init(&self, parameters: &Parameters) -> AdamW {
        let Self { beta1, beta2, epsilon, weight_decay } = *self;
        AdamW { adam: AdamConfig { beta1, beta2, epsilon, weight_decay: 0.0 }.init(parameters), weight_decay }
    }
}

/// Adam with decoupled weight decay.
#[derive(Debug)]
pub struct AdamW {
    adam: Adam,
    weight_decay: f64,
}

impl Optimizer for AdamW {
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], lr: f64) {
        no_grad(|| {
            for (parameter, mut p, _) in with_gradient(parameters, gradients).flatten() {
                if parameter.decays {
                    let _ = p.g_mul_scalar_(1.0 - lr * self.weight_decay);
                }
            }
        });
        self.adam.step(parameters, gradients, lr);
    }

    fn slots(&self) -> Vec<(&'static str, &[Tensor])> {
        self.adam.slots()
    }
}
