//! `mvmhat train-detector` and `mvmhat eval-detector`: from labelled images to a detector that tracks and its scores.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use mvmhat_tests::{Blocks, Images, Run, json, mvmhat, run, text};

/// A network from scratch on small images, so that a step takes little time.
const SMALL: &str = "task: detection
train:
  network: {channels: 16, input_size: 160}
  weights: null
  data: {rate: 25, balance: 1}
  augmentation: {scale: [0.9, 1.1], mosaic: 0.2}
  batch: 4
  canvas: [160, 128]
  trainer: {epochs: 2, freeze: [], checkpoint_every: 3, validate_every: 1, ema: 0.9, lr: {peak: 0.002, warmup_steps: 5}}
  threads: 1
  workers: 2
";

fn arguments(folder: &Path, out: &str, more: &[&str]) -> Vec<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let (sequence, out, config) = (path("recording"), path(out), path("small.yaml"));
    let own = ["train-detector", &sequence, "--out", &out, "--config", &config];
    own.iter().chain(more).map(|&word| word.to_owned()).collect()
}

fn train(folder: &Path, out: &str, more: &[&str]) -> Run {
    run(arguments(folder, out, more))
}

fn sequence(folder: &Path) {
    Blocks { images: Images::Jpeg, ..Blocks::default() }.write(&folder.join("recording"));
    std::fs::write(folder.join("small.yaml"), SMALL).unwrap();
}

#[test]
fn a_detector_is_learned_tracks_and_is_scored() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let gt = path("recording");
    let validate = format!("{gt}@1..=8");
    let more = ["--boxes", "gt", "--validate", &validate, "--set", "train.trainer.epochs=80"];
    train(folder.path(), "out", &[&more[..], &["--set", "train.trainer.validate_every=40"]].concat())
        .succeeded();
    let out = folder.path().join("out");
    for file in ["weights.safetensors", "config.yaml", "history.csv", "curves.html", "checkpoints"] {
        assert!(out.join(file).exists(), "{file}");
    }
    // Half precision: about two bytes per parameter.
    let bytes = out.join("weights.safetensors").metadata().unwrap().len();
    assert!(bytes < 2_000_000, "{bytes}");

    let weights = format!("detector.weights={}", out.join("weights.safetensors").display());
    let person = ["--set", "detector.name=person", "--set", &weights];
    let scores = path("scores.json");
    let eval = ["eval-detector", &gt, "--every", "1", "--json", &scores];
    let tables = run([&eval[..], &person].concat()).succeeded().stdout;
    assert!(tables.contains("AP50") && tables.contains("recall by height"), "{tables}");
    let overall = &json(&scores)["overall"];
    assert_eq!((overall["pictures"].as_u64(), overall["people"].as_u64()), (Some(24), Some(72)));
    assert!(overall["AP50"].as_f64().unwrap() > 50.0, "{overall}");

    let tracks = path("tracks");
    let track = ["track", &gt, "--out", &tracks, "--set", "embedder=color-histogram"];
    run([&track[..], &person].concat()).succeeded();
    let rows = text(folder.path().join("tracks/tracks/cam1.txt"));
    assert!(rows.lines().count() > 12, "{rows}");
}

#[test]
fn detections_of_files_are_scored_and_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let gt = folder.path().join("recording").display().to_string();
    let scores = folder.path().join("scores.json").display().to_string();
    run(["eval-detector", &gt, "--set", "detector=file", "--json", &scores]).succeeded();
    let json = json(&scores);
    // The boxes of the file are those of the ground truth.
    assert_eq!(
        (json["overall"]["AP"].as_f64(), json["overall"]["FP/box"].as_f64()),
        (Some(100.0), Some(0.0))
    );
    assert_eq!(json["detector"]["name"], "file");
    train(folder.path(), "det", &["--boxes", "det"]).succeeded();
}

#[test]
fn a_run_that_is_killed_and_resumed_leaves_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let start = Instant::now();
    train(folder.path(), "whole", &["--boxes", "gt"]).succeeded();
    let whole = start.elapsed();
    let mut killed = 0;
    for attempt in 0..5 {
        let out = format!("killed-{attempt}");
        let mut child = mvmhat()
            .args(arguments(folder.path(), &out, &["--boxes", "gt"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * (2 * attempt + 1) / 10);
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let begun = folder.path().join(&out).join("config.yaml").exists();
        let more: &[&str] = if begun { &["--boxes", "gt", "--resume"] } else { &["--boxes", "gt"] };
        train(folder.path(), &out, more).succeeded();
        for file in ["weights.safetensors", "history.csv"] {
            let [one, other] =
                ["whole", &out].map(|run| std::fs::read(folder.path().join(run).join(file)).unwrap());
            assert!(one == other, "{file} after attempt {attempt}");
        }
    }
    assert!(killed > 0, "no run was still going on when it was to be killed");
}

#[test]
fn what_cannot_be_done_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let sequence = folder.path().join("recording").display().to_string();
    let refused = |more: &[&str], status: i32, words: &str| {
        train(folder.path(), "out", &[&["--boxes", "gt"], more].concat()).failed(status, &[words]);
    };
    refused(&["--resume"], 2, "there is no run in");
    refused(&["--set", "train.network.backbone=mobilenet-v3"], 2, "did you mean `mobilenet-v2`");
    refused(&["--set", "train.pk_sampling.identities_per_batch=1"], 2, "pk_sampling");
    refused(&["--set", "train.batch=0"], 2, "`train.batch` is 0");
    refused(&["--set", "train.trainer.freeze=[backbone.]"], 2, "there is nothing to keep");
    refused(&["--set", "train.trainer.epochs=0"], 2, "train.trainer.epochs");
    refused(&["--validate", &format!("{sequence}@9..=3")], 2, "empty range");
    let one = |arguments: &[&str], words: &[&str]| run(arguments).failed(2, words);
    let out = folder.path().join("out").display().to_string();
    one(&["train-detector", &format!("{sequence}@3..=1"), "--out", &out], &["empty range"]);
    let none = format!("{sequence}@50..=60");
    let scratch = ["--set", "train.weights=null", "--set", "train.trainer.freeze=[]"];
    run([&["train-detector", &none, "--boxes", "gt", "--out", &out][..], &scratch].concat())
        .failed(1, &["too little to learn from"]);
    let tracks = folder.path().join("tracks").display().to_string();
    one(&["eval-detector", &sequence, "--tracks", &tracks], &["--tracks"]);
    one(&["eval", "--gt", &sequence, "--tracks", &tracks, "--set", "detector=file"], &["--set"]);
}
