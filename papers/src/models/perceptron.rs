//! The perceptron: a linear classifier of one unit.
//!
//! ```text
//! y = 1 if w.x + b > 0, else 0
//! loss = sum max(0, m - t (w.x + b)),  t = 1 or -1 the target, m = 1 the margin
//! ```
//!
//! Rosenblatt (1958); *Deep Learning from Scratch*, ch. 2. AND, OR and NAND are learned by one unit each. XOR is
//! not linearly separable (Minsky and Papert, 1969); two layers compute it: XOR = AND(NAND, OR).

use mvmhat_learning::{Init, StepOutput, Task, TaskError, TrainingStep};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor, no_grad};

use crate::experiment::{Experiment, ExperimentError, PreparedExperiment, Results};

/// The outputs of each gate for 00, 01, 10 and 11.
const GATES: [(&str, [f32; 4]); 4] = [
    ("AND", [0.0, 0.0, 0.0, 1.0]),
    ("NAND", [1.0, 1.0, 1.0, 0.0]),
    ("OR", [0.0, 1.0, 1.0, 1.0]),
    ("XOR", [0.0, 1.0, 1.0, 0.0]),
];

/// Logic gates by perceptrons; there are no settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerceptronConfig {}

impl PerceptronConfig {
    pub(super) fn prepare(&self, seed: u64) -> Result<PreparedExperiment, ExperimentError> {
        Ok(PreparedExperiment::Training(Box::new(Perceptron::new(seed)?)))
    }
}

/// Four units in parallel, one per gate.
struct Perceptron {
    store: VarStore,
    /// Gates x 2.
    weight: Tensor,
    /// Gates.
    bias: Tensor,
    inputs: Tensor,
    /// 4 x gates.
    expected: Tensor,
}

impl Perceptron {
    fn new(seed: u64) -> Result<Self, ExperimentError> {
        let store = VarStore::new(Device::Cpu);
        let weight = Init::Normal { deviation: 0.1 }.variable(&store.root(), "weight", &[4, 2], seed)?;
        let bias = Init::Zeros.variable(&store.root(), "bias", &[4], seed)?;
        let inputs = Tensor::from_slice(&[0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]).view([4, 2]);
        let expected = Tensor::from_slice(&GATES.map(|(_, outputs)| outputs).concat()).view([4, 4]).tr();
        Ok(Self { store, weight, bias, inputs, expected })
    }

    /// The binary outputs of the units, N x gates, for inputs N x 2.
    fn outputs(&self, inputs: &Tensor) -> Tensor {
        no_grad(|| inputs.linear(&self.weight, Some(&self.bias)).gt(0.0).to_kind(Kind::Float))
    }

    /// XOR by two layers, composed of the learned AND, NAND and OR.
    fn two_layers(&self) -> Tensor {
        let hidden = self.outputs(&self.inputs);
        let nand_or = hidden.narrow(1, 1, 2);
        self.outputs(&nand_or).select(1, 0)
    }
}

impl Task for Perceptron {
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
        let signs = &self.expected * 2.0 - 1.0;
        let distances = self.inputs.linear(&self.weight, Some(&self.bias)) * signs;
        Ok((-distances + 1.0).relu().sum(Kind::Float).into())
    }

    fn describe_batch(&self, _at: TrainingStep) -> String {
        "all four inputs".into()
    }
}

impl Experiment for Perceptron {
    fn results(&mut self) -> Result<Results, TaskError> {
        let mut results = Results::default();
        let accuracy = |outputs: &Tensor, gate: i64| {
            outputs
                .eq_tensor(&self.expected.select(1, gate))
                .to_kind(Kind::Float)
                .mean(Kind::Double)
                .double_value(&[])
        };
        let outputs = self.outputs(&self.inputs);
        for (gate, (name, _)) in (0..).zip(GATES) {
            results.add_measure(format!("{name} by one unit"), accuracy(&outputs.select(1, gate), gate));
        }
        results.add_measure("XOR by two layers", accuracy(&self.two_layers(), 3));
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::fit;

    #[test]
    fn one_unit_learns_three_gates_and_not_xor() {
        let mut task = Perceptron::new(1).unwrap();
        fit(&mut task, 300, 0.05);
        let measures = task.results().unwrap().measures;
        let values: Vec<_> = measures.iter().map(|(_, value)| *value).collect();
        assert_eq!((&values[..3], values[4]), (&[1.0, 1.0, 1.0][..], 1.0), "{measures:?}");
        assert!(values[3] < 1.0, "XOR is not linearly separable");
    }
}
