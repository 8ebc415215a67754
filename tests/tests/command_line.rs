//! The command line: help, shell completions, man pages, exit statuses and messages.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use mvmhat_tests::{Blocks, Images, Run, run, run_papers, text};

/// Every subcommand.
const COMMANDS: [&str; 12] = [
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
];

/// The environment variables that the program reads.
const VARIABLES: [&str; 3] = ["MVMHAT_LOG", "MVMHAT_CACHE", "MVMHAT_WEIGHTS_MIRROR"];

#[test]
fn help_names_every_command_and_ends_with_examples_and_environment_variables() {
    let help = run(["--help"]).succeeded().stdout;
    for word in COMMANDS.iter().chain(&VARIABLES) {
        assert!(help.contains(word), "no `{word}` in\n{help}");
    }
    for command in
        COMMANDS.iter().filter(|command| !["weights", "doctor", "completions", "man"].contains(command))
    {
        let help = run([command, "--help"]).succeeded().stdout;
        let options = help.find("\nOptions:").unwrap();
        let examples = help.find("\nExamples:").unwrap_or_else(|| panic!("no examples in\n{help}"));
        assert!(options < examples, "{help}");
        assert!(help[examples..].contains(&format!("mvmhat {command} ")), "{help}");
        for variable in VARIABLES {
            assert!(help[examples..].contains(variable), "no `{variable}` in\n{help}");
        }
    }
}

#[test]
fn frames_are_ranges_of_one_notation_in_every_command() {
    for command in ["track", "eval", "eval-detector", "eval-reid", "tune"] {
        let help = run([command, "--help"]).succeeded().stdout;
        assert!(help.contains("--frames <A..=B>"), "{help}");
    }
    for command in ["train", "train-detector"] {
        let help = run([command, "--help"]).succeeded().stdout;
        assert!(help.contains("RECORDING@A..=B") || help.contains("RECORDING[@A..=B]"), "{help}");
    }
}

#[test]
fn completions_for_a_shell_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(["completions", shell]).succeeded().stdout;
        for command in COMMANDS {
            assert!(script.contains(command), "no `{command}` for {shell}");
        }
    }
    run(["completions", "csh"]).failed(2, &["csh", "bash"]);
}

#[test]
fn there_is_a_man_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    run(["man", pages.to_str().unwrap()]).succeeded();
    assert!(text(pages.join("mvmhat.1")).starts_with(".ie "), "troff");
    for command in COMMANDS {
        let page = text(pages.join(format!("mvmhat-{command}.1")));
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH OPTIONS"), "{page}");
    }
}

#[test]
fn wrong_usage_has_status_2_and_names_the_nearest_command() {
    run::<&str>([]).failed(2, &["Usage"]);
    run(["trak", "somewhere"]).failed(2, &["trak", "track"]);
    run(["track"]).failed(2, &["RECORDING", "--out"]);
    run(["track", "somewhere"]).failed(2, &["--out"]);
    run(["track", "somewhere", "--out", "there", "--frames", "9..=1"]).failed(2, &["empty range"]);
    for command in ["track", "train", "train-detector", "tune"] {
        run([command, "somewhere", "--out", "there", "--device", "tpu"]).failed(2, &["tpu", "cuda:N"]);
    }
    run(["track", "somewhere", "--out", "there", "--rrd", "a.rrd", "--view"]).failed(2, &["--rrd", "--view"]);
    run_papers(["--tabel"]).failed(2, &["--tabel", "--table"]);
}

#[test]
fn failed_runs_have_status_1_and_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (nowhere, out) = (path("nowhere"), path("out"));
    let (detector, search) = (path("detector"), path("search"));
    for arguments in [
        &["track", &nowhere, "--out", &out][..],
        &["eval", "--gt", &nowhere, "--tracks", &nowhere],
        &["eval-detector", &nowhere],
        &["eval-reid", &nowhere],
        &["train", &nowhere, "--out", &out, "--set", "train.weights=null"],
        &[
            "train-detector",
            &nowhere,
            "--out",
            &detector,
            "--set",
            "train.weights=null",
            "--set",
            "train.trainer.freeze=[]",
        ],
        &["tune", &nowhere, "--gt", "--out", &search],
    ] {
        run(arguments).failed(1, &["nowhere"]);
    }
}

#[test]
fn a_training_configuration_belongs_to_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks::default().write(&folder.path().join("blocks"));
    let refused = |command: &str, task: &str, other: &str| {
        let config = folder.path().join(format!("{task}.yaml"));
        std::fs::write(&config, format!("task: {task}\ntrain: {{threads: 1}}\n")).unwrap();
        let out = folder.path().join("out");
        let [sequence, out, config] = [&sequence, &out, &config].map(|path| path.to_str().unwrap());
        run([command, sequence, "--out", out, "--boxes", "gt", "--config", config])
            .failed(2, &[&format!("{task}.yaml:1"), &format!("mvmhat {other}")]);
        assert!(!Path::new(out).exists(), "nothing was begun");
    };
    refused("train", "detection", "train-detector");
    refused("train-detector", "reid", "train");
}

/// Tracks a sequence with a broken image, which is a warning.
fn track_with_a_warning(more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks { images: Images::Jpeg, ..Blocks::default() }.write(&folder.path().join("blocks"));
    let broken = sequence.join("cam2/img1/000005.jpg");
    let bytes = std::fs::read(&broken).unwrap();
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let (sequence, out) = (sequence.display().to_string(), folder.path().join("out").display().to_string());
    let own = ["track", &sequence, "--out", &out, "--set=detector=file", "--set=embedder=color-histogram"];
    run(own.iter().chain(more)).succeeded()
}

#[test]
fn messages_are_more_or_fewer_as_asked_and_without_escape_codes() {
    let normal = track_with_a_warning(&[]);
    assert!(normal.stderr.contains("000005.jpg"), "{normal:#?}");
    let quiet = track_with_a_warning(&["-q"]);
    assert!(!quiet.stderr.contains("000005.jpg"), "{quiet:#?}");
    let verbose = track_with_a_warning(&["-v"]);
    let lines = |run: &Run| run.stderr.lines().count();
    assert!(lines(&verbose) > lines(&normal), "{verbose:#?}");
    for run in [normal, quiet, verbose] {
        assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{run:#?}");
    }
}
