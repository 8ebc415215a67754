//! Stochastic gradient descent, with or without momentum.
//!
//! ```text
//! g = gradient + decay * p
//! v = momentum * v + g
//! p = p - rate * v                      or, Nesterov:  p = p - rate * (g + momentum * v)
//! ```
//!
//! Sutskever, Martens, Dahl and Hinton, *On the importance of initialization and momentum in deep learning* (ICML
//! 2013), in the form of PyTorch: the rate multiplies the velocity when it is applied, not when it is gathered.

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::{Optimizer, penalized, scalar, with_gradient};
use crate::Parameters;

/// How [`Sgd`] descends.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SgdConfig {
    /// How much of the velocity is left after a step; 0 for plain descent.
    pub momentum: f64,
    /// Looks ahead to where the velocity leads.
    pub nesterov: bool,
    /// Weight decay as an L2 penalty.
    pub decay: f64,
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
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], rate: f64) {
        let SgdConfig { momentum, nesterov, decay } = self.config;
        no_grad(|| {
            for (i, known) in with_gradient(parameters, gradients).enumerate() {
                let Some((parameter, mut p, g)) = known else { continue };
                let g = penalized(parameter, g, decay);
                let direction = match self.velocity.get_mut(i) {
                    None => g,
                    Some(v) => {
                        let _ = v.g_mul_scalar_(momentum).g_add_(&g);
                        if nesterov { g.addcmul(v, &scalar(momentum, v)) } else { v.shallow_clone() }
                    }
                };
                let _ = p.addcmul_(&direction, &scalar(-rate, &direction));
            }
        });
    }

    fn slots(&self) -> Vec<(&'static str, &[Tensor])> {
        if self.velocity.is_empty() { Vec::new() } else { vec![("velocity", &self.velocity)] }
    }
}
