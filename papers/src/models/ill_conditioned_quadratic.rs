//! Optimizers on an ill-conditioned quadratic: steep along one axis, almost flat along the other.
//!
//! ```text
//! f(x, y) = x^2 / 20 + y^2,  from (-7, 2)
//! ```
//!
//! *Deep Learning from Scratch*, ch. 6: plain gradient descent zigzags, momentum overshoots, AdaGrad and Adam take a nearly
//! straight path. The history has the position at every step (`train.x`, `train.y`).

use mvmhat_learning::{StepOutput, Task, TaskError, TrainingStep};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use crate::experiment::{Experiment, PreparedExperiment, Results};

/// The initial position.
const START: [f32; 2] = [-7.0, 2.0];

/// The quadratic; it has no settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IllConditionedQuadraticConfig {}

impl IllConditionedQuadraticConfig {
    pub(super) fn prepare(&self) -> PreparedExperiment {
        PreparedExperiment::Training(Box::new(IllConditionedQuadratic::new()))
    }
}

struct IllConditionedQuadratic {
    store: VarStore,
    position: Tensor,
}

impl IllConditionedQuadratic {
    fn new() -> Self {
        let store = VarStore::new(Device::Cpu);
        let position = store.root().var_copy("place", &Tensor::from_slice(&START));
        Self { store, position }
    }

    /// f(x, y).
    fn value(&self) -> Tensor {
        (self.position.square() * Tensor::from_slice(&[0.05f32, 1.0])).sum(Kind::Float)
    }

    fn coordinates(&self) -> Vec<f64> {
        vec![self.position.double_value(&[0]), self.position.double_value(&[1])]
    }
}

impl Task for IllConditionedQuadratic {
    fn store(&self) -> &VarStore {
        &self.store
    }

    fn steps_per_epoch(&self) -> u64 {
        1
    }

    fn configuration(&self) -> Value {
        json!({})
    }

    fn loss(&mut self, _at: TrainingStep) -> Result<StepOutput, TaskError> {
        Ok(StepOutput { loss: self.value(), metrics: self.coordinates() })
    }

    fn describe_batch(&self, _at: TrainingStep) -> String {
        format!("the position {:?}", self.coordinates())
    }

    fn metrics(&self) -> &[&str] {
        &["x", "y"]
    }
}

impl Experiment for IllConditionedQuadratic {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        results.add_measure("height", self.value().double_value(&[]));
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mvmhat_learning::{LearningRate, OptimizerConfig, SgdConfig, TrainerConfig};

    #[test]
    fn plain_descent_by_hand() {
        let mut quadratic = IllConditionedQuadratic::new();
        let config = TrainerConfig {
            epochs: 2,
            optimizer: OptimizerConfig::Sgd(SgdConfig::default()),
            lr: LearningRate::new(0.95),
            ..Default::default()
        };
        let folder = tempfile::tempdir().unwrap();
        config.init(&mut quadratic, folder.path()).unwrap().run(&mut ()).unwrap();
        // Per step, x is multiplied by 1 - 0.95 / 10 and y by 1 - 1.9.
        let expected = [-7.0 * 0.905f64.powi(2), 2.0 * 0.9f64.powi(2)];
        assert!(
            quadratic.coordinates().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5),
            "{:?}",
            quadratic.coordinates()
        );
        let history = std::fs::read_to_string(folder.path().join("history.csv")).unwrap();
        assert!(history.lines().nth(1).unwrap().ends_with(",-7,2"), "{history}");
    }
}
