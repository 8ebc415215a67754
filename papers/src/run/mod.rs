//! `mvmhat learn`: the models of the literature, trained and measured on the learning stack of the tracker.

mod config;
mod drawings;
mod history;
mod outcome;
mod table;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use mvmhat_learning::{Chapter, End, Findings, Lesson, TrainError};
use mvmhat_scene::AtomicFile;

use crate::error::usage;
use crate::figure::Figure;
use crate::stream::Stop;
use crate::training::{Curves, Watch};
use crate::{interrupt, outputs, print, threads, viewer};
use config::{LearnConfig, Variant};
use drawings::Plate;
use outcome::Outcome;

/// Train and measure a model of the literature: configs/learn has one file a chapter, docs/learning one page.
///
/// Leaves in OUT the measures and which targets were reached (result.json), figures (PNG and SVG), and of each training
/// run weights, checkpoints, history and curves.
#[derive(Debug, Args)]
pub(crate) struct Learn {
    /// The chapter: a file such as configs/learn/convnet.yaml; several with --table
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
    /// Go on with the run in OUT
    #[arg(long)]
    resume: bool,
    /// Write the curves as a Rerun recording to this file
    #[arg(long, value_name = "F", conflicts_with = "view")]
    rrd: Option<PathBuf>,
    /// Show the curves in the Rerun viewer while the run goes on
    #[arg(long)]
    view: bool,
    /// Print the targets of all CONFIGs and what the runs in this folder reached, as a table in Markdown
    #[arg(long, value_name = "RUNS", conflicts_with_all = ["data", "out", "set", "resume", "rrd", "view"])]
    table: Option<PathBuf>,
}

impl Learn {
    pub(crate) fn run(self) -> Result<()> {
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
        let config = LearnConfig::load(path, &self.set)?;
        if !data.is_dir() {
            return Err(usage!("--data {}: there is no such folder", data.display()));
        }
        self.refuse_outputs(data, out)?;
        let stop = Arc::new(Stop::default());
        interrupt::stop_on_ctrl_c(&stop)?;
        std::fs::create_dir_all(out)
            .with_context(|| format!("--out {}: cannot be written", out.display()))?;
        threads::of_libtorch(config.threads.max(1));
        let kept = out.join(CONFIG);
        if self.resume {
            config.refuse_another(&LearnConfig::load(&kept, &[])?, out)?;
        }

        let start = Instant::now();
        let mut outcome = Outcome::new(path, &config);
        for variant in &config.variants {
            let folder = variant.folder(out);
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("{}: cannot be written", folder.display()))?;
            let run = Run { variant, data, folder: &folder, stop: &stop };
            let lesson = run.lesson()?;
            // A run begins when its data are there: what went wrong before leaves nothing to go on with.
            if !kept.exists() {
                write(&kept, config.yaml()?.as_bytes())?;
            }
            let findings = run.findings(lesson, self.curves(variant)?)?;
            save_drawings(&findings, &folder)?;
            outcome.add(variant, findings);
        }
        for comparison in &config.compare {
            let drawing = history::comparison(comparison, &config.variants, out)?;
            let name = format!("compare-{}", comparison.y.replace('.', "-"));
            Plate { title: &config.title, drawing: &drawing }.save(out, &name)?;
        }
        // The configuration of a run that goes on is replaced only once it is known to fit.
        write(&kept, config.yaml()?.as_bytes())?;
        let result = outcome.conclude(&config, start.elapsed().as_secs_f64());
        write(&out.join(RESULT), format!("{}\n", serde_json::to_string_pretty(&result)?).as_bytes())?;
        print::lines(&result.summary());
        Ok(())
    }

    /// Refuses a folder with a run in it or, to go on with, one without, and whatever else would be overwritten.
    fn refuse_outputs(&self, data: &Path, out: &Path) -> Result<()> {
        outputs::refuse(out, &[data.to_path_buf()])?;
        let is_there = out.join(CONFIG).exists();
        let shown = out.display();
        if self.resume && !is_there {
            return Err(usage!("--resume: there is no run in {shown}"));
        }
        if !self.resume && is_there {
            return Err(usage!(
                "--out {shown}: there is a run in this folder; go on with it by --resume, or give another folder"
            ));
        }
        if let Some(rrd) = self.rrd.as_ref().filter(|rrd| rrd.exists()) {
            return Err(usage!("--rrd {}: the file exists; give another name", rrd.display()));
        }
        if self.view { viewer::require() } else { Ok(()) }
    }

    /// Where the curves of a variant are shown: a file of its own where there are several.
    fn curves(&self, variant: &Variant) -> Result<Vec<Curves>> {
        let mut curves = Vec::new();
        if let Some(path) = &self.rrd {
            curves.push(Curves::save(&variant.file(path))?);
        }
        if self.view {
            curves.push(Curves::view()?);
        }
        Ok(curves)
    }
}

/// The configuration a run was made with.
const CONFIG: &str = "config.yaml";
/// What came of it.
const RESULT: &str = "result.json";

/// One variant of a chapter on its way.
struct Run<'a> {
    variant: &'a Variant,
    data: &'a Path,
    folder: &'a Path,
    stop: &'a Arc<Stop>,
}

impl Run<'_> {
    /// Reads the data.
    fn lesson(&self) -> Result<Lesson> {
        let Variant { chapter, trainer, name } = self.variant;
        if let Some(name) = name {
            tracing::info!("{name}");
        }
        chapter.lesson(self.data, trainer.seed).map_err(|e| usage!("{e}{}", causes(&e)))
    }

    /// Trains, where there is something to train, and measures.
    fn findings(&self, lesson: Lesson, curves: Vec<Curves>) -> Result<Findings> {
        match lesson {
            Lesson::Study(findings) => Ok(findings),
            Lesson::Training(mut chapter) => {
                self.train(&mut *chapter, curves)?;
                // Whatever chance a conclusion needs is the same after a resume.
                tch::manual_seed(self.variant.trainer.seed as i64);
                chapter.conclude().map_err(|e| anyhow!("{e}").context("the model cannot be measured"))
            }
        }
    }

    fn train(&self, chapter: &mut dyn Chapter, curves: Vec<Curves>) -> Result<()> {
        let mut watch = Watch::new(curves, self.stop, chapter.metrics(), chapter.validation_metrics());
        let trainer = self.variant.trainer.resume(chapter, self.folder).map_err(wrong)?;
        let summary = match trainer.run(&mut watch) {
            // Among several variants one that diverges is a result, too, and is measured as it is.
            Err(error @ TrainError::NotFinite { .. }) if self.variant.name.is_some() => {
                tracing::warn!("{error}");
                return Ok(());
            }
            summary => summary?,
        };
        if summary.end == End::Interrupted {
            return Err(anyhow!("interrupted after step {}; --resume goes on from there", summary.steps));
        }
        Ok(())
    }
}

/// A configuration that makes no sense or is that of another run is wrong usage, whoever finds out.
fn wrong(error: TrainError) -> anyhow::Error {
    match error {
        TrainError::Configuration { .. } | TrainError::Freeze(_) => usage!("trainer.{error}"),
        TrainError::Mismatch { .. } => usage!("{error}"),
        other => other.into(),
    }
}

/// What lies behind an error, as the end of its sentence.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.map(|cause| format!(": {cause}")).collect()
}

fn save_drawings(findings: &Findings, folder: &Path) -> Result<()> {
    for (name, drawing) in &findings.drawings {
        Plate { title: &name.replace('_', " "), drawing }.save(folder, name)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = AtomicFile::create(path)?;
        file.write_all(bytes)?;
        file.commit()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
