//! Weight initialization and activations: how the distribution of activations changes through five layers.
//!
//! ```text
//! z = f(W z),  1000 samples of 100 features, W with standard deviation 1, 0.01, 1/sqrt(n) (Xavier) or sqrt(2/n) (He)
//! ```
//!
//! *Deep Learning from Scratch*, ch. 6; CS231n. With large weights sigmoids saturate at 0 and 1, with small weights all
//! activations are alike; Xavier keeps the variance of nearly linear activations, He that of ReLUs.

use mvmhat_learning::{Activation, Fan, Init};
use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor, nn};

use crate::experiment::{Chart, ExperimentError, PreparedExperiment, Results};

/// Number of samples, of units per layer, of layers.
const SAMPLES: i64 = 1000;
const UNITS: i64 = 100;
const LAYERS: i64 = 5;
/// Every how many values one is in the histograms.
const STRIDE: usize = 20;

/// The non-linearity of a layer: an elementwise activation, or one with parameters of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Parametric ReLU: negative inputs are multiplied by a learned slope, initially 1/4 (He et al., arXiv 1502.01852).
    Prelu,
    /// Maxout: the maximum of two linear layers (Goodfellow et al., arXiv 1302.4389).
    Maxout,
    /// An activation without parameters.
    #[serde(untagged)]
    Plain(Activation),
}

/// All initializations with a list of non-linearities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitializationConfig {
    /// The non-linearities.
    pub units: Vec<Unit>,
}

impl InitializationConfig {
    pub(super) fn prepare(&self, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        let initializations = [
            ("zero", Init::Zeros),
            ("1", Init::Normal { deviation: 1.0 }),
            ("0.01", Init::Normal { deviation: 0.01 }),
            ("Xavier", Init::HeNormal { gain: 1.0, fan: Fan::In }),
            ("He", Init::he()),
        ];
        let mut results = Results::default();
        for &unit in &self.units {
            let name = serde_json::to_value(unit).ok().and_then(|name| name.as_str().map(String::from));
            let name = name.unwrap_or_default();
            let mut panels = Vec::new();
            for (start, init) in initializations {
                let layers = signal(unit, init, seed)?;
                for (i, values) in layers.iter().enumerate() {
                    let values =
                        Vec::<f64>::try_from(values.view([-1]).to_kind(Kind::Double)).unwrap_or_default();
                    let drawn = values.into_iter().step_by(STRIDE).collect();
                    panels.push((format!("{start}, layer {}", i + 1), drawn));
                }
                let spread =
                    |layer: usize| layers.get(layer).map_or(0.0, |values| values.std(true).double_value(&[]));
                let last = LAYERS as usize - 1;
                results.add_measure(format!("{name}, {start}: spread of layer 5"), spread(last));
                results.add_measure(
                    format!("{name}, {start}: spread of layer 5 to layer 1"),
                    spread(last) / spread(0).max(1e-12),
                );
            }
            results
                .add_chart(format!("activations_{name}"), Chart::Histograms { axis: String::new(), panels });
        }
        Ok(PreparedExperiment::Computed(results))
    }
}

/// The activations of each layer, samples x units.
fn signal(unit: Unit, init: Init, seed: u64) -> Result<Vec<Tensor>, ExperimentError> {
    let store = nn::VarStore::new(Device::Cpu);
    let mut random = Random::new(seed, "samples");
    let samples: Vec<_> = (0..SAMPLES * UNITS).map(|_| random.normal() as f32).collect();
    let mut xs = Tensor::from_slice(&samples).view([SAMPLES, UNITS]);
    let mut layers = Vec::new();
    for i in 0..LAYERS {
        let path = &store.root() / "layers" / i;
        let layer = |name: &str| init.variable(&path, name, &[UNITS, UNITS], seed);
        xs = tch::no_grad(|| {
            let ys = xs.matmul(&layer("weight")?.tr());
            Ok::<_, ExperimentError>(match unit {
                Unit::Plain(activation) => activation.forward(&ys),
                Unit::Prelu => ys.prelu(&Init::Constant(0.25).variable(&path, "share", &[1], seed)?),
                Unit::Maxout => ys.maximum(&xs.matmul(&layer("other")?.tr())),
            })
        })?;
        layers.push(xs.shallow_clone());
    }
    Ok(layers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spreads(unit: Unit, init: Init) -> Vec<f64> {
        signal(unit, init, 1).unwrap().iter().map(|layer| layer.std(true).double_value(&[])).collect()
    }

    #[test]
    fn he_keeps_the_spread_of_relus_and_the_others_do_not() {
        let relu = Unit::Plain(Activation::Relu);
        let ratio = |init| {
            let spreads = spreads(relu, init);
            spreads[4] / spreads[0]
        };
        // He keeps the mean square, Xavier halves it in each layer: (1/2)^(4/2) = 1/4.
        let (he, xavier) = (ratio(Init::he()), ratio(Init::HeNormal { gain: 1.0, fan: Fan::In }));
        assert!((0.6..1.6).contains(&he) && (xavier / he - 0.25).abs() < 1e-3, "{he}, {xavier}");
        assert!(ratio(Init::Normal { deviation: 0.01 }) < 1e-3);
    }

    #[test]
    fn sigmoids_with_large_weights_saturate() {
        let layers = signal(Unit::Plain(Activation::Sigmoid), Init::Normal { deviation: 1.0 }, 1).unwrap();
        let middle =
            (&layers[4] - 0.5).abs().lt(0.4).to_kind(Kind::Float).mean(Kind::Double).double_value(&[]);
        assert!(middle < 0.4, "{middle}");
        let narrow = spreads(Unit::Plain(Activation::Sigmoid), Init::Normal { deviation: 0.01 });
        assert!(narrow[4] < 0.05, "{narrow:?}");
    }

    #[test]
    fn units_are_named_as_activations_are() {
        let units: Vec<Unit> = serde_json::from_str(r#"["relu", "prelu", "maxout"]"#).unwrap();
        assert_eq!(units, [Unit::Plain(Activation::Relu), Unit::Prelu, Unit::Maxout]);
        assert_eq!(spreads(Unit::Maxout, Init::he()).len(), 5);
    }
}
