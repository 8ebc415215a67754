//! `mvmhat train`: an embedding learned from footage without labels.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use learning::{End, Summary, Task, TrainError};
use scene::AtomicFile;

use crate::config::Config;
use crate::error::usage;
use crate::stream::Stop;
use crate::training::{Boxes, Curves, Session, TrainConfig, Watch};
use crate::{device, interrupt, outputs, print, viewer};

/// Learn how people look from your own footage, without labels.
///
/// Leaves in OUT the weights (weights.safetensors, to be used as embedder.weights), the configuration, checkpoints, the
/// history of the run and its curves.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// Folders of synchronized cameras to learn from
    #[arg(required = true)]
    recordings: Vec<PathBuf>,
    /// Folder for everything the run leaves
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// YAML file laid over the built-in configuration (configs/train-cpu.yaml)
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// One setting laid over the configuration, for instance train.trainer.epochs=10; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where boxes of people come from: gt/gt.txt (identities are not read), det/det.txt, or the detector [train.data.boxes]
    #[arg(long, value_name = "FROM")]
    boxes: Option<Boxes>,
    /// Go on with the run in OUT
    #[arg(long)]
    resume: bool,
    /// A labelled recording that is not learned from: after every epoch, how well are its people told apart?
    /// [train.validate]
    #[arg(long, value_name = "RECORDING")]
    validate: Option<PathBuf>,
    /// Folder of the crops that are cut out, to be shared by several runs [default: OUT/crops]
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

impl Train {
    pub(crate) fn run(self) -> Result<()> {
        let stop = Arc::new(Stop::default());
        interrupt::stop_on_ctrl_c(&stop)?;
        let kept = self.out.join("config.yaml");
        self.refuse_outputs(&kept)?;
        let (config, train) = self.configuration(&kept)?;
        let device = device::parse(self.device.as_deref().unwrap_or(&config.pipeline.device))?;
        if self.view {
            viewer::require()?;
        }
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("--out {}: cannot be written", self.out.display()))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        tch::set_num_threads(if train.threads == 0 { cores } else { train.threads } as i32);

        let session = Session {
            recordings: &self.recordings,
            out: &self.out,
            cache: &self.crops.clone().unwrap_or_else(|| self.out.join("crops")),
            config: &config,
            train: &train,
            device,
            stop: &stop,
        };
        let mut task = session.task()?;
        let mut curves = Vec::new();
        if let Some(path) = &self.rrd {
            curves.push(Curves::save(path)?);
        }
        if self.view {
            curves.push(Curves::view()?);
        }
        let mut watch = Watch::new(curves, &stop, task.metrics(), task.validation_metrics());
        let start = Instant::now();
        // The file of a run that goes on is replaced only once it is known that the configuration fits.
        let trainer = if self.resume {
            let trainer = train.trainer.resume(&mut task, &self.out).map_err(wrong)?;
            write(&kept, &config.to_yaml(&train)?)?;
            trainer
        } else {
            write(&kept, &config.to_yaml(&train)?)?;
            train.trainer.init(&mut task, &self.out).map_err(wrong)?
        };
        let summary = trainer.run(&mut watch)?;
        drop(watch);
        let seconds = start.elapsed().as_secs_f64();
        let time = task.time();
        let share = |part: std::time::Duration| 100.0 * part.as_secs_f64() / seconds.max(1e-9);
        let spent = format!(
            "{seconds:.0} s, of which {:.1} % waiting for crops and {:.1} % finding out who is who",
            share(time.waiting),
            share(time.labelling)
        );
        self.conclude(&summary, &spent)
    }

    /// Refuses a folder with a run in it or, to go on with, one without, and whatever else would be overwritten.
    fn refuse_outputs(&self, kept: &Path) -> Result<()> {
        outputs::refuse(&self.out, &self.recordings)?;
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

    /// The configuration, with what the command line says over it. A run that goes on has the one it began with, unless
    /// another is given.
    fn configuration(&self, kept: &Path) -> Result<(Config, TrainConfig)> {
        let mut settings = self.set.clone();
        if let Some(boxes) = self.boxes {
            settings.push(format!(
                "train.data.boxes={}",
                serde_json::to_value(boxes)?.as_str().unwrap_or_default()
            ));
        }
        let file = self.config.as_deref().or_else(|| self.resume.then_some(kept));
        let (config, mut train) = Config::load_for_training(file, &settings)?;
        if self.validate.is_some() {
            train.validate.clone_from(&self.validate);
        }
        Ok((config, train))
    }

    /// What came of it, in a few lines.
    fn conclude(&self, summary: &Summary, spent: &str) -> Result<()> {
        let out = self.out.display();
        let mut lines = vec![format!("{} steps, {spent}", summary.steps)];
        if let Some((step, score)) = summary.best {
            lines.push(format!("best       {score:.4} after step {step}"));
        }
        lines.push(format!("curves     {out}/curves.html, {out}/history.csv"));
        if summary.end == End::Interrupted {
            print::lines(&lines.join("\n"));
            return Err(anyhow!("interrupted after step {}; --resume goes on from there", summary.steps));
        }
        lines.push(format!("weights    {out}/weights.safetensors, to be used by"));
        lines.push(format!(
            "           mvmhat track RECORDING --out DIR --set embedder.weights={out}/weights.safetensors"
        ));
        print::lines(&lines.join("\n"));
        Ok(())
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
