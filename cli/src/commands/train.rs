//! `mvmhat train`: an embedding learned from footage without labels, or a detector of people.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use mvmhat_learning::{BestValidation, Task, TrainError, TrainerConfig, TrainingEnd, TrainingSummary};
use mvmhat_scene::AtomicFile;
use tch::Device;

use crate::config::Config;
use crate::error::usage;
use crate::sequence_part::SequencePart;
use crate::stream::Stop;
use crate::training::{Boxes, Curves, DetectorSession, Session, Watch};
use crate::{device, interrupt, outputs, print, threads, viewer};

/// Learn from your own footage how people look, without labels, or how to find them.
///
/// Leaves in OUT the weights (weights.safetensors, to be used as embedder.weights or detector.weights), the configuration,
/// checkpoints, the history of the run and its curves.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// Folders of synchronized cameras to learn from, or RECORDING@A..B, frames A to B of it
    #[arg(required = true)]
    recordings: Vec<SequencePart>,
    /// What is learned
    #[arg(long, value_enum, default_value_t)]
    task: TaskName,
    /// Folder for everything the run leaves
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// YAML file laid over the built-in configuration (configs/train-cpu.yaml; configs/train-detector.yaml)
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// One setting laid over the configuration, for instance train.trainer.epochs=10; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where boxes of people come from: gt/gt.txt (identities are not read), det/det.txt, or the detector
    /// [train.data.boxes]
    #[arg(long, value_name = "FROM")]
    boxes: Option<Boxes>,
    /// Go on with the run in OUT
    #[arg(long)]
    resume: bool,
    /// A labelled recording, or frames A to B of one, that is not learned from: how well are its people told apart, or found?
    /// [train.validate]
    #[arg(long, value_name = "RECORDING[@A..B]")]
    validate: Option<SequencePart>,
    /// Folder of the crops or images that are learned from, to be shared by several runs [default: OUT/crops]
    #[arg(long, value_name = "DIR")]
    crops: Option<PathBuf>,
    /// Where the network runs: auto, cpu or cuda:N (default: pipeline.device)
    #[arg(long)]
    device: Option<String>,
    /// Write the curves as a Rerun recording to this file
    #[arg(long, value_name = "F", conflicts_with = "view")]
    rrd: Option<PathBuf>,
    /// Show the curves in the Rerun viewer while the run goes on
    #[arg(long)]
    view: bool,
}

/// What is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum TaskName {
    /// How people look, to tell them apart: for embedder.weights
    #[default]
    Embedding,
    /// Where people are: for `detector.name: person` and detector.weights
    Detector,
}

/// A run of the trainer that came to an end.
struct Trained {
    summary: TrainingSummary,
    seconds: f64,
}

impl Train {
    pub(crate) fn run(self) -> Result<()> {
        let stop = Arc::new(Stop::default());
        interrupt::stop_on_ctrl_c(&stop)?;
        let kept = self.out.join("config.yaml");
        self.refuse_outputs(&kept)?;
        match self.task {
            TaskName::Embedding => self.embedding(&kept, &stop),
            TaskName::Detector => self.detector(&kept, &stop),
        }
    }

    fn embedding(&self, kept: &Path, stop: &Arc<Stop>) -> Result<()> {
        let (config, mut train) = Config::load_for_training(self.file(kept), &self.settings()?)?;
        if self.validate.is_some() {
            train.validate.clone_from(&self.validate);
        }
        let device = self.prepare(&config, train.threads)?;
        let session = Session {
            parts: &self.recordings,
            out: &self.out,
            cache: &self.cache(),
            config: &config,
            train: &train,
            device,
            stop,
        };
        let mut task = session.task()?;
        let trained = self.train(&mut task, &train.trainer, kept, &config.to_yaml(&train)?, stop)?;
        let time = task.time();
        let spent = format!(
            "{:.1} % waiting for crops and {:.1} % finding out who is who",
            trained.share(time.waiting),
            trained.share(time.labelling)
        );
        self.conclude(&trained, &spent, task.validation_metrics(), "embedder.weights=")
    }

    fn detector(&self, kept: &Path, stop: &Arc<Stop>) -> Result<()> {
        let (config, mut train) = Config::load_for_detector_training(self.file(kept), &self.settings()?)?;
        if self.validate.is_some() {
            train.validate.clone_from(&self.validate);
        }
        let device = self.prepare(&config, train.threads)?;
        let session = DetectorSession {
            parts: &self.recordings,
            cache: &self.cache(),
            config: &config,
            train: &train,
            device,
            stop,
        };
        let mut task = session.task()?;
        let trained = self.train(&mut task, &train.trainer, kept, &config.to_yaml(&train)?, stop)?;
        let spent = format!("{:.1} % waiting for images", trained.share(task.waiting()));
        let used_as = "detector.name=person --set detector.weights=";
        self.conclude(&trained, &spent, task.validation_metrics(), used_as)
    }

