//! `mvmhat tune`: the associator's constants searched on recordings with ground truth.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use mvmhat_console::{CancellationToken, cancel_on_ctrl_c, print};
use mvmhat_tuning::{Objective, SearchMethod, SearchRange, TuneOptions};

use crate::arguments::{ConfigArgs, DeviceArg, FramesArg, OverwriteArg};
use crate::examples::examples;

/// Search the associator's constants on recordings with ground truth.
///
/// Detects and embeds people once, then associates them over and over with other constants, and scores the tracks against
/// ground truth. Writes OUT/preset.yaml (the best constants, to be laid over the configuration with --config),
/// OUT/trials.csv, OUT/tune.png and OUT/tune.svg.
///
/// The first trial is the configuration as it is, so the result is never worse on these recordings. It may be worse on
/// others: constants that were tuned on one recording need not carry over. Tune on several, and hold some out with
/// --validate.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat tune hall yard --validate lobby --out tuned       two recordings, and one that is held out",
    "mvmhat tune hall --only max_age,min_hits --out tuned     two constants only",
    "mvmhat tune hall --trials 400 --out tuned --resume       more trials of the same search",
])]
pub(crate) struct Tune {
    /// Recordings with ground truth; the mean of their scores counts
    #[arg(required = true, value_name = "RECORDING")]
    recordings: Vec<PathBuf>,
    /// Where the ground truth is, if not in the recording itself; for several recordings DIR/RECORDING
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    gt: Option<Option<PathBuf>>,
    /// RECORDING (and --validate) are folders of recordings
    #[arg(long)]
    dataset: bool,
    /// A recording with ground truth that is held out: scored at the end; may be repeated
    #[arg(long, value_name = "RECORDING")]
    validate: Vec<PathBuf>,
    /// Folder for everything the search leaves
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    overwrite: OverwriteArg,
    /// Go on with the search in OUT: same command, same result as if it had not been interrupted; --trials may be higher
    #[arg(long, conflicts_with = "overwrite")]
    resume: bool,
    /// How many sets of constants to try, the configured one included
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: u32,
    /// Which score is maximized
    #[arg(long, value_enum, default_value_t)]
    objective: Objective,
    /// What proposes the trials
    #[arg(long, value_enum, default_value_t)]
    search: SearchMethod,
    /// Another seed searches in another order
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Search these constants only; the others stay as configured
    #[arg(long, value_name = "KEY,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Search a constant between other ends, for instance track_low_thresh=0.1..=0.5; may be repeated
    #[arg(long, value_name = "KEY=LOW..=HIGH")]
    range: Vec<SearchRange>,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    frames: FramesArg,
    #[command(flatten)]
    device: DeviceArg,
}

impl Tune {
    pub(crate) fn run(self) -> Result<()> {
        let token = Arc::new(CancellationToken::default());
        cancel_on_ctrl_c(&token)?;
        let arguments = std::env::args().skip(2).filter(|argument| argument != "--resume");
        let options = TuneOptions {
            recordings: self.recordings,
            gt: self.gt.flatten(),
            dataset: self.dataset,
            validate: self.validate,
            out: self.out,
            resume: self.resume,
            overwrite: self.overwrite.overwrite,
            trials: self.trials as usize,
            objective: self.objective,
            method: self.search,
            seed: self.seed,
            only: self.only,
            ranges: self.range,
            config: self.config.config,
            set: self.config.set,
            frames: self.frames.frames.unwrap_or_default(),
            device: self.device.device,
            command: format!("mvmhat tune {}", arguments.collect::<Vec<_>>().join(" ")),
        };
        let summary = mvmhat_tuning::tune(&options, &token)?;
        print::lines(&summary.to_string());
        Ok(())
    }
}
