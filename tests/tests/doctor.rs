//! What the doctor says of programs that are there, or are not.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tests::{Run, mvmhat};

/// What is said of the viewer where the search path is `folder` alone.
fn of_the_viewer(folder: &Path) -> String {
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
fn the_viewer_is_missing_until_it_and_what_plays_its_videos_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let nothing = of_the_viewer(path);
    assert!(nothing.starts_with("missing") && nothing.contains("pip install rerun-sdk=="), "{nothing}");
    assert!(nothing.contains("ffmpeg"), "all that it takes is told at once: {nothing}");
    program(path, "rerun", "rerun-cli 0.1.2 (base web_viewer) [rustc 1.2.3]");
    let silent = of_the_viewer(path);
    assert!(silent.starts_with("missing") && silent.contains("ffmpeg"), "{silent}");
    program(path, "ffmpeg", "ffmpeg version 5");
    // Of another version than the recordings.
    let both = of_the_viewer(path);
    assert!(both.starts_with("ok") && both.contains("rerun-cli 0.1.2; recordings"), "{both}");
}
