//! A run that is stopped or killed, and goes on, leaves the same bytes as one that is not.
//!
//! Runs are processes of their own, this test program started once more: so nothing but the files can carry anything
//! over, and libtorch's generator is not shared with other tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod spirals;

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mvmhat_learning::{
    AdamWConfig, LearningRate, LrSchedule, Monitor, MonitorMode, OptimizerConfig, SgdConfig, StepRecord,
    TrainerConfig,
};
use mvmhat_random::Random;
use spirals::SpiralsConfig;

const FOLDER: &str = "LEARNING_TEST_FOLDER";
const STOP_AT: &str = "LEARNING_TEST_STOP_AT";
const PLAIN: &str = "LEARNING_TEST_PLAIN";
/// The test that is started once more for a run in a process of its own.
const STOPPED: &str = "stopped_at_random_steps_it_leaves_the_same_bytes";

/// All that has a state: momentum, EMA, dropout, statistics of a normalization, a schedule, a best checkpoint.
fn config() -> TrainerConfig {
    TrainerConfig {
        seed: 5,
        epochs: 40,
        optimizer: OptimizerConfig::AdamW(AdamWConfig::default()),
        lr: LearningRate { peak: 0.01, warmup_steps: 20, schedule: LrSchedule::Cosine { end: 0.1 } },
        grad_clip_norm: Some(1.0),
        ema: Some(0.98),
        monitor: Some(Monitor { metric: "loss".into(), mode: MonitorMode::Min }),
        checkpoint_every: 7,
        ..Default::default()
    }
}

/// The same with next to nothing of it.
fn plain() -> TrainerConfig {
    TrainerConfig {
        optimizer: OptimizerConfig::Sgd(SgdConfig { momentum: 0.9, ..Default::default() }),
        ema: None,
        monitor: None,
        validate_every: 3,
        ..config()
    }
}

/// The run in a process of its own, where this process was started for it; returns whether it was.
fn is_run_of_its_own() -> bool {
    let Ok(folder) = std::env::var(FOLDER) else { return false };
    tch::set_num_threads(1);
    let stop_at = std::env::var(STOP_AT).ok().map(|step| step.parse::<u64>().unwrap());
    let config = if std::env::var(PLAIN).is_ok() { plain() } else { config() };
    let mut task = SpiralsConfig { dropout: 0.2, ..Default::default() }.init(5).unwrap();
    let mut stop = |record: &StepRecord| {
        if stop_at.is_some_and(|step| record.step >= step) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    config.resume(&mut task, Path::new(&folder)).unwrap().run(&mut stop).unwrap();
    true
}

/// Starts a run in a process of its own: this test program with one test, which then is the run.
fn start(folder: &Path, plain: bool, stop_at: Option<u64>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", STOPPED, "--nocapture"]).env(FOLDER, folder);
    if plain {
        command.env(PLAIN, "1");
    }
    if let Some(step) = stop_at {
        command.env(STOP_AT, step.to_string());
    }
    command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

fn run(folder: &Path, plain: bool, stop_at: Option<u64>) {
    assert!(start(folder, plain, stop_at).wait().unwrap().success());
}

/// Every file of a run.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in [folder.to_path_buf(), folder.join("checkpoints")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.insert(path.file_name().unwrap().to_str().unwrap().into(), fs::read(path).unwrap());
            }
        }
    }
    files
}

fn assert_same(whole: &Path, parts: &Path) {
    let (whole, parts) = (files(whole), files(parts));
    assert_eq!(whole.keys().collect::<Vec<_>>(), parts.keys().collect::<Vec<_>>());
    for (name, bytes) in &whole {
        assert!(parts[name] == *bytes, "{name} differs");
    }
    assert!(whole.contains_key("weights.safetensors") && whole.contains_key("history.csv"));
}

#[test]
fn stopped_at_random_steps_it_leaves_the_same_bytes() {
    if is_run_of_its_own() {
        return;
    }
    let mut random = Random::new(1, "stops");
    for plain in [false, true] {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [whole, parts] = [0, 1].map(|i| folders[i].path());
        run(whole, plain, None);
        let mut stops: Vec<_> = (0..5).map(|_| 1 + random.below(318) as u64).collect();
        stops.sort_unstable();
        stops.into_iter().for_each(|step| run(parts, plain, Some(step)));
        run(parts, plain, None);
        assert_same(whole, parts);
    }
}

#[test]
fn killed_at_ten_random_moments_it_leaves_the_same_bytes() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [whole, parts] = [0, 1].map(|i| folders[i].path());
    let begin = Instant::now();
    run(whole, false, None);
    // Ten kills come to half of a run and less.
    let longest = begin.elapsed().as_micros() as usize / 12;
    let mut random = Random::new(1, "kills");
    let history = || fs::metadata(parts.join("history.csv")).map_or(0, |file| file.len());
    let mut kills = 0;
    for _ in 0..10 {
        let mut child = start(parts, false, None);
        // From its start until some time after it began to write.
        let before = history();
        while child.try_wait().unwrap().is_none() && history() == before {
            sleep(Duration::from_millis(2));
        }
        sleep(Duration::from_micros(random.below(longest) as u64));
        child.kill().unwrap();
        // Not killed if it was done before.
        kills += i32::from(!child.wait().unwrap().success());
    }
    run(parts, false, None);
    assert_same(whole, parts);
    assert!(kills >= 7, "only {kills} of ten kills came before the end");
}
