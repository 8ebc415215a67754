//! `mvmhat track` from a folder of cameras to files, on a sequence whose boxes are known, without weights.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mvmhat_tests::{Blocks, Images, Run, json, mvmhat, run, text, write_embeddings};

/// Detections from the files of the sequence, embedded by their colors.
const FILES_AND_COLORS: [&str; 2] = ["--set=detector=file", "--set=embedder=color-histogram"];

fn track(sequence: &Path, out: &Path, more: &[&str]) -> Run {
    let (sequence, out) = (sequence.to_str().unwrap(), out.to_str().unwrap());
    run(["track", sequence, "--out", out].iter().chain(&FILES_AND_COLORS).chain(more))
}

/// Rows of a track file as (frame, id, left edge).
fn rows(path: &Path) -> Vec<(u32, u32, f64)> {
    text(path)
        .lines()
        .map(|line| {
            let columns: Vec<&str> = line.split(',').collect();
            assert_eq!(columns.len(), 10, "{line}");
            assert_eq!(columns[7..], ["-1", "-1", "-1"], "{line}");
            (columns[0].parse().unwrap(), columns[1].parse().unwrap(), columns[2].parse().unwrap())
        })
        .collect()
}

#[test]
fn everyone_keeps_one_identity_in_all_cameras_for_the_whole_sequence() {
    for images in [Images::Jpeg, Images::Video] {
        let folder = tempfile::tempdir().unwrap();
        let blocks = Blocks { images, ..Blocks::default() };
        let sequence = blocks.write(&folder.path().join("blocks"));
        let out = folder.path().join("out");
        track(&sequence, &out, &[]).succeeded();
        let mut identity_of_lane = BTreeMap::new();
        for camera in ["cam1", "cam2"] {
            let file = out.join("tracks").join(format!("{camera}.txt"));
            let mut reported = BTreeSet::new();
            for line in text(&file).lines() {
                let columns: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
                let lane = columns[3] as i64 / 38;
                let identity = *identity_of_lane.entry(lane).or_insert(columns[1] as i64);
                assert_eq!(identity, columns[1] as i64, "{images:?} {camera}: {line}");
                assert!(reported.insert((columns[0] as i64, identity)), "twice at one timestep: {line}");
            }
            let order: Vec<_> = rows(&file).iter().map(|r| (r.0, r.1)).collect();
            assert!(order.is_sorted(), "sorted by frame, then identity");
        }
        assert_eq!(identity_of_lane.len(), 3);
    }
}

#[test]
fn two_runs_leave_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let sequence =
        Blocks { cameras: 3, frames: 40, ..Blocks::default() }.write(&folder.path().join("blocks"));
    let outs = ["first", "second"].map(|name| folder.path().join(name));
    for (out, workers) in outs.iter().zip(["1", "3"]) {
        track(&sequence, out, &["--set", &format!("pipeline.workers={workers}")]).succeeded();
    }
    for camera in ["cam1", "cam2", "cam3"] {
        let [a, b] = outs.each_ref().map(|out| text(out.join(format!("tracks/{camera}.txt"))));
        assert!(!a.is_empty());
        assert_eq!(a, b, "{camera}, one worker against three");
    }
}

#[test]
fn frames_are_numbered_as_the_source_does_and_ranges_include_both_ends() {
    let folder = tempfile::tempdir().unwrap();
    for images in [Images::Jpeg, Images::Video] {
        let sequence =
            Blocks { images, ..Blocks::default() }.write(&folder.path().join(format!("{images:?}")));
        let out = folder.path().join(format!("out-{images:?}"));
        track(&sequence, &out, &["--frames", "4..=9"]).succeeded();
        let numbers: BTreeSet<u32> = rows(&out.join("tracks/cam1.txt")).iter().map(|r| r.0).collect();
        assert!(numbers.first() >= Some(&4), "{numbers:?}");
        assert_eq!(numbers.last(), Some(&9), "{numbers:?}");
        let report = json(out.join("run.json"));
        assert_eq!(report["cameras"]["cam1"]["frames_in"], 6);
        assert_eq!(report["frame_sets"], 6);
        let dashed = folder.path().join(format!("dashed-{images:?}"));
        track(&sequence, &dashed, &["--frames", "4-9"]).succeeded();
        let [tracks, of_dashed] = [&out, &dashed].map(|out| text(out.join("tracks/cam1.txt")));
        assert_eq!(tracks, of_dashed, "4-9 is short for 4..=9");
    }
}

