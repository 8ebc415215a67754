//! AdamW: Adam whose weight decay does not go through the moments.
//!
//! ```text
//! p = p - rate * decay * p
//! then a step of Adam without decay
//! ```
//!
//! Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (ICLR 2019, arXiv 1711.05101), algorithm 2.

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::{Adam, AdamConfig, Optimizer, with_gradient};
use crate::Parameters;

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
    /// Decoupled weight decay: the share of a parameter that is lost in a step of rate 1.
    pub decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01 }
    }
}

impl AdamWConfig {
    /// The optimizer, before its first step.
    pub fn init(&self, parameters: &Parameters) -> AdamW {
        let Self { beta1, beta2, epsilon, decay } = *self;
        AdamW { adam: AdamConfig { beta1, beta2, epsilon, decay: 0.0 }.init(parameters), decay }
    }
}

/// Adam with decoupled weight decay.
#[derive(Debug)]
pub struct AdamW {
    adam: Adam,
    decay: f64,
}

impl Optimizer for AdamW {
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], rate: f64) {
        no_grad(|| {
            for (parameter, mut p, _) in with_gradient(parameters, gradients).flatten() {
                if parameter.decays {
                    let _ = p.g_mul_scalar_(1.0 - rate * self.decay);
                }
            }
        });
        self.adam.step(parameters, gradients, rate);
    }

    fn slots(&self) -> Vec<(&'static str, &[Tensor])> {
        self.adam.slots()
    }
}
