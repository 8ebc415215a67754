//! Optimizers.
//!
//! One optimizer per file, which begins with its formulas; the update rules are exactly those of PyTorch. An [`Optimizer`]
//! gets the gradients and the learning rate, and its state consists of tensors only: a checkpoint holds its
//! [`Optimizer::slots`]. Further modules are [`Parameters`], the [`LearningRate`] schedule, gradient clipping and the
//! moving average of the weights ([`Ema`]).
//!
//! ```
//! use mvmhat_learning::{AdamConfig, Init, Optimizer, Parameters};
//! use tch::{Device, Kind, nn};
//!
//! let store = nn::VarStore::new(Device::Cpu);
//! let x = Init::Constant(3.0).variable(&store.root(), "x", &[1], 0)?;
//! let parameters = Parameters::trainable(&store);
//! let mut adam = AdamConfig::default().init(&parameters);
//! for _ in 0..500 {
//!     let loss = (&x - 1.0).square().sum(Kind::Float);
//!     adam.step(&parameters, &parameters.gradients(&loss)?, 0.05);
//! }
//! assert!((x.double_value(&[0]) - 1.0).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adagrad;
mod adam;
mod adamw;
mod ema;
mod grad_clip;
mod learning_rate;
mod parameters;
#[cfg(test)]
mod parity;
mod rmsprop;
mod sgd;

pub use adagrad::{AdaGrad, AdaGradConfig};
pub use adam::{Adam, AdamConfig};
pub use adamw::{AdamW, AdamWConfig};
pub use ema::Ema;
pub use grad_clip::{clip_gradients, gradient_norm};
pub use learning_rate::{LearningRate, LrSchedule};
pub use parameters::{FreezeError, Parameter, Parameters, freeze, sorted_variables};
pub use rmsprop::{RmsProp, RmsPropConfig};
pub use sgd::{Sgd, SgdConfig};

use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Updates parameters with their gradients.
pub trait Optimizer {
    /// Takes a step with the learning rate `lr`. `gradients` are those of the `parameters` that the optimizer was made for, in
    /// the same order; a parameter whose gradient is undefined is not changed, and neither is its optimizer state.
    fn step(&mut self, parameters: &Parameters, gradients: &[Tensor], lr: f64);

    /// The optimizer state: per slot a name, and one tensor per parameter. The tensors are handles, so that copying into them
    /// restores an earlier state.
    fn slots(&self) -> Vec<(&'static str, &[Tensor])>;
}

/// An optimizer by name, in a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum OptimizerConfig {
    /// Stochastic gradient descent, with or without momentum.
    Sgd(SgdConfig),
    /// AdaGrad.
    AdaGrad(AdaGradConfig),
    /// RMSprop.
    RmsProp(RmsPropConfig),
    /// Adam.
    Adam(AdamConfig),
    /// Adam with decoupled weight decay.
    AdamW(AdamWConfig),
}

impl OptimizerConfig {
    /// Checks all values: the first invalid key, and what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        // Decay rates of moving averages, epsilon, and the weight decay.
        let (decay_rates, epsilon, weight_decay) = match *self {
            Self::Sgd(c) if c.nesterov && c.momentum == 0.0 => {
                return Err(("optimizer.nesterov", "needs a momentum above 0".into()));
            }
            Self::Sgd(c) => (vec![("optimizer.momentum", c.momentum)], None, c.weight_decay),
            Self::AdaGrad(c) => (vec![], Some(c.epsilon), c.weight_decay),
            Self::RmsProp(c) => {
                let decay_rates =
                    vec![("optimizer.smoothing", c.smoothing), ("optimizer.momentum", c.momentum)];
                (decay_rates, Some(c.epsilon), c.weight_decay)
            }
            Self::Adam(AdamConfig { beta1, beta2, epsilon, weight_decay })
            | Self::AdamW(AdamWConfig { beta1, beta2, epsilon, weight_decay }) => {
                (vec![("optimizer.beta1", beta1), ("optimizer.beta2", beta2)], Some(epsilon), weight_decay)
            }
        };
        if let Some((key, value)) = decay_rates.into_iter().find(|(_, value)| !(0.0..1.0).contains(value)) {
            return Err((key, format!("must be at least 0 and below 1, and is {value}")));
        }
        if let Some(epsilon) = epsilon.filter(|epsilon| !(epsilon.is_finite() && *epsilon > 0.0)) {
            return Err(("optimizer.epsilon", format!("must be above 0 and finite, and is {epsilon}")));
        }
        if !(weight_decay.is_finite() && weight_decay >= 0.0) {
            let reason = format!("must be at least 0 and finite, and is {weight_decay}");
            return Err(("optimizer.weight_decay", reason));
        }
        Ok(())
    }

    /// The optimizer, before its first step.
    pub fn init(&self, parameters: &Parameters) -> Box<dyn Optimizer> {
        match self {
            Self::Sgd(config) => Box::new(config.init(parameters)),
            Self::AdaGrad(config) => Box::new(config.init(parameters)),
            Self::RmsProp(config) => Box::new(config.init(parameters)),
            Self::Adam(config) => Box::new(config.init(parameters)),
            Self::AdamW(config) => Box::new(config.init(parameters)),
        }
    }
}

/// Each parameter with handles on its tensor and its gradient; None for a parameter that the loss does not depend on.
fn with_gradient<'a>(
    parameters: &'a Parameters,
    gradients: &'a [Tensor],
) -> impl Iterator<Item = Option<(&'a Parameter, Tensor, Tensor)>> {
    parameters.iter().zip(gradients).map(|(parameter, gradient)| {
        gradient.defined().then(|| (parameter, parameter.tensor.shallow_clone(), gradient.shallow_clone()))
    })
}

/// The gradient of the loss plus `weight_decay / 2` times the square of the parameter: weight decay as an L2 penalty.
fn penalized(parameter: &Parameter, gradient: Tensor, weight_decay: f64) -> Tensor {
    if weight_decay == 0.0 || !parameter.decays {
        return gradient;
    }
    gradient.addcmul(&parameter.tensor, &scalar(weight_decay, &gradient))
}

/// `value` as a tensor for a fused multiply-add: one pass over memory instead of two.
fn scalar(value: f64, like: &Tensor) -> Tensor {
    Tensor::from(value).to_kind(like.kind()).to_device(like.device())
}
