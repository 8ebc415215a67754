//! `mvmhat doctor`: what works on this machine, and what to do about the rest.

use anyhow::Result;
use clap::Args;

/// Arguments of `mvmhat doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

impl Doctor {
    pub(crate) fn run(self) -> Result<()> {
        Ok(())
    }
}
