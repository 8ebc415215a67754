//! RMSprop: gradients divided by a moving average of their magnitude.
//!
//! ```text
//! g = gradient + weight_decay * p
//! s = smoothing * s + (1 - smoothing) * g^2
//! m = smoothing * m + (1 - smoothing) * g              only if centered, else 0
//! d = g / (sqrt(s - m^2) + epsilon)
//! v = momentum * v + d
//! p = p - lr * v
//! ```
//!
//! Tieleman and Hinton, *Lecture 6.5 of Neural Networks for Machine Learning* (2012); centered as in Graves,
//! *Generating Sequences With Recurrent Neural Networks* (arXiv 1308.0850), with epsilon outside of the root as in
//! PyTorch.

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::{Optimizer, Parameters, penalized, scalar, with_gradient};

/// The hyperparameters of [`RmsProp`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RmsPropConfig {
    /// Decay rate of the moving average of the squared gradient.
    pub smoothing: f64,
    /// Added to the denominator, for numerical stability.
    pub epsilon: f64,
    /// Decay rate of the velocity; 0 for no momentum.
    pub momentum: f64,
    /// Whether the gradient is normalized by its variance instead of its second moment.
    pub centered: bool,
    /// Weight decay as an L2 penalty.
    pub weight_decay: f64,
}

impl Default for RmsPropConfig {
    fn default() -> Self {
        Self { smoothing: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false, weight_decay: 0.0 }
    }
}

impl RmsPropConfig {
    /// The optimizer, before its first step.
    pub fn init(&self, parameters: &Parameters) -> RmsProp {
        let if_needed = |needed: bool| if needed { parameters.zeros() } else { Vec::new() };
        RmsProp {
            config: *self,
            square: parameters.zeros(),
            mean: if_needed(self.centered),
            velocity: if_needed(self.momentum != 0.0),
        }
    }
}

/// RMSprop.
#[derive(Debug)]
pub struct RmsProp {
    config: RmsPropConfig,
    square: Vec<Tensor>,
    /// Empty unless centered.
    mean: Vec<Tensor>,
    /// Empty without momentum.
    velocity: Vec<Tensor>,
}

impl Optimizer for RmsProp {
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], lr: f64) {
        let RmsPropConfig { smoothing, epsilon, momentum, weight_decay, .. } = self.config;
        no_grad(|| {
            for (i, (update, square)) in
                with_gradient(parameters, gradients).zip(&mut self.square).enumerate()
            {
                let Some((parameter, mut p, g)) = update else { continue };
                let g = penalized(parameter, g, weight_decay);
                let _ = square.lerp_(&g.square(), 1.0 - smoothing);
                let mut divisor = match self.mean.get_mut(i) {
                    None => square.sqrt(),
                    Some(mean) => {
                        let _ = mean.lerp_(&g, 1.0 - smoothing);
                        (&*square - mean.square()).sqrt_()
                    }
                };
                let _ = divisor.g_add_scalar_(epsilon);
                let _ = match self.velocity.get_mut(i) {
                    None => p.addcdiv_(&g, &divisor.g_mul_scalar_(-1.0 / lr)),
                    Some(v) => {
                        let _ = v.g_mul_scalar_(momentum).addcdiv_(&g, &divisor);
                        p.addcmul_(v, &scalar(-lr, v))
                    }
                };
            }
        });
    }

    fn slots(&self) -> Vec<(&'static str, &[Tensor])> {
        let slots = [("square", &self.square), ("mean", &self.mean), ("velocity", &self.velocity)];
        let used = slots.into_iter().filter(|(_, tensors)| !tensors.is_empty());
        used.map(|(name, tensors)| (name, tensors.as_slice())).collect()
    }
}
