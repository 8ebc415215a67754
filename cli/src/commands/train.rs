//! `mvmhat train`: a re-ID embedding trained on recordings without labels.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::Args;
use mvmhat_console::{CancellationToken, cancel_on_ctrl_c, print};
use mvmhat_scene::SequencePart;
use mvmhat_training::{BoxSource, Recipe, ReidRecipe, RunOptions};

use crate::arguments::{ConfigArgs, DeviceArg, OverwriteArg, RerunArgs};
use crate::examples::examples;

/// Train the re-ID embedding on recordings without labels.
///
/// Leaves in OUT the weights (weights.safetensors, to be used as embedder.weights), the configuration, checkpoints, the
/// history of the run and its curves. The built-in configuration is configs/train-cpu.yaml.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat train hall yard --out run                                learn from two recordings",
    "mvmhat train hall@1..=900 --validate hall@901..=1200 --out run  parts of one, to learn from and to validate on",
    "mvmhat train hall yard --out run --resume                       go on with an interrupted run",
])]
pub(crate) struct Train {
    #[command(flatten)]
    options: TrainingArgs,
}

impl Train {
    pub(crate) fn run(self) -> Result<()> {
        self.options.run::<ReidRecipe>()
    }
}

/// What both commands that train have in common.
#[derive(Debug, Args)]
pub(super) struct TrainingArgs {
    /// Folders of synchronized cameras to learn from, or frames A to B of one
    #[arg(required = true, value_name = "RECORDING[@A..=B]")]
    recordings: Vec<SequencePart>,
    /// Folder for everything the run leaves
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    overwrite: OverwriteArg,
    /// Go on with the run in OUT
    #[arg(long, conflicts_with = "overwrite")]
    resume: bool,
    #[command(flatten)]
    config: ConfigArgs,
    /// Where boxes of people come from: gt/gt.txt (identities are not read), det/det.txt, or the detector
    /// [default: train.data.boxes]
    #[arg(long, value_name = "SOURCE")]
    boxes: Option<BoxSource>,
    /// A labelled recording, or frames A to B of one, that is not learned from [default: train.validate]
    #[arg(long, value_name = "RECORDING[@A..=B]")]
    validate: Option<SequencePart>,
    /// Folder of the cached crops or images, to be shared by several runs [default: OUT/crops]
    #[arg(long, value_name = "DIR")]
    crops: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArg,
    #[command(flatten)]
    rerun: RerunArgs,
}

impl TrainingArgs {
    /// Trains by a recipe and says what came of it.
    pub(super) fn run<R: Recipe>(self) -> Result<()> {
        let token = Arc::new(CancellationToken::default());
        cancel_on_ctrl_c(&token)?;
        let options = RunOptions {
            recordings: self.recordings,
            out: self.out,
            overwrite: self.overwrite.overwrite,
            resume: self.resume,
            config: self.config.config,
            set: self.config.set,
            boxes: self.boxes,
            validate: self.validate,
            cache: self.crops,
            device: self.device.device,
            rrd: self.rerun.rrd,
            view: self.rerun.view,
        };
        let summary = mvmhat_training::run::<R>(&options, &token)?;
        print::lines(&summary.to_string());
        if summary.is_interrupted() {
            let steps = summary.summary.steps;
            return Err(anyhow!("interrupted after step {steps}; --resume goes on from there"));
        }
        Ok(())
    }
}
