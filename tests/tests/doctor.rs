//! `mvmhat doctor` about programs that are there, or are not.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mvmhat_tests::{Run, mvmhat};

/// The line about the viewer where the search path is `folder` alone.
fn viewer_line(folder: &Path) -> String {
    let doctor = Run::from(mvmhat().arg("doctor").env("PATH", folder).output().unwrap()).succeeded();
    doctor.stdout.lines().find(|line| line.contains("  viewer ")).unwrap().to_owned()
}

/// Puts a program into `folder` that prints a line.
fn program(folder: &Path, name: &str, line: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\necho '{line}'\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_viewer_is_missing_until_it_and_ffmpeg_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let nothing = viewer_line(path);
    assert!(nothing.starts_with("missing") && nothing.contains("pip install rerun-sdk=="), "{nothing}");
    assert!(nothing.contains("ffmpeg"), "both are named at once: {nothing}");
    program(path, "rerun", "rerun-cli 0.1.2 (base web_viewer) [rustc 1.2.3]");
    let without_ffmpeg = viewer_line(path);
    assert!(without_ffmpeg.starts_with("missing") && without_ffmpeg.contains("ffmpeg"), "{without_ffmpeg}");
    program(path, "ffmpeg", "ffmpeg version 5");
    // Another version than that of the recordings.
    let both = viewer_line(path);
    assert!(both.starts_with("ok") && both.contains("rerun-cli 0.1.2; recordings"), "{both}");
}
