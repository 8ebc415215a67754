//! `mvmhat train-detector`: a person detector trained on labelled recordings, or on what another detector finds.

use anyhow::Result;
use clap::Args;
use mvmhat_training::DetectionRecipe;

use super::train::TrainingArgs;
use crate::examples::examples;

/// Train a person detector on labelled recordings, or on what another detector finds.
///
/// Leaves in OUT the weights (weights.safetensors, to be used as detector.weights with detector.name=person), the configuration,
/// checkpoints, the history of the run and its curves. The built-in configuration is configs/train-detector.yaml.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat train-detector hall yard --boxes gt --out run           learn from ground truth",
    "mvmhat train-detector hall --boxes detect --out run            learn from a teacher, the configured detector",
    "mvmhat train-detector hall --validate yard --out run           validate on a labelled recording",
])]
pub(crate) struct TrainDetector {
    #[command(flatten)]
    options: TrainingArgs,
}

impl TrainDetector {
    pub(crate) fn run(self) -> Result<()> {
        self.options.run::<DetectionRecipe>()
    }
}
