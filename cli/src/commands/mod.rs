//! One file per subcommand: its arguments and its messages.

mod completions;
mod doctor;
mod eval;
mod eval_detector;
mod eval_reid;
mod man;
mod synth;
mod track;
mod train;
mod train_detector;
mod tune;
mod weights;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::arguments::Verbosity;
use crate::examples::examples;

/// Follows people through several synchronized cameras: one identity per person, over time and in all views.
#[derive(Debug, Parser)]
#[command(name = "mvmhat", version, max_term_width = 110, after_help = examples![
    "mvmhat track hall --out out               follow people through the cameras in hall/",
    "mvmhat eval --gt hall --tracks out        score the tracks against hall/<camera>/gt/gt.txt",
    "mvmhat train hall yard --out run          train the re-ID embedding on recordings without labels",
    "mvmhat doctor                             check what this program needs",
])]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Track(Box<track::Track>),
    Eval(eval::Eval),
    EvalDetector(eval_detector::EvalDetector),
    EvalReid(eval_reid::EvalReid),
    Train(train::Train),
    TrainDetector(train_detector::TrainDetector),
    Tune(Box<tune::Tune>),
    Synth(synth::Synth),
    Weights(weights::Weights),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Does what the command line says.
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Track(command) => command.run(),
            Self::Eval(command) => command.run(),
            Self::EvalDetector(command) => command.run(),
            Self::EvalReid(command) => command.run(),
            Self::Train(command) => command.run(),
            Self::TrainDetector(command) => command.run(),
            Self::Tune(command) => command.run(),
            Self::Synth(command) => command.run(),
            Self::Weights(command) => command.run(),
            Self::Doctor(command) => command.run(),
            Self::Completions(command) => command.run(),
            Self::Man(command) => command.run(),
        }
    }
}
