//! The Rerun viewer, which is a program of its own.

use std::process::Command;

use anyhow::Result;
use mvmhat_console::usage;

use crate::versions;

/// How to get what it plays videos with.
const FFMPEG: &str = "`ffmpeg`, which the viewer plays videos with (Debian: `apt-get install ffmpeg`)";

/// What the viewer on the search path calls itself, for instance `rerun-cli 0.36.3`; `None` where there is none.
pub fn installed() -> Option<String> {
    let output = Command::new("rerun").arg("--version").output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    // What it was built with follows.
    Some(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// What has to be installed before recordings can be watched here; `None` where everything is there.
pub fn to_install() -> Option<String> {
    match (installed().is_some(), plays_videos()) {
        (true, true) => None,
        (true, false) => Some(FFMPEG.to_owned()),
        (false, true) => Some(how_to_install()),
        (false, false) => Some(format!("{}, and {FFMPEG}", how_to_install())),
    }
}

/// Refuses `--rrd` where this program was built without Rerun, and `--view` also where there is no viewer.
///
/// # Errors
/// How to get it.
pub fn require(rrd: bool, view: bool) -> Result<()> {
    match (rrd, view) {
        (true, _) if !cfg!(feature = "rerun") => Err(not_built_in("--rrd")),
        (_, true) if !cfg!(feature = "rerun") => Err(not_built_in("--view")),
        (_, true) if installed().is_none() => {
            Err(usage!("--view: there is no `rerun` program; install it with {}", how_to_install()))
        }
        _ => Ok(()),
    }
}

/// The error that an option needs what this program was built without.
pub(super) fn not_built_in(option: &str) -> anyhow::Error {
    usage!(
        "{option}: this program was built without the feature `rerun`; build it with its default features, or leave \
         {option} out"
    )
}

/// Whether the viewer can play videos: it does so with a program `ffmpeg`, and shows boxes on black ground without.
fn plays_videos() -> bool {
    Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success())
}

/// How to get it.
fn how_to_install() -> String {
    let version = versions::rerun_sdk().unwrap_or_else(|| "0.36".to_owned());
    format!("`pip install rerun-sdk=={version}` or `cargo install rerun-cli@{version} --locked`")
}
