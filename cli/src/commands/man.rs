//! `mvmhat man`: the manual pages.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command, CommandFactory};
use mvmhat_console::outputs;

use super::Cli;
use crate::arguments::OverwriteArg;
use crate::examples::examples;

/// Write the manual pages: mvmhat.1, and one for every command.
#[derive(Debug, Args)]
#[command(after_help = examples!["mvmhat man ~/.local/share/man/man1"])]
pub(crate) struct Man {
    /// Folder for the pages; made if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    overwrite: OverwriteArg,
}

impl Man {
    pub(crate) fn run(self) -> Result<()> {
        let mut root = Cli::command().disable_help_subcommand(true);
        root.build();
        let mut pages = Vec::new();
        collect(&root, &mut pages)?;
        for (name, _) in &pages {
            outputs::check_file("DIR", &self.folder.join(name), self.overwrite.overwrite)?;
        }
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("{}: cannot be made", self.folder.display()))?;
        for (name, page) in pages {
            outputs::write_file(&self.folder.join(name), page)?;
        }
        Ok(())
    }
}

/// The pages of a command and of those below it, each with the name of its file.
fn collect(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone());
    man.render(&mut page)?;
    pages.push((man.get_filename(), page));
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| collect(below, pages))
}