    /// Makes the folder and sets the threads; where the network runs.
    fn prepare(&self, config: &Config, threads: usize) -> Result<Device> {
        let device = device::parse(self.device.as_deref().unwrap_or(&config.pipeline.device))?;
        if self.view {
            viewer::require()?;
        }
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("--out {}: cannot be written", self.out.display()))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        threads::of_libtorch(if threads == 0 { cores } else { threads });
        Ok(device)
    }

    /// Trains to the end, and writes the configuration into `kept`.
    fn train(
        &self,
        task: &mut impl Task,
        config: &TrainerConfig,
        kept: &Path,
        yaml: &str,
        stop: &Arc<Stop>,
    ) -> Result<Trained> {
        let mut curves = Vec::new();
        if let Some(path) = &self.rrd {
            curves.push(Curves::save(path)?);
        }
        if self.view {
            curves.push(Curves::view()?);
        }
        let mut watch = Watch::new(curves, stop, task.metrics(), task.validation_metrics());
        let start = Instant::now();
        // The file of a run that goes on is replaced only once it is known that the configuration fits.
        let trainer = if self.resume {
            let trainer = config.resume(task, &self.out).map_err(wrong)?;
            write(kept, yaml)?;
            trainer
        } else {
            write(kept, yaml)?;
            config.init(task, &self.out).map_err(wrong)?
        };
        let summary = trainer.run(&mut watch)?;
        Ok(Trained { summary, seconds: start.elapsed().as_secs_f64() })
    }

    fn folders(&self) -> Vec<PathBuf> {
        self.recordings.iter().map(|part| part.folder.clone()).collect()
    }

    fn cache(&self) -> PathBuf {
        self.crops.clone().unwrap_or_else(|| self.out.join("crops"))
    }

    /// Refuses a folder with a run in it or, to go on with, one without, and whatever else would be overwritten.
    fn refuse_outputs(&self, kept: &Path) -> Result<()> {
        outputs::refuse(&self.out, &self.folders())?;
        let out = self.out.display();
        if self.resume && !kept.is_file() {
            return Err(usage!("--resume: there is no run in {out}"));
        }
        if !self.resume && self.out.join("history.csv").exists() {
            return Err(usage!(
                "--out {out}: there is a run in this folder; go on with it by --resume, or give another folder"
            ));
        }
        match &self.rrd {
            Some(rrd) if rrd.exists() => {
                Err(usage!("--rrd {}: the file exists; give another name", rrd.display()))
            }
            _ => Ok(()),
        }
    }

    /// The file of the configuration. A run that goes on has the one it began with, unless another is given.
    fn file<'a>(&'a self, kept: &'a Path) -> Option<&'a Path> {
        self.config.as_deref().or_else(|| self.resume.then_some(kept))
    }

    /// What the command line says over it.
    fn settings(&self) -> Result<Vec<String>> {
        let mut settings = self.set.clone();
        if let Some(boxes) = self.boxes {
            let boxes = serde_json::to_value(boxes)?;
            settings.push(format!("train.data.boxes={}", boxes.as_str().unwrap_or_default()));
        }
        Ok(settings)
    }

    /// What came of it, in a few lines.
    fn conclude(&self, trained: &Trained, spent: &str, metrics: &[&str], used_as: &str) -> Result<()> {
        let Trained { summary, seconds } = trained;
        let out = self.out.display();
        let mut lines = vec![format!("{} steps, {seconds:.0} s, of which {spent}", summary.steps)];
        if let Some(BestValidation { step, score }) = summary.best {
            lines.push(format!("best       {score:.4} after step {step}"));
        }
        let scores = metrics.iter().zip(&summary.scores);
        let scores: Vec<_> = scores.map(|(name, score)| format!("{name} {score:.4}")).collect();
        if !scores.is_empty() {
            lines.push(format!("validated  {} (the weights that were written)", scores.join(", ")));
        }
        lines.push(format!("curves     {out}/curves.html, {out}/history.csv"));
        if summary.end == TrainingEnd::Interrupted {
            print::lines(&lines.join("\n"));
            return Err(anyhow!("interrupted after step {}; --resume goes on from there", summary.steps));
        }
        lines.push(format!("weights    {out}/weights.safetensors, to be used by"));
        lines.push(format!(
            "           mvmhat track RECORDING --out DIR --set {used_as}{out}/weights.safetensors"
        ));
        print::lines(&lines.join("\n"));
        Ok(())
    }
}

impl Trained {
    /// A part of the time, percent.
    fn share(&self, part: Duration) -> f64 {
        100.0 * part.as_secs_f64() / self.seconds.max(1e-9)
    }
}

/// A configuration that makes no sense is wrong usage, whoever finds out.
fn wrong(error: TrainError) -> anyhow::Error {
    match error {
        TrainError::Configuration { .. } | TrainError::Freeze(_) => usage!("train.trainer.{error}"),
        other => other.into(),
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    let write = || {
        let mut file = AtomicFile::create(path)?;
        file.write_all(text.as_bytes())?;
        file.commit()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
