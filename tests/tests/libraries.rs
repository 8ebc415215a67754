//! The libraries without the program: their examples run, and they give the scores that the program gives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use mvmhat_evaluation::{CameraRows, Comparison, Observation, Protocol, SequenceScores};
use mvmhat_scene::mot;
use mvmhat_tests::{Run, example, fixtures, json, run};

#[test]
fn the_example_of_own_detections_runs_without_the_program() {
    let output = Run::from(example("mvmhat-association", "own_detections").output().unwrap()).succeeded();
    assert!(output.stdout.lines().count() > 1, "{output:#?}");
}

/// The boxes of a MOT file.
fn observations(file: &Path) -> Vec<Observation> {
    let rows = mot::read(file).unwrap();
    rows.into_iter().map(|row| Observation::new(row.frame.0, row.id, row.bbox)).collect()
}

#[test]
fn two_mot_files_score_in_the_library_as_in_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let (gt, tracks) = (folder.path().join("gt"), folder.path().join("tracks"));
    std::fs::create_dir_all(gt.join("cam01/gt")).unwrap();
    std::fs::create_dir(&tracks).unwrap();
    let (gt_file, track_file) = (gt.join("cam01/gt/gt.txt"), tracks.join("cam01.txt"));
    std::fs::copy(fixtures().join("treadmill-hall/cam01/gt/gt.txt"), &gt_file).unwrap();
    // Each box moves to the right by a quarter of its width, every fifth frame is missed, and identities change in the middle.
    let mut rows = mot::read(&gt_file).unwrap();
    rows.retain(|row| row.frame.0 % 5 != 0);
    for row in &mut rows {
        row.bbox.x += row.bbox.w / 4.0;
        row.id += if row.frame.0 > 50 { 10 } else { 0 };
    }
    mot::write(track_file.clone(), &rows).unwrap();

    let camera =
        CameraRows { name: "cam01".into(), gt: observations(&gt_file), tracks: observations(&track_file) };
    let comparison = Comparison::new(None, vec![camera]).unwrap();
    let scores = SequenceScores::new(&comparison, Protocol::TrackEval).to_json();

    let file = folder.path().join("scores.json");
    let [gt, tracks, json_file] = [&gt, &tracks, &file].map(|path| path.to_str().unwrap());
    run(["eval", "--gt", gt, "--tracks", tracks, "--json", json_file]).succeeded();
    let of_program = json(&file);
    assert!(of_program["overall"]["IDSW"].as_u64().unwrap() > 0, "{of_program}");
    let idf1 = of_program["global"]["IDF1"].as_f64().unwrap();
    assert!(idf1 > 10.0 && idf1 < 90.0, "{of_program}");
    // Through text, as those of the program: a number may lose its last digit there.
    let scores: serde_json::Value = serde_json::from_str(&scores.to_string()).unwrap();
    assert_eq!(scores, of_program);
}
