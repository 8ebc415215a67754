//! The exponential moving average of the weights.

use tch::nn::VarStore;
use tch::{Tensor, no_grad};

use super::sorted_variables;

/// The exponential moving average (EMA) of all variables of a network, including the running statistics of its
/// normalizations. It usually generalizes better than the last weights (Polyak and Juditsky 1992).
///
/// ```text
/// average = d * average + (1 - d) * variable         d = min(decay, (1 + t) / (10 + t)) at step t = 1, 2, …
/// ```
///
/// The smaller `d` at the beginning lets the average forget the initialization (as TensorFlow's
/// `ExponentialMovingAverage` does).
#[derive(Debug)]
pub struct Ema {
    decay: f64,
    variables: Vec<Tensor>,
    averages: Vec<(String, Tensor)>,
}

impl Ema {
    /// The average before the first step: the variables themselves.
    pub fn new(store: &VarStore, decay: f64) -> Self {
        let (averages, variables) = sorted_variables(store)
            .into_iter()
            .map(|(name, variable)| ((name, variable.detach().copy()), variable.detach()))
            .unzip();
        Self { decay, variables, averages }
    }

    /// Updates the average after a step; `number` is 1 after the first.
    pub fn update(&mut self, number: u64) {
        let t = number as f64;
        let decay = self.decay.min((1.0 + t) / (10.0 + t));
        no_grad(|| {
            for ((_, average), variable) in self.averages.iter_mut().zip(&self.variables) {
                let _ = average.lerp_(variable, 1.0 - decay);
            }
        });
    }

    /// Swaps variables and averages; a second call restores them.
    pub fn swap(&mut self) {
        no_grad(|| {
            for ((_, average), variable) in self.averages.iter_mut().zip(&mut self.variables) {
                let kept = variable.copy();
                variable.copy_(average);
                average.copy_(&kept);
            }
        });
    }

    /// Names and averages in the order of names; the tensors are handles that a checkpoint can be restored into.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.averages.iter().map(|(name, average)| (name.as_str(), average))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn averages_by_hand() {
        let store = VarStore::new(Device::Cpu);
        let mut x = store.root().zeros_no_train("x", &[1]);
        let mut ema = Ema::new(&store, 0.25);
        let value = |ema: &Ema| ema.iter().next().unwrap().1.double_value(&[0]);
        // d = min(1/4, 2/11) = 2/11: 2/11 * 0 + 9/11 * 11 = 9
        let _ = x.fill_(11.0);
        ema.update(1);
        assert!((value(&ema) - 9.0).abs() < 1e-6);
        // d = min(1/4, 3/12) = 1/4: 9/4 + 3/4 * 1 = 3
        let _ = x.fill_(1.0);
        ema.update(2);
        assert!((value(&ema) - 3.0).abs() < 1e-6);
        // d = min(1/4, 4/13) = 1/4: 3/4 + 3/4 * 5 = 4.5
        let _ = x.fill_(5.0);
        ema.update(3);
        assert!((value(&ema) - 4.5).abs() < 1e-6);
        ema.swap();
        assert!((x.double_value(&[0]) - 4.5).abs() < 1e-6);
        assert_eq!(value(&ema), 5.0);
        ema.swap();
        assert_eq!(x.double_value(&[0]), 5.0);
    }
}
