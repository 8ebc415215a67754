//! `mvmhat eval-detector`, from detections in files and ground truth to tables and JSON.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};

use mvmhat_tests::{Blocks, Images, Run, json, keys, run, text};
use serde_json::Value;

/// Three people in two cameras and twelve frames; their detections are the boxes of the ground truth.
fn blocks() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks { images: Images::Jpeg, ..Blocks::default() }.write(&folder.path().join("blocks"));
    (folder, sequence)
}

fn eval(sequence: &Path, more: &[&str]) -> Run {
    run(["eval-detector", sequence.to_str().unwrap(), "--set=detector=file"].iter().chain(more))
}

fn scores(sequence: &Path, more: &[&str]) -> Value {
    let file = sequence.with_extension("json");
    eval(sequence, &[&["--overwrite", "--json", file.to_str().unwrap()], more].concat()).succeeded();
    json(file)
}

/// Replaces the detections of camera 2 by what is kept of each row.
fn change_detections(sequence: &Path, change: impl Fn(u32, usize, &str) -> Option<String>) {
    let file = sequence.join("cam2/det/det.txt");
    let changed = |(row, line): (usize, &str)| change(line.split(',').next()?.parse().ok()?, row % 3, line);
    let rows: Vec<String> = text(&file).lines().enumerate().filter_map(changed).collect();
    std::fs::write(file, rows.join("\n")).unwrap();
}

#[test]
fn detections_that_equal_the_ground_truth_score_100() {
    let (_folder, sequence) = blocks();
    let scores = scores(&sequence, &["--every", "4"]);
    // Frames 1, 5 and 9 of two cameras.
    let overall = &scores["overall"];
    assert_eq!((&overall["pictures"], &overall["people"]), (&6.into(), &18.into()));
    for perfect in ["AP50", "AP75", "AP", "recall", "precision"] {
        assert_eq!(overall[perfect], 100.0, "{perfect} of {overall}");
    }
    assert_eq!((&overall["FP/box"], &overall["FPPI"]), (&0.0.into(), &0.0.into()));
}

#[test]
fn missed_people_and_false_positives_are_counted_per_camera() {
    let (_folder, sequence) = blocks();
    // Lane 1 is never detected, and lane 2 is detected somewhere else.
    change_detections(&sequence, |frame, lane, row| match lane {
        1 => None,
        2 => Some(format!("{frame},-1,120,1,16,32,0.9,-1,-1,-1")),
        _ => Some(row.to_owned()),
    });
    let scores = scores(&sequence, &["--every", "1"]);
    let at = &scores["parts"]["cam2"]["scores"]["0.3"];
    assert_eq!([&at["found"], &at["people"], &at["wrong"]], [12, 36, 12], "{at}");
    assert_eq!(scores["parts"]["cam1"]["AP50"], 100.0);
    for (key, expected) in
        [("recall", 100.0 * 48.0 / 72.0), ("precision", 100.0 * 48.0 / 60.0), ("FPPI", 12.0 / 24.0)]
    {
        let ratio = scores["overall"][key].as_f64().unwrap();
        assert!((ratio - expected).abs() < 1e-9, "{key} is {ratio}, not {expected}");
    }
}

#[test]
fn the_keys_of_the_json_are_the_documented_ones() {
    let (_folder, sequence) = blocks();
    let scores = scores(&sequence, &[]);
    assert_eq!(keys(&scores), ["parts", "overall", "detector", "every", "visibility"]);
    assert_eq!(keys(&scores["parts"]), ["cam1", "cam2"]);
    let shown =
        ["pictures", "people", "AP50", "AP75", "AP", "recall", "precision", "FP/box", "FPPI", "score"];
    for part in ["/overall", "/parts/cam1"] {
        let part = scores.pointer(part).unwrap();
        assert_eq!(keys(part)[..10], shown);
        assert_eq!(keys(part)[10..13], ["by_height", "by_visibility", "scores"]);
        assert_eq!(
            keys(&part["scores"]["0.5"]),
            ["recall", "precision", "FP/box", "FPPI", "found", "people", "wrong"]
        );
    }
    assert_eq!(scores["detector"]["name"], "file");
    assert_eq!((&scores["every"], &scores["visibility"]), (&10.into(), &0.5.into()));
}

#[test]
fn several_sequences_are_pooled() {
    let folder = tempfile::tempdir().unwrap();
    let [hall, yard] = ["hall", "yard"].map(|name| Blocks::default().write(&folder.path().join(name)));
    let scores = scores(&hall, &[yard.to_str().unwrap(), "--every", "1"]);
    assert_eq!(keys(&scores["parts"]), ["hall", "yard"]);
    assert_eq!((&scores["overall"]["pictures"], &scores["overall"]["people"]), (&48.into(), &144.into()));
}

#[test]
fn people_who_are_hidden_are_ignored() {
    let (_folder, sequence) = blocks();
    let gt = sequence.join("cam2/gt/gt.txt");
    std::fs::write(&gt, text(&gt).replace(",1,1,1\n", ",1,1,0.4\n")).unwrap();
    // Nobody is detected in camera 2, but nobody has to be.
    change_detections(&sequence, |_, _, _| None);
    let ignoring = scores(&sequence, &["--every", "1"]);
    assert_eq!((&ignoring["overall"]["people"], &ignoring["overall"]["recall"]), (&36.into(), &100.0.into()));
    let counting = scores(&sequence, &["--every", "1", "--visibility", "0.3"]);
    assert_eq!((&counting["overall"]["people"], &counting["overall"]["recall"]), (&72.into(), &50.0.into()));
}

#[test]
fn frames_and_tables_as_asked() {
    let (_folder, sequence) = blocks();
    assert_eq!(scores(&sequence, &["--every", "1", "--frames", "3..=7"])["overall"]["pictures"], 10);
    let markdown = eval(&sequence, &["--format", "markdown"]).succeeded().stdout;
    assert!(markdown.lines().any(|line| line.starts_with("| cam1") && line.contains("100.00")), "{markdown}");
    let plain = eval(&sequence, &[]).succeeded().stdout;
    assert!(plain.contains("AP50") && plain.contains("recall by height"), "{plain}");
}

#[test]
fn what_cannot_be_scored_is_reported() {
    let (folder, sequence) = blocks();
    eval(&sequence, &["--every", "0"]).failed(2, &["--every"]);
    eval(&sequence, &["--visibility", "70"]).failed(2, &["from 0 to 1"]);
    eval(&sequence, &["--tracks", "there"]).failed(2, &["--tracks"]);
    eval(&sequence, &["--json", folder.path().join("no/such/file").to_str().unwrap()])
        .failed(1, &["no/such/file"]);
    std::fs::remove_dir_all(sequence.join("cam2/det")).unwrap();
    eval(&sequence, &[]).failed(1, &["cam2", "det"]);
    for camera in ["cam1", "cam2"] {
        std::fs::remove_dir_all(sequence.join(camera).join("gt")).unwrap();
    }
    eval(&sequence, &[]).failed(1, &["no ground truth"]);
}
