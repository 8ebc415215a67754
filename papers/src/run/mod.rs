//! Running an experiment: its configuration, training, measuring, charts, and whether its targets are reached.

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

/// Train and measure a model of the literature: configs/papers has one file per experiment, docs/papers one page per
/// model.
///
/// Leaves in OUT the measures and which targets were reached (result.json), charts (PNG and SVG), and of each training
/// run weights, checkpoints, history and curves.
#[derive(Debug, Parser)]
#[command(name = "papers", version)]
pub struct Papers {
    /// The experiment: a file such as configs/papers/convnet.yaml; several with --table
    #[arg(required = true, value_name = "CONFIG")]
    configs: Vec<PathBuf>,
    /// Folder of the data sets: mnist/, ptb/, pairs/, cifar/, crops/ in it
    #[arg(long, value_name = "DIR", required_unless_present = "table")]
    data: Option<PathBuf>,
    /// Folder for everything the run leaves
    #[arg(long, value_name = "DIR", required_unless_present = "table")]
    out: Option<PathBuf>,
    /// One setting laid over the configuration, for instance trainer.epochs=3; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Continue the run in OUT
    #[arg(long)]
    resume: bool,
    /// Print the targets of all CONFIGs and what the runs in this folder reached, as a table in Markdown
    #[arg(long, value_name = "RUNS", conflicts_with_all = ["data", "out", "set", "resume"])]
    table: Option<PathBuf>,
}

/// The configuration a run was made with.
const CONFIG: &str = "config.yaml";
/// Its result.
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
            return Err(usage!("one CONFIG at a time can be run; several are for --table"));
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
            // A run begins when its data are there: what went wrong before leaves nothing to resume.
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
        // The configuration of a run that is resumed is replaced only once it is known to fit.
        outputs::write_file(&kept, config.yaml()?)?;
        let result = result.judged(&config, start.elapsed().as_secs_f64());
        outputs::write_file(&out.join(RESULT), serde_json::to_string_pretty(&result)? + "\n")?;
        print::lines(&result.summary());
        Ok(())
    }

    /// Refuses a folder with a run in it or, to resume, one without, and whatever else would be overwritten.
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

    /// Trains, if there is something to train, and measures.
    fn results(&self, prepared: PreparedExperiment) -> Result<Results> {
        match prepared {
            PreparedExperiment::Computed(results) => Ok(results),
            PreparedExperiment::Training(mut experiment) => {
                self.train(&mut *experiment)?;
                // Whatever chance the measures need is the same after a resume.
                tch::manual_seed(self.variant.trainer.seed as i64);
                experiment.results().map_err(|e| anyhow!("{e}").context("the model cannot be measured"))
            }
        }
    }

    fn train(&self, experiment: &mut dyn Experiment) -> Result<()> {
        let mut observer = ConsoleObserver::new(self.cancellation, experiment.validation_metrics());
        let trainer =
            self.variant.trainer.resume(experiment, self.folder).map_err(usage_of_the_configuration)?;
        let summary = match trainer.run(&mut observer) {
            // Among several variants one that diverges is a result, too, and is measured as it is.
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

/// A configuration that makes no sense or is that of another run is wrong usage, whoever finds out.
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
