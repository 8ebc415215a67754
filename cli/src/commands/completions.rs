//! `mvmhat completions`: the script that makes a shell complete commands and options.

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use mvmhat_console::print;

use super::Cli;
use crate::examples::examples;

/// Print the script that makes a shell complete commands and options.
#[derive(Debug, Args)]
#[command(after_help = examples![
    "mvmhat completions bash > ~/.local/share/bash-completion/completions/mvmhat",
    "mvmhat completions zsh > ~/.zfunc/_mvmhat",
])]
pub(crate) struct Completions {
    /// For which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "mvmhat", &mut script);
        print::lines(String::from_utf8(script)?.trim_end());
        Ok(())
    }
}
