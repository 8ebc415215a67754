//! A training run from its configuration to its weights: what `mvmhat train` and `mvmhat train-detector` do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use mvmhat_console::{CancellationToken, outputs, usage};
use mvmhat_learning::{Task, TrainError, set_libtorch_threads};
use mvmhat_pipeline::Config;
use mvmhat_scene::SequencePart;
use tch::Device;

use crate::observer::{CurveOutputs, RunObserver};
use crate::recipe::{Recipe, Session, TimedTask};
use crate::{BoxSource, TrainingReport};

/// What a run is asked for.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// What is learned from.
    pub recordings: Vec<SequencePart>,
    /// The folder for everything the run leaves.
    pub out: PathBuf,
    /// Whether a run that is in `out` is replaced.
    pub overwrite: bool,
    /// Whether a run that is in `out` goes on.
    pub resume: bool,
    /// A configuration file over the presets.
    pub config: Option<PathBuf>,
    /// Settings `KEY=VALUE` over it.
    pub set: Vec<String>,
    /// `train.data.boxes`, where it is given.
    pub boxes: Option<BoxSource>,
    /// `train.validate`, where it is given.
    pub validate: Option<SequencePart>,
    /// The folder of the cached crops or images; `OUT/crops` without.
    pub cache: Option<PathBuf>,
    /// Where the network runs; `pipeline.device` without.
    pub device: Option<String>,
    /// A file for the curves, to be opened with Rerun.
    pub rrd: Option<PathBuf>,
    /// Whether the curves are shown in the Rerun viewer.
    pub view: bool,
}

/// Trains by a recipe to the end, or until `cancellation` is requested.
///
/// Leaves in [`RunOptions::out`] the weights, the configuration, checkpoints, the history of the run and its curves.
///
/// # Errors
/// Wrong options or configuration (as [`UsageError`](mvmhat_console::UsageError)), data or weights that cannot be read, too
/// little to learn from, a loss that is not finite.
pub fn run<R: Recipe>(options: &RunOptions, cancellation: &Arc<CancellationToken>) -> Result<TrainingReport> {
    let saved_config = options.out.join("config.yaml");
    options.check_outputs(&saved_config)?;
    let (config, mut recipe) = load_config::<R>(options.config_file(&saved_config), &options.settings())?;
    if let Some(part) = &options.validate {
        recipe.validate_on(part.clone());
    }
    let device = options.prepare(&config, recipe.threads())?;
    let cache = options.cache.clone().unwrap_or_else(|| options.out.join("crops"));
    let session = Session {
        parts: &options.recordings,
        out: &options.out,
        cache: &cache,
        config: &config,
        device,
        cancellation,
    };
    let mut task = recipe.task(&session)?;
    let mut observer = RunObserver::new(&task, options.curves(), cancellation)?;
    let start = Instant::now();
    let yaml = config.to_yaml(&recipe)?;
    // The file of a run that goes on is replaced only once it is known that the configuration fits.
    let trainer = if options.resume {
        let trainer = recipe.trainer().resume(&mut task, &options.out).map_err(usage_error)?;
        outputs::write_file(&saved_config, &yaml)?;
        trainer
    } else {
        if options.overwrite {
            remove_earlier_run(&options.out)?;
        }
        outputs::write_file(&saved_config, &yaml)?;
        recipe.trainer().init(&mut task, &options.out).map_err(usage_error)?
    };
    let summary = trainer.run(&mut observer)?;
    drop(observer);
    Ok(TrainingReport {
        summary,
        seconds: start.elapsed().as_secs_f64(),
        time_spent: task.time_spent(),
        metrics: task.validation_metrics().iter().map(|name| (*name).to_owned()).collect(),
        out: options.out.clone(),
        used_as: R::USED_AS,
    })
}

/// The configuration of a recipe: presets, file and settings laid over each other, and the section `train`.
///
/// # Errors
/// A configuration of another task, unknown keys, values of another type or out of their range.
pub fn load_config<R: Recipe>(file: Option<&Path>, settings: &[String]) -> Result<(Config, R)> {
    Config::load_with(&[R::PRESET], file, settings)
}

impl RunOptions {
    /// Refuses a folder with a run in it or, to go on with, one without, and a file of curves that exists.
    fn check_outputs(&self, saved_config: &Path) -> Result<()> {
        let inputs: Vec<PathBuf> = self.recordings.iter().map(|part| part.folder.clone()).collect();
        outputs::check_distinct("--out", &self.out, &inputs)?;
        let out = self.out.display();
        if self.resume && !saved_config.is_file() {
            return Err(usage!("--resume: there is no run in {out}"));
        }
        if !self.resume && !self.overwrite && self.out.join("history.csv").exists() {
            return Err(usage!(
                "--out {out}: there is a run in this folder; go on with it by --resume, replace it by --overwrite, or give \
                 another folder"
            ));
        }
        match &self.rrd {
            Some(rrd) => outputs::check_file("--rrd", rrd, self.overwrite),
            None => Ok(()),
        }
    }

    /// The configuration file. A run that goes on has the one it began with, unless another is given.
    fn config_file<'a>(&'a self, saved_config: &'a Path) -> Option<&'a Path> {
        self.config.as_deref().or_else(|| self.resume.then_some(saved_config))
    }

    /// Everything that is set over the file.
    fn settings(&self) -> Vec<String> {
        let boxes = self.boxes.map(|boxes| format!("train.data.boxes={}", boxes.name()));
        self.set.iter().cloned().chain(boxes).collect()
    }

    fn curves(&self) -> CurveOutputs<'_> {
        CurveOutputs { rrd: self.rrd.as_deref(), view: self.view }
    }

    /// Makes the folder and sets the threads; where the network runs.
    fn prepare(&self, config: &Config, threads: usize) -> Result<Device> {
        let device = config.device(self.device.as_deref())?;
        self.curves().check()?;
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("--out {}: cannot be written", self.out.display()))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        set_libtorch_threads(if threads == 0 { cores } else { threads });
        Ok(device)
    }
}

/// Removes what an earlier run left in its folder; cached images stay.
fn remove_earlier_run(out: &Path) -> Result<()> {
    let remove = |result: std::io::Result<()>| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let removed = ["checkpoints", "identities"]
        .into_iter()
        .map(|folder| remove(std::fs::remove_dir_all(out.join(folder))))
        .chain(
            ["history.csv", "curves.html", "curves.png", "config.yaml", "weights.safetensors"]
                .into_iter()
                .map(|file| remove(std::fs::remove_file(out.join(file)))),
        )
        .collect::<std::io::Result<()>>();
    removed.with_context(|| format!("--out {}: the earlier run cannot be removed", out.display()))
}

/// A trainer that cannot be made from its configuration is wrong usage.
fn usage_error(error: TrainError) -> anyhow::Error {
    match error {
        TrainError::Configuration { .. } | TrainError::Freeze(_) => usage!("train.trainer.{error}"),
        other => other.into(),
    }
}
