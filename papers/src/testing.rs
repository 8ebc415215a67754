//! What the tests of several chapters need.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor, no_grad};

use super::Chapter;
use super::classification::{Classification, Classifier};
use crate::data::{Digits, Samples};
use crate::{AdamConfig, OptimizerConfig, LearningRate, Task, TrainerConfig};

/// The folder of the data sets, or a word that it is not there.
pub(super) fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("MVMHAT_SHARED").unwrap_or_else(|| "../../shared".into());
    let folder = PathBuf::from(shared).join("learn");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no {}; set MVMHAT_SHARED", folder.display());
    None
}

/// The parameters that the authors of *Deep Learning from Scratch* trained.
pub(super) fn book(name: &str) -> Option<HashMap<String, Tensor>> {
    let path = shared()?.join(format!("book/{name}.safetensors"));
    Some(Tensor::read_safetensors(path).unwrap().into_iter().collect())
}

pub(super) fn test_digits() -> Option<Samples> {
    Some(Digits::read_test(&shared()?).unwrap())
}

/// Gives a variable other values, of the same shape.
pub(super) fn copy(store: &VarStore, name: &str, values: &Tensor) {
    let mut variable = store.variables()[name].shallow_clone();
    assert_eq!(variable.size(), values.size(), "{name}");
    no_grad(|| variable.copy_(values));
}

pub(super) fn share_right(network: &impl Classifier, samples: &Samples) -> f64 {
    let scores = no_grad(|| network.forward_t(&samples.inputs, false));
    let right = scores.argmax(-1, false).eq_tensor(&samples.labels).sum(Kind::Int64).int64_value(&[]);
    right as f64 / samples.count() as f64
}

/// Trains on eight samples of noise until each is known, by the trainer of all chapters.
pub(super) fn assert_overfits<N: Classifier>(store: VarStore, network: N, shape: [i64; 3]) {
    tch::manual_seed(3);
    let samples = || Samples {
        inputs: Tensor::randn([&[8], &shape[..]].concat(), (Kind::Float, Device::Cpu)),
        labels: Tensor::arange(8, (Kind::Int64, Device::Cpu)),
    };
    let train = samples();
    let test = train.first(8);
    let mut task = Classification::new(store, network, (train, test), Value::Null, (1, 8));
    assert_learns(&mut task, 120, 0.003);
    assert_eq!(task.measure(&task.test)[1], 1.0);
    assert!(
        task.conclude()
            .unwrap()
            .measures
            .iter()
            .any(|(name, value)| name == "test accuracy" && *value == 1.0)
    );
}

/// Trains for so many epochs.
pub(super) fn assert_learns(task: &mut dyn Task, epochs: u64, lr: f64) {
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

/// Trains on twenty pairs until those that are learned from are known: the loss of the last step is nearly none.
pub(super) fn assert_learns_pairs(lesson: impl FnOnce(&std::path::Path) -> super::Lesson) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pairs")).unwrap();
    let sums: String = (0..20).map(|i| format!("{i}+{}_{}\n", 3 * i, 4 * i)).collect();
    std::fs::write(folder.path().join("pairs/sums.txt"), sums).unwrap();
    let super::Lesson::Training(mut chapter) = lesson(folder.path()) else { panic!() };
    assert_learns(&mut *chapter, 250, 0.01);
    let loss = no_grad(|| chapter.loss(crate::TrainingStep::new(0, 1)).unwrap().loss.double_value(&[]));
    assert!(loss < 0.02, "{loss}");
    let findings = chapter.conclude().unwrap();
    assert_eq!(findings.measures[0].0, "right answers");
}

/// The four gates of an LSTM side by side, from the book's order (forget, new, input, output) to PyTorch's (input, forget,
/// new, output).
pub(super) fn book_gates(columns: &Tensor) -> Tensor {
    let gates = columns.chunk(4, -1);
    Tensor::cat(&[&gates[2], &gates[0], &gates[1], &gates[3]], -1)
}
