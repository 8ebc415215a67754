//! Shared by the tests of several models.

use std::collections::HashMap;
use std::path::PathBuf;

use mvmhat_learning::{AdamConfig, LearningRate, OptimizerConfig, Task, TrainerConfig};
use serde_json::Value;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor, no_grad};

use crate::common::classification::{Classification, Classifier};
use crate::data::{Digits, Samples};
use crate::experiment::Experiment;

/// The folder of the reference data sets.
pub(crate) fn shared() -> PathBuf {
    mvmhat_reference::shared("learn")
}

/// The parameters that the authors of *Deep Learning from Scratch* trained.
pub(crate) fn book(name: &str) -> HashMap<String, Tensor> {
    let path = shared().join(format!("book/{name}.safetensors"));
    Tensor::read_safetensors(path).unwrap().into_iter().collect()
}

/// The test images of MNIST.
pub(crate) fn test_digits() -> Samples {
    Digits::read_test(&shared()).unwrap()
}

/// Overwrites a variable with values of the same shape.
pub(crate) fn copy(store: &VarStore, name: &str, values: &Tensor) {
    let mut variable = store.variables()[name].shallow_clone();
    assert_eq!(variable.size(), values.size(), "{name}");
    no_grad(|| variable.copy_(values));
}

pub(crate) fn accuracy(network: &impl Classifier, samples: &Samples) -> f64 {
    let scores = no_grad(|| network.forward_t(&samples.inputs, false));
    let correct = scores.argmax(-1, false).eq_tensor(&samples.labels).sum(Kind::Int64).int64_value(&[]);
    correct as f64 / samples.count() as f64
}

/// Asserts that the trainer overfits a network to eight samples of noise.
pub(crate) fn assert_overfits<N: Classifier>(store: VarStore, network: N, shape: [i64; 3]) {
    tch::manual_seed(3);
    let samples = || Samples {
        inputs: Tensor::randn([&[8], &shape[..]].concat(), (Kind::Float, Device::Cpu)),
        labels: Tensor::arange(8, (Kind::Int64, Device::Cpu)),
    };
    let train = samples();
    let test = train.first(8);
    let mut task = Classification::new(store, network, (train, test), Value::Null, (1, 8));
    fit(&mut task, 120, 0.003);
    assert_eq!(task.evaluate(&task.test)[1], 1.0);
    assert!(
        task.results().unwrap().measures.iter().any(|(name, value)| name == "test accuracy" && *value == 1.0)
    );
}

/// Trains with Adam for a number of epochs.
pub(crate) fn fit(task: &mut dyn Task, epochs: u64, lr: f64) {
    let config = TrainerConfig {
        epochs,
        optimizer: OptimizerConfig::Adam(AdamConfig::default()),
        lr: LearningRate::new(lr),
        validate_every: epochs,
        checkpoint_every: 100_000,
        ..Default::default()
    };
    let folder = tempfile::tempdir().unwrap();
    config.init(task, folder.path()).unwrap().run(&mut ()).unwrap();
}

/// Asserts that a model overfits to twenty pairs: the training loss is nearly 0.
pub(crate) fn assert_learns_pairs(
    prepare: impl FnOnce(&std::path::Path) -> crate::experiment::PreparedExperiment,
) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pairs")).unwrap();
    let sums: String = (0..20).map(|i| format!("{i}+{}_{}\n", 3 * i, 4 * i)).collect();
    std::fs::write(folder.path().join("pairs/sums.txt"), sums).unwrap();
    let crate::experiment::PreparedExperiment::Training(mut experiment) = prepare(folder.path()) else {
        panic!()
    };
    fit(&mut *experiment, 250, 0.01);
    let loss =
        no_grad(|| experiment.loss(mvmhat_learning::TrainingStep::new(0, 1)).unwrap().loss.double_value(&[]));
    assert!(loss < 0.02, "{loss}");
    let results = experiment.results().unwrap();
    assert_eq!(results.measures[0].0, "right answers");
}

/// Reorders the concatenated gates of an LSTM from the book's order (forget, cell, input, output) to PyTorch's (input,
/// forget, cell, output).
pub(crate) fn book_gates(columns: &Tensor) -> Tensor {
    let gates = columns.chunk(4, -1);
    Tensor::cat(&[&gates[2], &gates[0], &gates[1], &gates[3]], -1)
}
