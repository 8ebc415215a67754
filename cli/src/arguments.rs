//! The command line: which subcommand, and the exit status of what it did.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::doctor::Doctor;
use crate::commands::eval::Eval;
use crate::commands::learn::Learn;
use crate::commands::synth::Synth;
use crate::commands::track::Track;
use crate::commands::train::Train;
use crate::commands::tune::Tune;
use crate::commands::weights::Weights;
use crate::error;

/// Follows people through several synchronized cameras: one identity per person, over time and in all views.
#[derive(Debug, Parser)]
#[command(name = "mvmhat", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Track(Track),
    Train(Train),
    Learn(Learn),
    Eval(Eval),
    Tune(Tune),
    Synth(Synth),
    Weights(Weights),
    Doctor(Doctor),
}

/// Runs the command line of this process. Exit status 0: done; 1: the run failed; 2: wrong usage or configuration.
pub fn main() -> ExitCode {
    log_to_stderr();
    std::panic::set_hook(Box::new(|info| tracing::error!("internal error: {info}")));
    let done = match Cli::parse().command {
        Command::Track(command) => command.run(),
        Command::Train(command) => command.run(),
        Command::Learn(command) => command.run(),
        Command::Eval(command) => command.run(),
        Command::Tune(command) => command.run(),
        Command::Synth(command) => command.run(),
        Command::Weights(command) => command.run(),
        Command::Doctor(command) => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => error::report(&e),
    }
}

/// Log lines go to the terminal's error side; `MVMHAT_LOG` (for instance `debug`) says how many.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("MVMHAT_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // What OpenCV cannot do comes back as an error; its own messages would only stand between ours.
    let _ = opencv::core::set_log_level(opencv::core::LogLevel::LOG_LEVEL_SILENT);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .log_internal_errors(false)
        .init();
}
