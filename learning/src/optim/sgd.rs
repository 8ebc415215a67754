//! Stochastic gradient descent, with or without momentum.
//!
//! ```text
//! g = gradient + weight_decay * p
//! v = momentum * v + g
//! p = p - lr * v                      or, Nesterov:  p = p - lr * (g + momentum * v)
//! ```
//!
//! Sutskever, Martens, Dahl and Hinton, *On the importance of initialization and momentum in deep learning* (ICML
//! 2013), in the form of PyTorch: the learning rate multiplies the velocity when it is applied, not when it is accumulated.

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::{Optimizer, Parameters, penalized, scalar, with_gradient};

/// The hyperparameters of [`Sgd`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SgdConfig {
    /// Decay rate of the velocity; 0 for plain gradient descent.
    pub momentum: f64,
    /// Whether the momentum is Nesterov's.
    pub nesterov: bool,
    /// Weight decay as an L2 penalty.
    pub weight_decay: f64,
}

impl SgdConfig {
    /// The optimizer, before its first step.
    pub fn init(&self, parameters: &Parameters) -> Sgd {
        let velocity = if self.momentum == 0.0 { Vec::new() } else { parameters.zeros() };
        Sgd { config: *self, velocity }
    }
}

/// Stochastic gradient descent.
#[derive(Debug)]
pub struct Sgd {
    config: SgdConfig,
    /// Empty without momentum.
    velocity: Vec<Tensor>,
}

impl Optimizer for Sgd {
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], lr: f64) {
        let SgdConfig { momentum, nesterov, weight_decay } = self.config;
        no_grad(|| {
            for (i, update) in with_gradient(parameters, gradients).enumerate() {
                let Some((parameter, mut p, g)) = update else { continue };
                let g = penalized(parameter, g, weight_decay);
                let direction = match self.velocity.get_mut(i) {
                    None => g,
                    Some(v) => {
                        let _ = v.g_mul_scalar_(momentum).g_add_(&g);
                        if nesterov { g.addcmul(v, &scalar(momentum, v)) } else { v.shallow_clone() }
                    }
                };
                let _ = p.addcmul_(&direction, &scalar(-lr, &direction));
            }
        });
    }

    fn slots(&self) -> Vec<(&'static str, &[Tensor])> {
        if self.velocity.is_empty() { Vec::new() } else { vec![("velocity", &self.velocity)] }
    }
}
