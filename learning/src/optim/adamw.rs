//! AdamW: Adam with decoupled weight decay.
//!
//! ```text
//! p = p - lr * weight_decay * p
//! then a step of Adam without weight decay
//! ```
//!
//! Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (ICLR 2019, arXiv 1711.05101), algorithm 2.

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::{Adam, AdamConfig, Optimizer, Parameters, with_gradient};

/// The hyperparameters of [`AdamW`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    /// Decay rate of the moving average of the gradient.
    pub beta1: f64,
    /// Decay rate of the moving average of the squared gradient.
    pub beta2: f64,
    /// Added to the denominator, for numerical stability.
    pub epsilon: f64,
    /// Decoupled weight decay: the fraction of a parameter that is subtracted in a step of learning rate 1.
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
