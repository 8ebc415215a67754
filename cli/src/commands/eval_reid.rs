//! `mvmhat eval-reid`: how well an embedder tells people apart.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mvmhat_console::{outputs, usage};
use mvmhat_pipeline::evaluate::reid::ReidEvaluation;
use mvmhat_pipeline::sinks::viewer;

use crate::arguments::{ConfigArgs, DeviceArg, ScoreOutputs, SelectionArgs};
use crate::examples::examples;

/// Score a re-ID embedder on the boxes of the ground truth: are people told apart across cameras?
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat eval-reid hall                                                the built-in embedder",
    "mvmhat eval-reid hall --set embedder.weights=run/weights.safetensors one of your own",
    "mvmhat eval-reid hall --rrd map.rrd --out drawings                   with a map and a histogram",
])]
pub(crate) struct EvalReid {
    /// Recordings with ground truth; several are scored one by one and together
    #[arg(required = true, value_name = "RECORDING")]
    recordings: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    device: DeviceArg,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    outputs: ScoreOutputs,
    /// Draw the cosines of same and different people: DIR/histogram.png and .svg
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw a map of the crops for the Rerun viewer
    #[arg(long, value_name = "FILE")]
    rrd: Option<PathBuf>,
}

impl EvalReid {
    pub(crate) fn run(self) -> Result<()> {
        if self.recordings.len() > 1 && self.rrd.is_some() {
            return Err(usage!("--rrd draws one recording, and {} are given", self.recordings.len()));
        }
        let config = self.config.load()?;
        let device = self.device.open(&config)?;
        viewer::require(self.rrd.is_some(), false)?;
        self.outputs.check(&[("--rrd", &self.rrd)])?;
        if let Some(out) = &self.out {
            outputs::check_folder("--out", out, self.outputs.overwrite.overwrite, &self.recordings)?;
        }
        let evaluation = ReidEvaluation {
            config: &config,
            device,
            selection: self.selection.selection(),
            map: self.rrd.as_deref(),
            histogram: self.out.as_deref(),
        };
        let scores = evaluation.run(&self.recordings)?;
        self.outputs.write(&scores.tables, &scores.json)
    }
}
