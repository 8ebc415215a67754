//! The `mvmhat` program: arguments, messages and exit statuses. What the commands do is in the libraries below.

mod arguments;
mod commands;
mod examples;
mod replaced;

use std::process::ExitCode;

use clap::Parser;
use commands::Cli;

/// Exit status 0: done; 1: the run failed; 2: wrong usage or configuration.
fn main() -> ExitCode {
    let run = || -> anyhow::Result<()> {
        replaced::refuse(
            std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()),
        )?;
        let cli = Cli::parse();
        mvmhat_console::log_to_stderr(cli.verbosity.level());
        // What OpenCV cannot do comes back as an error; its own messages would only stand between ours.
        let _ = opencv::core::set_log_level(opencv::core::LogLevel::LOG_LEVEL_SILENT);
        cli.command.run()
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => mvmhat_console::report(&error),
    }
}
