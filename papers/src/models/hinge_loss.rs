//! Two losses of a classifier: the multiclass hinge of support vector machines, and softmax cross entropy.
//!
//! ```text
//! hinge           sum over wrong classes of max(0, s_wrong - s_right + 1)
//! cross entropy   -log softmax(s)_right
//! ```
//!
//! CS231n, *Linear Classification*. An untrained network gives all classes about the same score, so its losses are C - 1
//! and ln C: the first sanity check of a training run.

use mvmhat_learning::{Init, LinearConfig, gradient_difference};
use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use tch::nn::VarStore;
use tch::{Device, Kind, Reduction, Tensor};

use crate::experiment::{ExperimentError, PreparedExperiment, Results};

/// Number of samples, and of features per sample.
const SAMPLES: i64 = 64;
const FEATURES: i64 = 20;

/// The mean loss of scores, N x C, and labels, N.
type Loss = fn(&Tensor, &Tensor) -> Tensor;

/// The two losses on synthetic samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HingeLossConfig {
    /// Number of classes.
    pub classes: i64,
}

impl HingeLossConfig {
    pub(super) fn prepare(&self, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        if self.classes < 2 {
            return Err(ExperimentError::setting(
                "classes",
                format!("must be at least 2, and is {}", self.classes),
            ));
        }
        let mut store = VarStore::new(Device::Cpu);
        let weight = Init::Normal { deviation: 1e-4 };
        let layer = LinearConfig { weight, ..LinearConfig::new(FEATURES, self.classes) };
        let layer = layer.init(&store.root(), seed)?;
        store.double();
        let mut random = Random::new(seed, "samples");
        let samples: Vec<_> = (0..SAMPLES * FEATURES).map(|_| random.normal()).collect();
        let samples = Tensor::from_slice(&samples).view([SAMPLES, FEATURES]);
        let labels: Vec<_> = (0..SAMPLES).map(|_| random.below(self.classes as usize) as i64).collect();
        let labels = Tensor::from_slice(&labels);

        let mut results = Results::default();
        let losses = [
            ("hinge", hinge as Loss, (self.classes - 1) as f64),
            ("cross entropy", cross_entropy, (self.classes as f64).ln()),
        ];
        for (name, loss, start) in losses {
            let value = || loss(&samples.apply(&layer), &labels);
            let found = value().double_value(&[]);
            results.add_measure(format!("{name} at the start"), found);
            results.add_measure(format!("{name} off what it should be"), (found - start).abs());
            let difference = gradient_difference(&store, 20, seed, value).unwrap_or(f64::NAN);
            results.add_measure(format!("{name} gradient difference"), difference);
        }
        Ok(PreparedExperiment::Computed(results))
    }
}

fn cross_entropy(scores: &Tensor, labels: &Tensor) -> Tensor {
    scores.cross_entropy_loss::<Tensor>(labels, None, Reduction::Mean, -100, 0.0)
}

fn hinge(scores: &Tensor, labels: &Tensor) -> Tensor {
    let correct = scores.gather(1, &labels.unsqueeze(1), false);
    let margins = (scores - correct + 1.0).relu();
    // The correct class contributes its margin of 1, which is subtracted.
    margins.sum_dim_intlist([1i64].as_slice(), false, scores.kind()).mean(Kind::Double) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cats_cars_and_frogs_of_cs231n() {
        // Scores of cat, car and frog for a cat, a car and a frog: losses of 2.9, 0 and 12.9.
        let scores = Tensor::from_slice(&[3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1]).view([3, 3]);
        let labels = Tensor::from_slice(&[0i64, 1, 2]);
        let found = hinge(&scores, &labels).double_value(&[]);
        assert!((found - (2.9 + 0.0 + 12.9) / 3.0).abs() < 1e-12, "{found}");
        // -ln(e^3.2 / (e^3.2 + e^5.1 + e^-1.7)) = 2.0404
        let cat = cross_entropy(&scores.narrow(0, 0, 1), &labels.narrow(0, 0, 1)).double_value(&[]);
        assert!((cat - 2.0404).abs() < 1e-4, "{cat}");
    }

    #[test]
    fn an_untrained_network_has_the_expected_losses() {
        let PreparedExperiment::Computed(results) = HingeLossConfig { classes: 10 }.prepare(1).unwrap()
        else {
            panic!()
        };
        let value = |name: &str| results.measures.iter().find(|(known, _)| known == name).unwrap().1;
        assert!((value("hinge at the start") - 9.0).abs() < 0.01);
        assert!((value("cross entropy at the start") - 10f64.ln()).abs() < 0.001);
        assert!(
            value("hinge gradient difference") < 1e-6 && value("cross entropy gradient difference") < 1e-6
        );
        assert!(HingeLossConfig { classes: 1 }.prepare(1).is_err());
    }
}
