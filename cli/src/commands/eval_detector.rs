//! `mvmhat eval-detector`: how well people are found in images.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mvmhat_evaluation::OPERATING_SCORE;
use mvmhat_pipeline::evaluate::detector::DetectorEvaluation;

use crate::arguments::{ConfigArgs, DeviceArg, ScoreOutputs, SelectionArgs, fraction};
use crate::examples::examples;

/// Score a detector against the boxes of the ground truth, image by image, whoever they are of.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat eval-detector hall                                          the built-in detector",
    "mvmhat eval-detector hall --set detector=file                      the detections that come with the recording",
    "mvmhat eval-detector hall yard --every 1 --json scores.json        every labelled frame of two recordings",
])]
pub(crate) struct EvalDetector {
    /// Recordings with ground truth; several are scored one by one and together
    #[arg(required = true, value_name = "RECORDING")]
    recordings: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    device: DeviceArg,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Count boxes of at least this score where recall by visibility and height is told
    #[arg(long, value_name = "SCORE", default_value_t = OPERATING_SCORE, value_parser = fraction)]
    score: f64,
    #[command(flatten)]
    outputs: ScoreOutputs,
}

impl EvalDetector {
    pub(crate) fn run(self) -> Result<()> {
        let config = self.config.load()?;
        let device = self.device.open(&config)?;
        self.outputs.check(&[])?;
        let evaluation = DetectorEvaluation {
            config: &config,
            device,
            selection: self.selection.selection(),
            recall_conf: self.score,
        };
        let scores = evaluation.run(&self.recordings)?;
        self.outputs.write(&scores.tables, &scores.json)
    }
}
