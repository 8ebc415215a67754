//! Running an experiment: configuration, training, evaluation, charts and targets.

mod chart;
mod config;
mod history;
mod observer;
mod result;
mod table;
mod variants;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use mvmhat_console::{CancellationToken, UsageError, cancel_on_ctrl_c, outputs, print, usage};
use mvmhat_learning::{TrainError, TrainingEnd, set_libtorch_threads};
use mvmhat_plots::Figure;

use crate::experiment::{Experiment, PreparedExperiment, Results};
use chart::ChartFigure;
use config::{RunConfig, Variant};
use observer::ConsoleObserver;
use result::RunResult;

/// Train and evaluate a model of the literature: configs/papers has one file per experiment, docs/papers one page per
/// model.
///
/// Writes to OUT the measures and which targets were reached (result.json), charts (PNG and SVG), and for each training
/// run its weights, checkpoints, history and curves.
#[derive(Debug, Parser)]
#[command(name = "papers", version)]
pub struct Papers {
    /// The configuration of the experiment, for instance configs/papers/convnet.yaml; several with --table
    #[arg(required = true, value_name = "CONFIG")]
    configs: Vec<PathBuf>,
    /// Folder of the data sets, with mnist/, ptb/, pairs/, cifar/, crops/
    #[arg(long, value_name = "DIR", required_unless_present = "table")]
    data: Option<PathBuf>,
    /// Output folder of the run
    #[arg(long, value_name = "DIR", required_unless_present = "table")]
    out: Option<PathBuf>,
    /// Override one key of the configuration, for instance trainer.epochs=3; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Continue the run in OUT
    #[arg(long)]
    resume: bool,
    /// Print a Markdown table of the targets of all CONFIGs and what the runs in this folder reached
    #[arg(long, value_name = "RUNS", conflicts_with_all = ["data", "out", "set", "resume"])]
    table: Option<PathBuf>,
}

/// The configuration of a run.
const CONFIG: &str = "config.yaml";
/// The result of a run.
const RESULT: &str = "result.json";

impl Papers {
    /// Runs the experiment, or prints the table.
    ///
    /// # Errors
    /// Wrong usage, data that cannot be read, outputs that cannot be written, or a run that was interrupted.
    pub fn run(self) -> Result<()> {
        if let Some(runs) = &self.table {
            print::lines(&table::markdown(&self.configs, runs)?);
            return Ok(());
        }
        let [path] = &self.configs[..] else {
            return Err(usage!("only one CONFIG can be run at a time; several need --table"));
        };
        let (Some(data), Some(out)) = (&self.data, &self.out) else {
            return Err(usage!("--data and --out are needed"));
        };
        let config = RunConfig::load(path, &self.set)?;
        if !data.is_dir() {
            return Err(usage!("--data {}: there is no such folder", data.display()));
        }
        self.check_outputs(data, out)?;
        let cancellation = Arc::new(CancellationToken::default());
        cancel_on_ctrl_c(&cancellation)?;
        std::fs::create_dir_all(out)
            .with_context(|| format!("--out {}: cannot be written", out.display()))?;
        set_libtorch_threads(config.threads.max(1));
        let kept = out.join(CONFIG);
        if self.resume {
            config.refuse_another(&RunConfig::load(&kept, &[])?, out)?;
        }

        let start = Instant::now();
        let mut result = RunResult::new(path, &config);
        for variant in &config.variants {
            let folder = variant.folder(out);
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("{}: cannot be written", folder.display()))?;
            let run = VariantRun { variant, data, folder: &folder, cancellation: &cancellation };
            let prepared = run.prepare()?;
            // A run starts once its data are read: an earlier failure leaves nothing to resume.
            if !kept.exists() {
                outputs::write_file(&kept, config.yaml()?)?;
            }
            let results = run.results(prepared)?;
            save_charts(&results, &folder)?;
            result.add(variant, results);
        }
        for comparison in &config.compare {
            let chart = history::comparison(comparison, &config.variants, out)?;
            let name = format!("compare-{}", comparison.y.replace('.', "-"));
            ChartFigure { title: &config.title, chart: &chart }.save(out, &name)?;
        }
        // The configuration of a resumed run is replaced only once it is known to match.
        outputs::write_file(&kept, config.yaml()?)?;
        let result = result.judged(&config, start.elapsed().as_secs_f64());
        outputs::write_file(&out.join(RESULT), serde_json::to_string_pretty(&result)? + "\n")?;
        print::lines(&result.summary());
        Ok(())
    }

    /// Refuses an output folder that holds a run (or, with `--resume`, one that does not), and one that would overwrite
    /// the data.
    fn check_outputs(&self, data: &Path, out: &Path) -> Result<()> {
        outputs::check_distinct("--out", out, &[data.to_path_buf()])?;
        let is_there = out.join(CONFIG).exists();
        let shown = out.display();
        if self.resume && !is_there {
            return Err(usage!("--resume: there is no run in {shown}"));
        }
        if !self.resume && is_there {
            return Err(usage!(
                "--out {shown}: there is a run in this folder; continue it by --resume, or give another folder"
            ));
        }
        Ok(())
    }
}

/// The run of one variant of an experiment.
struct VariantRun<'a> {
    variant: &'a Variant,
    data: &'a Path,
    folder: &'a Path,
    cancellation: &'a Arc<CancellationToken>,
}

impl VariantRun<'_> {
    /// Reads the data.
    fn prepare(&self) -> Result<PreparedExperiment> {
        let Variant { experiment, trainer, name } = self.variant;
        if let Some(name) = name {
            tracing::info!("{name}");
        }
        experiment.prepare(self.data, trainer.seed).map_err(|e| UsageError::new(e).into())
    }

    /// Trains, if there is something to train, and evaluates.
    fn results(&self, prepared: PreparedExperiment) -> Result<Results> {
        match prepared {
            PreparedExperiment::Computed(results) => Ok(results),
            PreparedExperiment::Training(mut experiment) => {
                self.train(&mut *experiment)?;
                // The evaluation draws the same random numbers after a resume.
                tch::manual_seed(self.variant.trainer.seed as i64);
                experiment.results().map_err(|e| anyhow!("{e}").context("the model cannot be evaluated"))
            }
        }
    }

    fn train(&self, experiment: &mut dyn Experiment) -> Result<()> {
        let mut observer = ConsoleObserver::new(self.cancellation, experiment.validation_metrics());
        let trainer =
            self.variant.trainer.resume(experiment, self.folder).map_err(usage_of_the_configuration)?;
        let summary = match trainer.run(&mut observer) {
            // One of several variants may diverge: that is a result too, and it is evaluated as it is.
            Err(error @ TrainError::NotFinite { .. }) if self.variant.name.is_some() => {
                tracing::warn!("{error}");
                return Ok(());
            }
            summary => summary?,
        };
        if summary.end == TrainingEnd::Interrupted {
            return Err(anyhow!("interrupted after step {}; --resume continues from there", summary.steps));
        }
        Ok(())
    }
}

/// Reports an invalid configuration, or that of another run, as wrong usage (exit status 2).
fn usage_of_the_configuration(error: TrainError) -> anyhow::Error {
    match error {
        TrainError::Configuration { .. } | TrainError::Freeze(_) => usage!("trainer.{error}"),
        TrainError::Mismatch { .. } | TrainError::EarlierVersion { .. } => usage!("{error}"),
        other => other.into(),
    }
}

fn save_charts(results: &Results, folder: &Path) -> Result<()> {
    for (name, chart) in &results.charts {
        ChartFigure { title: &name.replace('_', " "), chart }.save(folder, name)?;
    }
    Ok(())
}
