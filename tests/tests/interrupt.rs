//! Ctrl-C and SIGTERM: what is under way is finished and kept.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mvmhat_tests::{Blocks, Images, Run, json, mvmhat, send_signal, text};

const CAMERAS: [&str; 4] = ["cam1", "cam2", "cam3", "cam4"];

/// Tracks until the first tracks are on disk, then sends the signal.
fn track_and_interrupt(sequence: &Path, out: &Path, signal: &str) -> Run {
    let child = mvmhat()
        .args(["track", sequence.to_str().unwrap(), "--out", out.to_str().unwrap()])
        .args(["--set=detector=file", "--set=embedder=color-histogram", "--set=pipeline.workers=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Under whatever name: a file of tracks has its own once it is whole.
    let is_tracking = || {
        let files = std::fs::read_dir(out.join("tracks")).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).any(|file| file.len() > 0)
    };
    let start = Instant::now();
    while !is_tracking() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    send_signal(&child, signal);
    Run::from(child.wait_with_output().unwrap())
}

fn interrupted_run_keeps_what_is_finished(signal: &str) {
    // Where the run is over before the signal arrives, the next sequence is longer.
    for frames in [1000, 4000, 16_000] {
        let folder = tempfile::tempdir().unwrap();
        let blocks = Blocks { cameras: CAMERAS.len(), frames, images: Images::Video };
        let sequence = blocks.write(&folder.path().join("blocks"));
        let out = folder.path().join("out");
        let run = track_and_interrupt(&sequence, &out, signal);
        if run.status == Some(0) {
            continue;
        }
        let run = run.failed(1, &["interrupted", "kept"]);
        let report = json(out.join("run.json"));
        assert_eq!(report["state"]["finished"], false, "{run:#?}");
        let frame_sets = report["frame_sets"].as_u64().unwrap();
        assert!((1..u64::from(frames)).contains(&frame_sets), "in the middle: {frame_sets} of {frames}");
        for camera in CAMERAS {
            assert_eq!(report["cameras"][camera]["frames_out"], frame_sets, "no timestep is half written");
            let tracks = text(out.join(format!("tracks/{camera}.txt")));
            assert!(tracks.ends_with('\n'), "the last line is whole");
            let last: u64 = tracks.lines().last().unwrap().split(',').next().unwrap().parse().unwrap();
            assert!(last <= frame_sets, "{last} of {frame_sets}");
        }
        return;
    }
    panic!("every run was over before {signal} arrived");
}

#[test]
fn a_run_that_is_interrupted_keeps_what_is_finished_and_says_so() {
    interrupted_run_keeps_what_is_finished("INT");
}

#[test]
fn a_run_that_is_terminated_keeps_what_is_finished_and_says_so() {
    interrupted_run_keeps_what_is_finished("TERM");
}
