//! The Rerun viewer, which is a program of its own.

use std::process::Command;

use anyhow::Result;

use crate::error::usage;
use crate::versions;

/// What the viewer on the search path calls itself, for instance `rerun-cli 0.36.3`; `None` where there is none.
pub(crate) fn installed() -> Option<String> {
    let output = Command::new("rerun").arg("--version").output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.lines().next().unwrap_or_default().split(" [").next().unwrap_or_default().trim().to_owned())
}

/// Refuses `--view` where there is no viewer.
///
/// # Errors
/// How to get it.
pub(crate) fn require() -> Result<()> {
    if installed().is_some() {
        return Ok(());
    }
    Err(usage!("--view: there is no `rerun` program; install it with {}", how_to_install()))
}

/// How to get it.
pub(crate) fn how_to_install() -> String {
    let version = versions::rerun_sdk();
    format!("`pip install rerun-sdk=={version}` or `cargo install rerun-cli@{version} --locked`")
}
