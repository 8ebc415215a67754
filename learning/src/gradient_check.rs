//! Gradient checking: autograd against central finite differences of the loss.
//!
//! ```text
//! dL/dp  ~  (L(p + h) - L(p - h)) / 2h
//! ```
//!
//! The truncation error is proportional to h^2 and the rounding error to 1/h, so double precision is needed.

use mvmhat_random::Random;
use tch::nn::VarStore;
use tch::{Tensor, no_grad};

use crate::Parameters;

/// h, for parameters of the order of 1.
const STEP: f64 = 1e-6;

/// The largest difference between the gradient of `loss` and its numerical estimate, over `entries` random entries of every
/// trained variable; infinite if either is NaN. The store must be in double precision ([`VarStore::double`]), and the loss
/// a pure function of it.
///
/// # Errors
/// If the loss is not one number or depends on no variable.
pub fn gradient_difference(
    store: &VarStore,
    entries: usize,
    seed: u64,
    loss: impl Fn() -> Tensor,
) -> Result<f64, tch::TchError> {
    let parameters = Parameters::trainable(store);
    let gradients = parameters.gradients(&loss())?;
    let value = || no_grad(|| loss().double_value(&[]));
    let mut largest: f64 = 0.0;
    for (parameter, gradient) in parameters.iter().zip(&gradients).filter(|(_, gradient)| gradient.defined())
    {
        let (values, gradient) = (parameter.tensor.view([-1]), gradient.reshape([-1]));
        let mut random = Random::new(seed, &format!("places of {}", parameter.name));
        for _ in 0..entries {
            let entry = random.below(parameter.tensor.numel()) as i64;
            let here = values.double_value(&[entry]);
            let set = |value: f64| no_grad(|| _ = values.get(entry).fill_(value));
            set(here + STEP);
            let above = value();
            set(here - STEP);
            let below = value();
            set(here);
            let estimate = (above - below) / (2.0 * STEP);
            let difference = (estimate - gradient.double_value(&[entry])).abs();
            // `max` would ignore NaN.
            largest = if difference.is_nan() { f64::INFINITY } else { largest.max(difference) };
        }
    }
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn a_correct_gradient_passes_and_a_wrong_one_does_not() {
        let mut store = VarStore::new(Device::Cpu);
        store.set_kind(Kind::Double);
        let x = store.root().var_copy("x", &Tensor::from_slice(&[0.3, -1.2, 2.0]));
        let right = gradient_difference(&store, 3, 0, || (x.sin() * &x).sum(Kind::Double)).unwrap();
        assert!(right < 1e-9, "{right}");
        // The value depends on both factors, the gradient on the first only.
        let wrong = gradient_difference(&store, 3, 0, || (x.sin() * x.detach()).sum(Kind::Double)).unwrap();
        assert!(wrong > 0.1, "{wrong}");
        let none = gradient_difference(&store, 3, 0, || (&x * f64::NAN).sum(Kind::Double)).unwrap();
        assert_eq!(none, f64::INFINITY);
    }
}
