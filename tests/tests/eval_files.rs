//! The files that `mvmhat eval` reads and writes: missing, malformed, or there already.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use mvmhat_tests::{ScoredSequence, eval, json, run, text};

#[test]
fn a_camera_missing_on_either_side_is_named() {
    let case = ScoredSequence::with_perfect_tracks();
    std::fs::remove_file(case.track_file("cam2")).unwrap();
    case.eval(&[]).failed(1, &["ground truth of cam1, cam2", "tracks of cam1."]);
    std::fs::write(case.track_file("cam2"), "").unwrap();
    std::fs::write(case.track_file("cam3"), "").unwrap();
    case.eval(&[]).failed(1, &["ground truth of cam1, cam2;", "tracks of cam1, cam2, cam3."]);
}

#[test]
fn malformed_files_are_reported_with_line_and_column() {
    let case = ScoredSequence::with_perfect_tracks();
    let good = text(case.track_file("cam1"));
    for (row, column) in [("2,1,10,20,wide,32", 11), ("2,1,10", 7), ("two,1,10,20,16,32", 1), ("\u{fffd}", 1)]
    {
        std::fs::write(case.track_file("cam1"), format!("1,1,10,20,16,32\n{row}\n")).unwrap();
        case.eval(&[]).failed(1, &["cam1.txt", &format!("line 2, column {column}:")]);
    }
    std::fs::write(case.track_file("cam1"), good).unwrap();
    std::fs::write(case.gt().join("cam2/gt/gt.txt"), "1,1,NaN,0,10,10,1,1,1\n").unwrap();
    let (scores, list) = (case.path("scores.json"), case.path("errors.csv"));
    let run = case.eval(&["--json", scores.to_str().unwrap(), "--errors", list.to_str().unwrap()]);
    run.failed(1, &["cam2/gt/gt.txt", "line 1, column 5:"]);
    assert!(!scores.exists() && !list.exists(), "nothing is left half done");
}

#[test]
fn folders_that_are_not_there_are_named() {
    let case = ScoredSequence::with_perfect_tracks();
    eval(&case.path("nowhere"), &case.tracks(), &[]).failed(1, &["nowhere"]);
    eval(&case.gt(), &case.path("nowhere"), &[]).failed(1, &["nowhere"]);
    eval(&case.path("nowhere"), &case.tracks(), &["--dataset"]).failed(1, &["nowhere"]);
    eval(&case.tracks(), &case.tracks(), &["--dataset"]).failed(1, &["has no recordings"]);
    let nowhere = case.path("no/such/file");
    for option in ["--json", "--errors"] {
        case.eval(&[option, nowhere.to_str().unwrap()]).failed(1, &["no/such/file"]);
    }
    run(["eval", "--gt", "here"]).failed(2, &["--tracks"]);
}

#[test]
fn repeated_rows_are_reported_and_the_last_one_counts() {
    let case = ScoredSequence::with_perfect_tracks();
    let rows = text(case.track_file("cam1"));
    std::fs::write(case.track_file("cam1"), format!("1,1,900,900,5,5\n{rows}")).unwrap();
    let run = case.eval(&[]).succeeded();
    assert!(run.stderr.contains("repeat an identity"), "{run:#?}");
    let scores = case.scores(&[]);
    assert_eq!(scores["duplicates"]["tracks"], 1);
    assert_eq!(scores["cameras"]["cam1"]["MOTA"], 100.0);
}

#[test]
fn the_folder_of_a_run_is_scored_as_it_is() {
    let case = ScoredSequence::with_perfect_tracks();
    let out = case.path("out");
    let (sequence, folder) = (case.gt(), out.to_str().unwrap());
    let track = ["track", sequence.to_str().unwrap(), "--out", folder];
    run(track.iter().chain(&["--set=detector=file", "--set=embedder=color-histogram"])).succeeded();
    let scores = |tracks: &Path, file: &str| {
        let file = case.path(file);
        eval(&sequence, tracks, &["--json", file.to_str().unwrap()]).succeeded();
        json(&file)
    };
    let of_run = scores(&out, "run.json");
    assert!(of_run["overall"]["IDF1"].as_f64().unwrap() > 50.0, "{}", of_run["overall"]);
    assert_eq!(
        scores(&out.join("tracks"), "plain.json"),
        of_run,
        "the plain folder of its tracks has the same scores"
    );
}

#[test]
fn files_that_exist_are_refused_unless_they_may_be_overwritten() {
    let case = ScoredSequence::with_perfect_tracks();
    for (option, name) in [("--json", "scores.json"), ("--errors", "errors.csv"), ("--rrd", "errors.rrd")] {
        let file = case.path(name);
        std::fs::write(&file, "precious").unwrap();
        let option = [option, file.to_str().unwrap()];
        case.eval(&option).failed(2, &[option[0], name, "--overwrite"]);
        assert_eq!(text(&file), "precious");
        case.eval(&[option[0], option[1], "--overwrite"]).succeeded();
        assert_ne!(std::fs::read(&file).unwrap(), b"precious");
    }
}
