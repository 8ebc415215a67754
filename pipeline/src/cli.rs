//! The command line: which subcommand, and the exit status of what it did.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::doctor::Doctor;
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
    Doctor(Doctor),
}

/// Runs the command line of this process. Exit status 0: done; 1: the run failed; 2: wrong usage or configuration.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Doctor(command) => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => error::report(&e),
    }
}
