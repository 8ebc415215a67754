//! The program `papers`: see [`mvmhat_papers::Papers`].

use std::process::ExitCode;

use clap::Parser;
use mvmhat_papers::Papers;

fn main() -> ExitCode {
    let papers = Papers::parse();
    mvmhat_console::log_to_stderr("info");
    match papers.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => mvmhat_console::report(&error),
    }
}
