//! The Rerun viewer, which is a program of its own.

use std::process::Command;

use anyhow::Result;

use crate::error::usage;
use crate::versions;

/// How to get what it plays videos with.
const FFMPEG: &str = "`ffmpeg`, which the viewer plays videos with (Debian: `apt-get install ffmpeg`)";

/// What the viewer on the search path calls itself, for instance `rerun-cli 0.36.3`; `None` where there is none.
pub(crate) fn installed() -> Option<String> {
    let output = Command::new("rerun").arg("--version").output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    // What it was built with follows.
    Some(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// Whether the viewer can play videos: it does so with a program `ffmpeg`, and shows boxes on black ground without.
fn plays_videos() -> bool {
    Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success())
}

/// What has to be installed before recordings can be looked at here; `None` where everything is there.
pub(crate) fn to_install() -> Option<String> {
    match (installed().is_some(), plays_videos()) {
        (true, true) => None,
        (true, false) => Some(FFMPEG.to_owned()),
        (false, true) => Some(how_to_install()),
        (false, false) => Some(format!("{}, and {FFMPEG}", how_to_install())),
    }
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
fn how_to_install() -> String {
    let version = versions::rerun_sdk();
    format!("`pip install rerun-sdk=={version}` or `cargo install rerun-cli@{version} --locked`")
}
