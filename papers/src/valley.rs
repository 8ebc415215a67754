//! A valley to descend: steep across, almost flat along.
//!
//! ```text
//! f(x, y) = x^2 / 20 + y^2,  from (-7, 2)
//! ```
//!
//! *Deep Learning from Scratch*, chapter 6: plain descent zigzags, momentum swings, AdaGrad and Adam go straight. Where every
//! step stands is in the history (`train.x`, `train.y`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::{Chapter, Findings, Lesson};
use crate::{StepOutput, TrainingStep, Task, TaskError};

/// Where the descent starts.
const START: [f32; 2] = [-7.0, 2.0];

/// The valley; there is nothing to set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValleyConfig {}

impl ValleyConfig {
    pub(super) fn lesson(&self) -> Lesson {
        Lesson::Training(Box::new(Valley::new()))
    }
}

struct Valley {
    store: VarStore,
    place: Tensor,
}

impl Valley {
    fn new() -> Self {
        let store = VarStore::new(Device::Cpu);
        let place = store.root().var_copy("place", &Tensor::from_slice(&START));
        Self { store, place }
    }

    fn height(&self) -> Tensor {
        (self.place.square() * Tensor::from_slice(&[0.05f32, 1.0])).sum(Kind::Float)
    }

    fn at(&self) -> Vec<f64> {
        vec![self.place.double_value(&[0]), self.place.double_value(&[1])]
    }
}

impl Task for Valley {
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
        Ok(StepOutput { loss: self.height(), metrics: self.at() })
    }

    fn sample(&self, _at: TrainingStep) -> String {
        format!("the place {:?}", self.at())
    }

    fn metrics(&self) -> &[&str] {
        &["x", "y"]
    }
}

impl Chapter for Valley {
    fn conclude(&mut self) -> Result<Findings, TaskError> {
        let mut findings = Findings::default();
        findings.measure("height", self.height().double_value(&[]));
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OptimizerConfig, LearningRate, SgdConfig, TrainerConfig};

    #[test]
    fn plain_descent_by_hand() {
        let mut valley = Valley::new();
        let config = TrainerConfig {
            epochs: 2,
            optimizer: OptimizerConfig::Sgd(SgdConfig::default()),
            lr: LearningRate::new(0.95),
            ..Default::default()
        };
        let folder = tempfile::tempdir().unwrap();
        config.init(&mut valley, folder.path()).unwrap().run(&mut ()).unwrap();
        // x: times 1 - 0.95 / 10 a step; y: times 1 - 1.9.
        let expected = [-7.0 * 0.905f64.powi(2), 2.0 * 0.9f64.powi(2)];
        assert!(valley.at().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{:?}", valley.at());
        let history = std::fs::read_to_string(folder.path().join("history.csv")).unwrap();
        assert!(history.lines().nth(1).unwrap().ends_with(",-7,2"), "{history}");
    }
}
