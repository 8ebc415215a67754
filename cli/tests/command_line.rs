//! The command line's own promises: help, versions, exit statuses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::process::{Command, Output};

fn mvmhat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mvmhat")).args(arguments).output().unwrap()
}

#[test]
fn help_names_every_subcommand_and_succeeds() {
    let help = mvmhat(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8(help.stdout).unwrap();
    for command in [
        "track",
        "eval",
        "eval-detector",
        "eval-reid",
        "train",
        "train-detector",
        "tune",
        "synth",
        "weights",
        "doctor",
        "completions",
        "man",
    ] {
        assert!(text.contains(&format!("\n  {command} ")), "no `{command}` in\n{text}");
    }
}

#[test]
fn wrong_usage_has_status_2() {
    for arguments in [
        &["fly"][..],
        &["learn"],
        &["track"],
        &["track", "somewhere"],
        &["track", "r", "--out", "o", "--frames", "9..=1"],
        &["track", "r", "--out", "o", "-v", "-q"],
        &["train", "r", "--out", "o", "--overwrite", "--resume"],
    ] {
        assert_eq!(mvmhat(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn doctor_finds_the_pieces_that_this_test_was_built_with() {
    let doctor = mvmhat(&["doctor"]);
    let text = String::from_utf8(doctor.stdout).unwrap();
    assert_eq!(doctor.status.code(), Some(0), "{text}");
    for piece in ["OpenCV", "video", "libtorch", "devices"] {
        assert!(text.lines().any(|l| l.starts_with("ok") && l.contains(piece)), "no `{piece}` in\n{text}");
    }
}
