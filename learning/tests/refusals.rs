//! What a trainer does with a task that misbehaves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::error::Error;
use std::fs;

use mvmhat_learning::{
    Init, LearningRate, SgdConfig, StepOutput, Task, TaskError, TrainError, TrainerConfig, TrainingStep,
};
use serde_json::Value;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

type Loss = fn(&Tensor, TrainingStep) -> Result<StepOutput, TaskError>;

/// One variable `x` that starts at 1, and any loss of it.
struct Toy {
    store: VarStore,
    x: Tensor,
    loss: Loss,
    validation: Vec<f64>,
}

impl Toy {
    fn new(loss: Loss) -> Self {
        let store = VarStore::new(Device::Cpu);
        let x = Init::Constant(1.0).variable(&store.root(), "x", &[1], 0).unwrap();
        Self { store, x, loss, validation: vec![0.5] }
    }
}

impl Task for Toy {
    fn store(&self) -> &VarStore {
        &self.store
    }
    fn steps_per_epoch(&self) -> u64 {
        5
    }
    fn configuration(&self) -> Value {
        Value::Null
    }
    fn loss(&mut self, at: TrainingStep) -> Result<StepOutput, TaskError> {
        (self.loss)(&self.x, at)
    }
    fn describe_batch(&self, at: TrainingStep) -> String {
        format!("frame {}", 100 + at.step)
    }
    fn validation_metrics(&self) -> &[&str] {
        &["score"]
    }
    fn validate(&mut self) -> Result<Vec<f64>, TaskError> {
        Ok(self.validation.clone())
    }
}

/// Plain descent by the whole gradient.
fn run(task: &mut Toy) -> (TrainError, String) {
    let folder = tempfile::tempdir().unwrap();
    let optimizer = mvmhat_learning::OptimizerConfig::Sgd(SgdConfig::default());
    let config =
        TrainerConfig { optimizer, lr: LearningRate::new(1.0), checkpoint_every: 2, ..Default::default() };
    let error = config.init(task, folder.path()).unwrap().run(&mut ()).unwrap_err();
    (error, fs::read_to_string(folder.path().join("history.csv")).unwrap())
}

#[test]
fn a_gradient_that_is_infinite_ends_the_run_before_the_weights_take_harm() {
    // x falls from 1 to 0 in the first step; there the square root, which the second step takes, is infinitely steep.
    let mut task = Toy::new(|x, at| {
        let loss = if at.step == 0 { x.sum(Kind::Float) } else { x.sqrt().sum(Kind::Float) };
        Ok(loss.into())
    });
    let (error, history) = run(&mut task);
    let text = error.to_string();
    assert!(
        text.starts_with("the gradient of step 2 (epoch 1) is inf, on frame 101; there is no checkpoint"),
        "{text}"
    );
    assert_eq!(task.x.double_value(&[0]), 0.0);
    assert_eq!(history.lines().count(), 2, "a header and the first step");
}

#[test]
fn a_batch_that_cannot_be_had_ends_the_run_with_the_tasks_reason() {
    let mut task = Toy::new(|x, at| match at.step {
        3 => Err("img1/000104.jpg is cut short".into()),
        _ => Ok(x.sum(Kind::Float).into()),
    });
    let (error, history) = run(&mut task);
    assert_eq!(error.to_string(), "step 4 of training failed");
    assert_eq!(error.source().unwrap().to_string(), "img1/000104.jpg is cut short");
    assert_eq!(history.lines().count(), 4);
}

#[test]
fn numbers_without_names_are_an_error() {
    let (error, _) =
        run(&mut Toy::new(|x, _| Ok(StepOutput { loss: x.sum(Kind::Float), metrics: vec![1.0, 2.0] })));
    assert_eq!(error.to_string(), "the task names 0 training metrics and gives 2");
    let mut task = Toy::new(|x, _| Ok(x.sum(Kind::Float).into()));
    task.validation.clear();
    assert_eq!(run(&mut task).0.to_string(), "the task names 1 validation metrics and gives 0");
}

#[test]
fn a_loss_that_depends_on_nothing_is_an_error() {
    let (error, _) = run(&mut Toy::new(|_, _| Ok(Tensor::from(1f32).into())));
    assert!(error.source().unwrap().to_string().contains("the loss depends on no trained variable"));
}
