//! Linear, logistic and softmax regression: one layer, three losses.
//!
//! ```text
//! linear     y = W x + b                 loss = mean (y - t)^2 / 2
//! logistic   p = sigmoid(W x + b)        loss = mean -log p(target)
//! softmax    p = softmax(W x + b)        loss = mean -log p(target)
//! ```
//!
//! The data are synthetic: points around a known line or known class centers. The scale of one feature is a thousand times
//! that of the other, as with areas and numbers of rooms. *Feature scaling* brings both to mean 0 and standard deviation 1;
//! without it, a learning rate that is small enough for one feature makes no progress along the other. CS231n; Ng, *Machine
//! Learning*.

use mvmhat_learning::{Init, LinearConfig, StepOutput, Task, TaskError, TrainingStep};
use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::nn::{self, VarStore};
use tch::{Device, Kind, Reduction, Tensor, no_grad};

use crate::experiment::{Experiment, ExperimentError, PreparedExperiment, Results};

/// Number of synthetic points.
const POINTS: i64 = 200;
/// The scales of the two features.
const SCALES: [f64; 2] = [1000.0, 1.0];

/// The kind of regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regression {
    /// Predicts a number.
    Linear,
    /// Predicts one of two classes.
    Logistic,
    /// Predicts one of three classes.
    Softmax,
}

/// Regression on synthetic points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegressionConfig {
    /// The kind of regression.
    pub kind: Regression,
    /// Whether the features are standardized.
    pub scaling: bool,
}

impl RegressionConfig {
    pub(super) fn prepare(&self, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        Ok(PreparedExperiment::Training(Box::new(self.init(seed)?)))
    }

    fn init(&self, seed: u64) -> Result<RegressionTask, ExperimentError> {
        let store = VarStore::new(Device::Cpu);
        let outputs = if self.kind == Regression::Softmax { 3 } else { 1 };
        let layer = LinearConfig { weight: Init::Zeros, ..LinearConfig::new(2, outputs) };
        let layer = layer.init(&store.root(), seed)?;
        let (mut inputs, targets) = self.points(seed);
        if self.scaling {
            let centered = &inputs - inputs.mean_dim(&[0i64][..], true, Kind::Float);
            inputs = &centered / centered.std_dim(&[0i64][..], true, true);
        }
        Ok(RegressionTask { store, layer, inputs, targets, config: self.clone() })
    }

    /// Inputs, N x 2, and targets, N numbers or classes.
    fn points(&self, seed: u64) -> (Tensor, Tensor) {
        let mut random = Random::new(seed, "points");
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        for i in 0..POINTS {
            let (x, y) = (random.normal(), random.normal());
            let (point, target) = match self.kind {
                Regression::Linear => ([x, y], 3.0 * x - 2.0 * y + 5.0 + 0.1 * random.normal()),
                Regression::Logistic => {
                    let class = (i % 2) as f64;
                    ([x + 3.0 * class, y + 3.0 * class], class)
                }
                Regression::Softmax => {
                    let class = (i % 3) as f64;
                    let angle = class * std::f64::consts::TAU / 3.0;
                    ([x + 4.0 * angle.cos(), y + 4.0 * angle.sin()], class)
                }
            };
            inputs.extend(point.iter().zip(SCALES).map(|(value, scale)| (value * scale) as f32));
            targets.push(target as f32);
        }
        (Tensor::from_slice(&inputs).view([POINTS, 2]), Tensor::from_slice(&targets))
    }
}

/// A regression in training, by full-batch gradient descent.
struct RegressionTask {
    store: VarStore,
    layer: nn::Linear,
    inputs: Tensor,
    targets: Tensor,
    config: RegressionConfig,
}

impl RegressionTask {
    fn cost(&self) -> Tensor {
        let outputs = self.inputs.apply(&self.layer);
        let classes = || self.targets.to_kind(Kind::Int64);
        match self.config.kind {
            Regression::Linear => outputs.squeeze_dim(1).mse_loss(&self.targets, Reduction::Mean) / 2.0,
            Regression::Logistic => outputs.squeeze_dim(1).binary_cross_entropy_with_logits::<Tensor>(
                &self.targets,
                None,
                None,
                Reduction::Mean,
            ),
            Regression::Softmax => outputs.cross_entropy_for_logits(&classes()),
        }
    }
}

impl Task for RegressionTask {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        1
    }

    fn configuration(&self) -> Value {
        json!(self.config)
    }

    fn loss(&mut self, _at: TrainingStep) -> Result<StepOutput, TaskError> {
        Ok(self.cost().into())
    }

    fn describe_batch(&self, _at: TrainingStep) -> String {
        "all points".into()
    }
}

impl Experiment for RegressionTask {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        let outputs = no_grad(|| self.inputs.apply(&self.layer));
        results.add_measure("loss", no_grad(|| self.cost()).double_value(&[]));
        let predicted = match self.config.kind {
            Regression::Linear => {
                // The exact solution by the normal equations.
                let ones = self.inputs.new_ones([POINTS, 1], (Kind::Float, Device::Cpu));
                let inputs = Tensor::cat(&[&self.inputs, &ones], 1).to_kind(Kind::Double);
                let targets = self.targets.to_kind(Kind::Double).unsqueeze(1);
                let exact = inputs.matmul(&inputs.pinverse(1e-15).matmul(&targets));
                let off = (outputs.to_kind(Kind::Double) - exact).abs().max().double_value(&[]);
                results.add_measure("farthest from the normal equations", off);
                return Ok(results);
            }
            Regression::Logistic => outputs.squeeze_dim(1).gt(0.0).to_kind(Kind::Float),
            Regression::Softmax => outputs.argmax(-1, false).to_kind(Kind::Float),
        };
        let correct = predicted.eq_tensor(&self.targets).to_kind(Kind::Double).mean(Kind::Double);
        results.add_measure("accuracy", correct.double_value(&[]));
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::fit;

    fn measure(kind: Regression) -> f64 {
        let mut task = RegressionConfig { kind, scaling: true }.init(1).unwrap();
        fit(&mut task, 500, 0.1);
        task.results().unwrap().measures[1].1
    }

    #[test]
    fn linear_regression_converges_to_the_normal_equations() {
        let off = measure(Regression::Linear);
        assert!(off < 1e-3, "{off}");
    }

    #[test]
    fn classes_are_separated() {
        for kind in [Regression::Logistic, Regression::Softmax] {
            let accuracy = measure(kind);
            assert!(accuracy > 0.95, "{kind:?}: {accuracy}");
        }
    }

    #[test]
    fn scaled_inputs_have_mean_0_and_deviation_1() {
        let task = RegressionConfig { kind: Regression::Logistic, scaling: true }.init(1).unwrap();
        for column in 0..2 {
            let values = task.inputs.select(1, column);
            assert!(values.mean(Kind::Double).double_value(&[]).abs() < 1e-5);
            assert!((values.std(true).double_value(&[]) - 1.0).abs() < 1e-5);
        }
    }
}
