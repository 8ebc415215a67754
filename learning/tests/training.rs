//! Whole runs: that they learn, and what they say when something is wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod spirals;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use mvmhat_learning::{
    AdamConfig, BestValidation, LearningRate, Monitor, MonitorMode, Observer, OptimizerConfig, StepRecord,
    Task, TrainError, TrainerConfig, TrainingEnd, TrainingStep, TrainingSummary,
};
use spirals::SpiralsConfig;

fn config() -> TrainerConfig {
    TrainerConfig {
        epochs: 60,
        optimizer: OptimizerConfig::Adam(AdamConfig::default()),
        lr: LearningRate::new(0.01),
        monitor: Some(Monitor { metric: "accuracy".into(), mode: MonitorMode::Max }),
        checkpoint_every: 10,
        ..Default::default()
    }
}

fn train(config: &TrainerConfig, task: &SpiralsConfig, folder: &Path) -> Result<TrainingSummary, TrainError> {
    let mut task = task.init(config.seed).unwrap();
    config.resume(&mut task, folder)?.run(&mut ())
}

fn stop_after(step: u64) -> impl FnMut(&StepRecord) -> ControlFlow<()> {
    move |record| if record.step == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn stopped(config: &TrainerConfig, step: u64, folder: &Path) -> TrainingSummary {
    let mut task = SpiralsConfig::default().init(config.seed).unwrap();
    config.init(&mut task, folder).unwrap().run(&mut stop_after(step)).unwrap()
}

fn checkpoint(folder: &Path, step: u64) -> std::path::PathBuf {
    folder.join(format!("checkpoints/step-{step:08}.safetensors"))
}

#[test]
fn a_network_learns_two_spirals() {
    let folder = tempfile::tempdir().unwrap();
    let mut task = SpiralsConfig::default().init(0).unwrap();
    let before = task.validate().unwrap()[1];
    let summary = config().init(&mut task, folder.path()).unwrap().run(&mut ()).unwrap();
    let after = task.validate().unwrap()[1];
    assert!(before < 0.7 && after > 0.97, "{before} to {after}");
    let BestValidation { step, score } = summary.best.unwrap();
    assert_eq!(
        (summary.end, summary.steps, score),
        (TrainingEnd::Completed, 480, after),
        "the best weights are in place"
    );

    let history = fs::read_to_string(folder.path().join("history.csv")).unwrap();
    let mut lines = history.lines();
    assert_eq!(
        lines.next().unwrap(),
        "step,epoch,lr,loss,gradient_norm,train.accuracy,validation.loss,validation.accuracy"
    );
    assert_eq!(lines.clone().count(), 480);
    let row: Vec<_> = lines.nth(step as usize - 1).unwrap().split(',').collect();
    assert_eq!((row[0], row[7]), (step.to_string().as_str(), score.to_string().as_str()));

    let weights = tch::Tensor::read_safetensors(folder.path().join("weights.safetensors")).unwrap();
    let variables = task.store().variables();
    assert_eq!(weights.len(), variables.len());
    assert!(weights.iter().all(|(name, tensor)| variables[name] == *tensor));
    assert!(fs::read(folder.path().join("curves.png")).unwrap().starts_with(b"\x89PNG"));
    let page = fs::read_to_string(folder.path().join("curves.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("gradient_norm"));
}

#[test]
fn what_is_validated_and_kept_is_the_average() {
    let folder = tempfile::tempdir().unwrap();
    let monitor = Some(Monitor { metric: "loss".into(), mode: MonitorMode::Min });
    let config = TrainerConfig { epochs: 6, ema: Some(0.95), monitor, ..config() };
    let mut task = SpiralsConfig::default().init(0).unwrap();
    let summary = config.init(&mut task, folder.path()).unwrap().run(&mut ()).unwrap();
    assert_eq!(task.validate().unwrap()[0], summary.best.unwrap().score);
    let at = summary.best.unwrap().step;
    let saved = tch::Tensor::read_safetensors(checkpoint(folder.path(), at)).unwrap();
    let saved: std::collections::BTreeMap<_, _> = saved.into_iter().collect();
    let weight = &task.store().variables()["first.weight"];
    assert_eq!(saved["ema.first.weight"], *weight);
    assert_ne!(saved["model.first.weight"], *weight);
}

#[test]
fn what_a_task_does_at_the_end_is_in_the_weights_and_in_what_is_told_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainerConfig { epochs: 3, ..config() };
    assert!(stopped(&config, 13, folder.path()).scores.is_empty());
    let mut task = SpiralsConfig { emptied: true, fp16: true, ..Default::default() }.init(0).unwrap();
    let summary = config.resume(&mut task, folder.path()).unwrap().run(&mut ()).unwrap();
    assert_eq!(task.finished, [TrainingStep { step: 24, epoch: 3, batch: 0 }]);
    assert_eq!(summary.scores, task.validate().unwrap());
    // What has only a bias left says the same of every point.
    assert_eq!(summary.scores[1], 0.5);
    let weights = tch::Tensor::read_safetensors(folder.path().join("weights.safetensors")).unwrap();
    let (_, last) = weights.iter().find(|(name, _)| name == "last.weight").unwrap();
    assert_eq!((last.kind(), last.abs().max().double_value(&[])), (tch::Kind::Half, 0.0));
}

#[test]
fn observers_are_told_of_every_step_from_where_it_is_resumed() {
    #[derive(Default)]
    struct Steps(Option<(u64, u64)>, Vec<u64>);
    impl Observer for Steps {
        fn started(&mut self, step: u64, total: u64) {
            self.0 = Some((step, total));
        }
        fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()> {
            self.1.push(record.step);
            ControlFlow::Continue(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let config = TrainerConfig { epochs: 3, ..config() };
    assert_eq!(stopped(&config, 13, folder.path()).end, TrainingEnd::Interrupted);
    assert!(!folder.path().join("weights.safetensors").exists());
    let mut task = SpiralsConfig::default().init(0).unwrap();
    let mut steps = Steps::default();
    config.resume(&mut task, folder.path()).unwrap().run(&mut steps).unwrap();
    assert_eq!((steps.0, steps.1), (Some((13, 24)), (14..=24).collect()));
}

#[test]
fn training_ends_early_when_nothing_gets_better_and_stays_ended() {
    let folder = tempfile::tempdir().unwrap();
    // So short steps that the accuracy stays where it is after the first validation.
    let config = TrainerConfig { lr: LearningRate::new(1e-12), patience: Some(2), ..config() };
    let summary = train(&config, &SpiralsConfig::default(), folder.path()).unwrap();
    assert_eq!(summary.end, TrainingEnd::EarlyStopped);
    let best = summary.best.unwrap().step;
    assert_eq!(summary.steps, best + 16, "two epochs of eight steps");
    assert!(checkpoint(folder.path(), best).exists());
    assert_eq!(train(&config, &SpiralsConfig::default(), folder.path()).unwrap(), summary);
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_and_names_the_samples() {
    let folder = tempfile::tempdir().unwrap();
    let spoiled = SpiralsConfig { spoiled: Some(27), ..Default::default() };
    let config = TrainerConfig { monitor: None, ..config() };
    let error = train(&config, &spoiled, folder.path()).unwrap_err();
    let batch = spoiled.init(0).unwrap().describe_batch(TrainingStep::new(27, 8));
    let text = error.to_string();
    assert!(text.starts_with(&format!("the loss of step 28 (epoch 4) is NaN, on {batch}; ")), "{text}");
    let good = checkpoint(folder.path(), 20);
    assert!(good.exists() && text.contains(&good.display().to_string()), "{text}");
    // With the samples mended it goes on from there.
    let summary = train(&config, &SpiralsConfig::default(), folder.path()).unwrap();
    assert_eq!(summary.end, TrainingEnd::Completed);
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_written_again() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [whole, damaged] = [0, 1].map(|i| folders[i].path());
    let config = TrainerConfig { epochs: 5, monitor: None, ..config() };
    train(&config, &SpiralsConfig::default(), whole).unwrap();
    stopped(&config, 30, damaged);
    let newest = checkpoint(damaged, 30);
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&newest, bytes).unwrap();
    train(&config, &SpiralsConfig::default(), damaged).unwrap();
    for name in ["history.csv", "weights.safetensors", "checkpoints/step-00000030.safetensors"] {
        assert_eq!(fs::read(whole.join(name)).unwrap(), fs::read(damaged.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn where_the_best_checkpoint_is_damaged_the_last_weights_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    // The loss falls, so that the highest is an early one.
    let monitor = Some(Monitor { metric: "loss".into(), mode: MonitorMode::Max });
    let config = TrainerConfig { epochs: 5, monitor, ..config() };
    let at = train(&config, &SpiralsConfig::default(), folder.path()).unwrap().best.unwrap().step;
    assert!(at < 40);
    let bytes = fs::read(checkpoint(folder.path(), at)).unwrap();
    fs::write(checkpoint(folder.path(), at), &bytes[..bytes.len() - 1]).unwrap();
    train(&config, &SpiralsConfig::default(), folder.path()).unwrap();
    let read = |path| tch::Tensor::read_safetensors(path).unwrap().into_iter().collect();
    let weights: std::collections::BTreeMap<_, _> = read(folder.path().join("weights.safetensors"));
    let last: std::collections::BTreeMap<_, _> = read(checkpoint(folder.path(), 40));
    assert!(weights.iter().all(|(name, tensor)| last[&format!("model.{name}")] == *tensor));
}

#[test]
fn a_checkpoint_of_another_configuration_is_refused_with_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    stopped(&config(), 12, folder.path());
    // As if it had been killed later.
    let history = folder.path().join("history.csv");
    let rows = fs::read_to_string(&history).unwrap() + "13,";
    fs::write(&history, &rows).unwrap();
    let other = TrainerConfig { epochs: 61, lr: LearningRate::new(0.02), ..config() };
    let error =
        train(&other, &SpiralsConfig { hidden: 16, ..Default::default() }, folder.path()).unwrap_err();
    let text = error.to_string();
    for part in [
        "step-00000012.safetensors does not fit the configuration: ",
        "trainer.epochs is 60 there and 61 here",
        "trainer.lr.peak is 0.01 there and 0.02 here",
        "task.hidden is 32 there and 16 here",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(fs::read_to_string(&history).unwrap(), rows, "nothing is touched");
    // How often and how many checkpoints are written is free.
    let other = TrainerConfig { save_top_k: 1, checkpoint_every: 100, ..config() };
    assert!(train(&other, &SpiralsConfig::default(), folder.path()).is_ok());
}

#[test]
fn a_folder_with_a_run_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    stopped(&config(), 1, folder.path());
    let mut task = SpiralsConfig::default().init(0).unwrap();
    let error = config().init(&mut task, folder.path()).err().unwrap();
    assert!(error.to_string().ends_with("holds a training run already: resume it, or choose another folder"));
}

#[test]
fn a_history_that_lacks_rows_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    stopped(&config(), 10, folder.path());
    let history = folder.path().join("history.csv");
    let text = fs::read_to_string(&history).unwrap();
    let first_rows: String = text.lines().take(4).map(|line| format!("{line}\n")).collect();
    fs::write(&history, first_rows).unwrap();
    let error = train(&config(), &SpiralsConfig::default(), folder.path()).unwrap_err();
    assert!(error.to_string().contains("history.csv ends after 3 of the 10 steps"), "{error}");
}

#[test]
fn settings_that_make_no_sense_are_refused_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let monitor = Some(Monitor { metric: "recall".into(), mode: MonitorMode::Max });
    let cases = [
        (TrainerConfig { epochs: 0, ..config() }, "epochs: 0 of 8 steps train nothing"),
        (TrainerConfig { monitor, ..config() }, "monitor.metric: there is no `recall`, only: loss, accuracy"),
        (TrainerConfig { monitor: None, patience: Some(1), ..config() }, "patience: needs `monitor`"),
        (TrainerConfig { ema: Some(1.0), ..config() }, "ema: must be at least 0 and below 1"),
        (TrainerConfig { grad_clip_norm: Some(0.0), ..config() }, "grad_clip_norm: must be above 0"),
        (TrainerConfig { save_top_k: 0, ..config() }, "save_top_k: must be at least 1"),
        (TrainerConfig { freeze: vec!["neck".into()], ..config() }, "freeze: nothing to freeze"),
    ];
    for (config, expected) in cases {
        let error = train(&config, &SpiralsConfig::default(), folder.path()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
    }
}

#[test]
fn what_is_frozen_stays() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainerConfig { epochs: 1, freeze: vec!["first.".into()], ..config() };
    let mut task = SpiralsConfig::default().init(0).unwrap();
    let start = SpiralsConfig::default().init(0).unwrap();
    config.init(&mut task, folder.path()).unwrap().run(&mut ()).unwrap();
    let variable = |task: &spirals::Spirals, name: &str| task.store().variables()[name].copy();
    assert_eq!(variable(&task, "first.weight"), variable(&start, "first.weight"));
    assert_ne!(variable(&task, "last.weight"), variable(&start, "last.weight"));
}
