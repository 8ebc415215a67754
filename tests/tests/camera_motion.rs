//! Handheld cameras: `recording.camera_motion` keeps identities that are lost without it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use mvmhat_tests::{Panning, json, run, text};
use serde_json::Value;

/// Tracks with camera motion on or off; returns `run.json` and the scores.
fn tracked(sequence: &Path, out: &Path, camera_motion: bool) -> (Value, Value) {
    let scores = out.with_extension("json");
    let [sequence, to, json_file] = [sequence, out, &scores].map(|path| path.to_str().unwrap());
    let motion = format!("recording.camera_motion={camera_motion}");
    let own = ["--set=detector=file", "--set=embedder=color-histogram", "--set", &motion];
    run(["track", sequence, "--out", to].iter().chain(&own)).succeeded();
    run(["eval", "--gt", sequence, "--tracks", to, "--json", json_file]).succeeded();
    (json(out.join("run.json")), json(&scores))
}

fn idf1(scores: &Value, camera: &str) -> f64 {
    scores["cameras"][camera]["IDF1"].as_f64().unwrap()
}

#[test]
fn people_keep_their_identities_before_a_camera_that_jumps() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Panning { cameras: 1, timesteps: 36 }.write(&folder.path().join("panning"));
    let (report, scores) = tracked(&sequence, &folder.path().join("off"), false);
    assert!(idf1(&scores, "cam1") < 70.0, "there is something to be gained: {}", scores["cameras"]);
    assert!(
        report["cameras"]["cam1"]["camera_motion"].is_null() && report["stages"]["camera_motion"].is_null()
    );

    let (report, scores) = tracked(&sequence, &folder.path().join("on"), true);
    assert!(idf1(&scores, "cam1") > 98.0, "{} {}", scores["cameras"], report["cameras"]);
    let found = &report["cameras"]["cam1"]["camera_motion"];
    assert_eq!((found["known"].as_u64(), found["unknown"].as_u64()), (Some(35), Some(0)));
    assert_eq!(report["stages"]["camera_motion"]["frames"], 36);

    tracked(&sequence, &folder.path().join("again"), true);
    let [on, again] = ["on", "again"].map(|out| text(folder.path().join(out).join("tracks/cam1.txt")));
    assert_eq!(on, again, "two runs leave the same bytes");
}

#[test]
fn an_image_that_is_missing_or_broken_is_bridged() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Panning { cameras: 1, timesteps: 36 }.write(&folder.path().join("panning"));
    // The camera jumps at timesteps 6, 12, 18, ...: just then there is no image, or one that cannot be read.
    std::fs::remove_file(sequence.join("cam1/img1/000012.jpg")).unwrap();
    let broken = sequence.join("cam1/img1/000018.jpg");
    let bytes = std::fs::read(&broken).unwrap();
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let (report, scores) = tracked(&sequence, &folder.path().join("on"), true);
    // Two of 36 frames have people whom no detector can find.
    assert!(idf1(&scores, "cam1") > 95.0, "{}", scores["cameras"]);
    assert_eq!(report["cameras"]["cam1"]["camera_motion"]["known"], 33);
}

#[test]
fn cameras_of_different_rates_are_each_followed_from_frame_to_frame() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Panning { cameras: 2, timesteps: 36 }.write(&folder.path().join("panning"));
    let (_, off) = tracked(&sequence, &folder.path().join("off"), false);
    let (report, on) = tracked(&sequence, &folder.path().join("on"), true);
    // The slow one is absent at every other timestep.
    assert_eq!(report["frame_sets"], 36);
    assert_eq!(report["cameras"]["cam2"]["frames_out"], 18);
    for camera in ["cam1", "cam2"] {
        assert!(idf1(&off, camera) < 70.0 && idf1(&on, camera) > 98.0, "{camera}: {off} {on}");
    }
}

#[test]
fn without_images_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Panning { cameras: 1, timesteps: 2 }.write(&folder.path().join("panning"));
    let (sequence, out) = (sequence.to_str().unwrap(), folder.path().join("out"));
    let own = ["--set=detector=file", "--set=embedder=file", "--set=recording.camera_motion=true"];
    run(["track", sequence, "--out", out.to_str().unwrap()].iter().chain(&own))
        .failed(2, &["recording.camera_motion", "no images"]);
    assert!(!out.exists(), "nothing was begun");
}
