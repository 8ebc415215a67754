//! Ctrl-C and SIGTERM: what is under way is finished and kept.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{Blocks, Run, json, mvmhat, text};

#[test]
fn an_interrupted_run_keeps_what_is_finished_and_says_so() {
    for signal in ["INT", "TERM"] {
        interrupt(signal);
    }
}

fn interrupt(signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let recording =
        Blocks { cameras: 4, frames: 3000, ..Blocks::default() }.write(&folder.path().join("blocks"));
    let out = folder.path().join("out");
    let child = mvmhat()
        .args(["track", recording.to_str().unwrap(), "--out", out.to_str().unwrap()])
        .args(["--set=detector=file", "--set=embedder=color-histogram"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Tracks are being written once their folder is there.
    let start = Instant::now();
    while !out.join("tracks").exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    // The shell's own `kill`: a small system has no other.
    let killed = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().unwrap();
    assert!(killed.success());
    let run = Run::from(child.wait_with_output().unwrap());
    if run.status == Some(0) {
        eprintln!("skipped: the run was over before the signal came");
        return;
    }
    let run = run.failed(1, &["interrupted", "kept"]);
    let report = json(out.join("run.json"));
    assert_eq!(report["state"]["finished"], false, "{run:#?}");
    let frame_sets = report["frame_sets"].as_u64().unwrap();
    assert!(frame_sets < 3000);
    for camera in ["cam1", "cam2", "cam3", "cam4"] {
        assert_eq!(report["cameras"][camera]["frames_out"], frame_sets, "no timestep is half written");
        let tracks = text(out.join(format!("tracks/{camera}.txt")));
        let last = tracks.lines().last().map_or(0, |l| l.split(',').next().unwrap().parse().unwrap());
        assert!(last <= frame_sets);
        assert!(tracks.is_empty() || tracks.ends_with('\n'), "the last line is whole");
    }
}