#[test]
fn output_with_a_lag_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks::default().write(&folder.path().join("blocks"));
    let frames =
        |out: &Path| rows(&out.join("tracks/cam1.txt")).iter().map(|r| r.0).collect::<BTreeSet<_>>().len();
    let online = folder.path().join("online");
    track(&sequence, &online, &[]).succeeded();
    for (name, option) in [("lagging", "--set=association.lag=7"), ("offline", "--offline")] {
        let out = folder.path().join(name);
        track(&sequence, &out, &[option]).succeeded();
        assert!(frames(&out) >= frames(&online), "{name}: nothing is lost on the way");
        let report = json(out.join("run.json"));
        assert_eq!(report["frame_sets"], json(online.join("run.json"))["frame_sets"], "{name}");
        let people: BTreeSet<_> = rows(&out.join("tracks/cam1.txt")).iter().map(|r| r.1).collect();
        assert_eq!(people.len(), 3, "{name}");
    }
}

#[test]
fn detections_alone_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks::default().write(&folder.path().join("blocks"));
    for camera in ["cam1", "cam2"] {
        std::fs::remove_dir_all(sequence.join(camera).join("img1")).unwrap();
        write_embeddings(&sequence.join(camera).join("det"));
    }
    let out = folder.path().join("out");
    run(["track", sequence.to_str().unwrap(), "--out", out.to_str().unwrap()]
        .into_iter()
        .chain(["--set=detector=file", "--set=embedder=file"]))
    .succeeded();
    let identities = ["cam1", "cam2"]
        .map(|c| rows(&out.join(format!("tracks/{c}.txt"))).iter().map(|r| r.1).collect::<BTreeSet<_>>());
    assert_eq!(identities[0].len(), 3);
    assert_eq!(identities[0], identities[1]);
}

#[test]
fn the_report_accounts_for_every_frame() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks::default().write(&folder.path().join("blocks"));
    // One image stops in the middle, one is not there at all.
    let broken = sequence.join("cam2/img1/000005.jpg");
    let bytes = std::fs::read(&broken).unwrap();
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::remove_file(sequence.join("cam2/img1/000008.jpg")).unwrap();

    let out = folder.path().join("out");
    let done = track(&sequence, &out, &[]).succeeded();
    assert!(done.stderr.contains("000005.jpg"), "{done:#?}");
    assert!(!done.stderr.contains('\u{1b}'), "escape codes are for terminals: {done:#?}");
    let report = json(out.join("run.json"));
    assert_eq!(report["state"]["finished"], true);
    let cam2 = &report["cameras"]["cam2"];
    assert_eq!(cam2["frames_in"], 11);
    assert_eq!(cam2["frames_out"], 10);
    assert_eq!(cam2["gaps"][0]["frame"], 5);
    assert_eq!(cam2["gaps"].as_array().unwrap().len(), 1);
    assert_eq!(report["cameras"]["cam1"]["frames_out"], 12);
    let numbers: BTreeSet<u32> = rows(&out.join("tracks/cam2.txt")).iter().map(|r| r.0).collect();
    assert!(!numbers.contains(&5) && !numbers.contains(&8) && numbers.contains(&12));
    for stage in ["decode", "detect", "embed", "associate"] {
        assert!(report["stages"][stage]["seconds"].as_f64().unwrap() > 0.0, "{stage}");
    }
    assert_eq!(report["stages"]["decode"]["frames"], 12 + 10);
    assert_eq!(report["frames"], serde_json::json!({"first": null, "last": null}));
    assert_eq!(report["configuration"]["detector"]["name"], "file");
}

#[test]
fn overlay_and_rerun_recording_hold_every_frame() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks { images: Images::Video, ..Blocks::default() }.write(&folder.path().join("blocks"));
    let (out, rrd) = (folder.path().join("out"), folder.path().join("run.rrd"));
    track(&sequence, &out, &["--overlay", "--rrd", rrd.to_str().unwrap()]).succeeded();
    assert!(std::fs::metadata(&rrd).unwrap().len() > 1000);

    use opencv::prelude::*;
    let video = out.join("overlay.mp4");
    let mut capture = opencv::videoio::VideoCapture::from_file(video.to_str().unwrap(), 0).unwrap();
    let (mut image, mut frames) = (opencv::core::Mat::default(), 0);
    while capture.read(&mut image).unwrap() {
        frames += 1;
    }
    assert_eq!(frames, 12);
}

#[test]
fn a_colon_in_a_name_is_no_protocol() {
    let folder = tempfile::tempdir().unwrap();
    Blocks { images: Images::Video, ..Blocks::default() }.write(&folder.path().join("12:30"));
    let output = mvmhat()
        .current_dir(folder.path())
        .args(["track", "12:30", "--out", "out:1", "--overlay"])
        .args(FILES_AND_COLORS)
        .output()
        .unwrap();
    Run::from(output).succeeded();
    assert!(folder.path().join("out:1/overlay.mp4").is_file());
}
