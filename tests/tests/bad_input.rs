//! Bad input: a sentence with file and cause, the right exit status, and what was finished is kept.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use mvmhat_tests::{Blocks, Images, Run, json, run, text};
use opencv::core::{CV_8UC3, Mat, Scalar, Vector};

fn track(sequence: &Path, out: &Path, more: &[&str]) -> Run {
    let (sequence, out) = (sequence.to_str().unwrap(), out.to_str().unwrap());
    let own = ["track", sequence, "--out", out, "--set=detector=file", "--set=embedder=color-histogram"];
    run(own.iter().chain(more))
}

/// A new sequence in a folder of its own, and a path for the output.
fn blocks(images: Images) -> (tempfile::TempDir, std::path::PathBuf, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks { images, ..Blocks::default() }.write(&folder.path().join("blocks"));
    let out = folder.path().join("out");
    (folder, sequence, out)
}

#[test]
fn a_sequence_that_is_not_there_or_has_no_camera() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    track(&folder.path().join("nowhere"), &out, &[]).failed(1, &["nowhere"]);
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    track(&empty, &out, &[]).failed(1, &["empty", "camera"]);
    assert!(!out.exists(), "nothing was begun");
}

#[test]
fn a_video_that_is_empty_or_no_video() {
    for content in ["", "this is no video"] {
        let (_folder, sequence, out) = blocks(Images::Video);
        std::fs::write(sequence.join("cam2/video.avi"), content).unwrap();
        track(&sequence, &out, &[]).failed(1, &["cam2/video.avi"]);
    }
}

#[test]
fn a_video_that_ends_early_is_tracked_as_far_as_it_goes() {
    let (_folder, sequence, out) = blocks(Images::Video);
    let video = sequence.join("cam2/video.avi");
    let bytes = std::fs::read(&video).unwrap();
    std::fs::write(&video, &bytes[..bytes.len() * 6 / 10]).unwrap();
    track(&sequence, &out, &[]).failed(1, &["cam2/video.avi", "ends after frame", "kept"]);
    let report = json(out.join("run.json"));
    assert_eq!(report["state"]["finished"], false);
    let cam2 = &report["cameras"]["cam2"];
    let (frames_in, frames_out) = (cam2["frames_in"].as_u64().unwrap(), cam2["frames_out"].as_u64().unwrap());
    assert_eq!(frames_in, 12);
    assert!((1..12).contains(&frames_out), "{frames_out}");
    assert_eq!(cam2["gaps"][0]["frames"], frames_in - frames_out);
    assert_eq!(report["cameras"]["cam1"]["frames_out"], 12, "the other camera goes on");
    assert!(text(out.join("tracks/cam1.txt")).lines().any(|line| line.starts_with("12,")));
}

#[test]
fn a_camera_that_changes_its_resolution_stops_the_run_and_keeps_what_is_finished() {
    let (_folder, sequence, out) = blocks(Images::Jpeg);
    let other = Mat::new_rows_cols_with_default(50, 50, CV_8UC3, Scalar::all(9.0)).unwrap();
    let file = sequence.join("cam1/img1/000009.jpg");
    assert!(opencv::imgcodecs::imwrite(file.to_str().unwrap(), &other, &Vector::new()).unwrap());
    track(&sequence, &out, &[]).failed(1, &["000009.jpg", "50x50", "160x120", "kept"]);
    assert_eq!(json(out.join("run.json"))["state"]["finished"], false);
    assert!(
        text(out.join("tracks/cam1.txt")).lines().all(|l| l
            .split(',')
            .next()
            .unwrap()
            .parse::<u32>()
            .unwrap()
            < 9)
    );
}

#[test]
fn two_frames_with_one_number() {
    let (_folder, sequence, out) = blocks(Images::Jpeg);
    std::fs::copy(sequence.join("cam1/img1/000003.jpg"), sequence.join("cam1/img1/3.jpg")).unwrap();
    track(&sequence, &out, &[]).failed(1, &["3.jpg", "000003.jpg"]);
}

#[test]
fn unknown_and_out_of_range_keys_name_the_nearest_valid_one() {
    let (folder, sequence, out) = blocks(Images::Jpeg);
    track(&sequence, &out, &["--set", "pipelin.queue=2"]).failed(2, &["pipelin", "did you mean `pipeline`"]);
    track(&sequence, &out, &["--set", "pipeline.queu=2"]).failed(2, &["queu", "did you mean `queue`"]);
    track(&sequence, &out, &["--set", "pipeline.queue=0"]).failed(2, &["queue", "1"]);
    track(&sequence, &out, &["--set", "detector.name=yolox-nanoo"])
        .failed(2, &["yolox-nanoo", "`yolox-nano`"]);
    track(&sequence, &out, &["--set", "embedder.name=osnet-x0.2"]).failed(2, &["osnet-x0.2", "osnet-x0.25"]);
    track(&sequence, &out, &["--set", "association.name=mvmhatt"]).failed(2, &["mvmhatt", "`mvmhat`"]);
    let file = folder.path().join("mine.yaml");
    std::fs::write(&file, "pipeline:\n  # two is plenty\n  queeu: 2\n").unwrap();
    track(&sequence, &out, &["--config", file.to_str().unwrap()])
        .failed(2, &["mine.yaml:3", "did you mean `queue`"]);
    std::fs::write(&file, "pipeline: [1, 2\n").unwrap();
    track(&sequence, &out, &["--config", file.to_str().unwrap()]).failed(2, &["mine.yaml"]);
    track(&sequence, &out, &["--config", "no-such.yaml"]).failed(2, &["no-such.yaml"]);
    assert!(!out.exists(), "nothing was begun");
}

#[test]
fn an_output_folder_that_exists_is_left_alone() {
    let (_folder, sequence, out) = blocks(Images::Jpeg);
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("mine.txt"), "mine").unwrap();
    track(&sequence, &out, &[]).failed(2, &["out", "--overwrite"]);
    track(&sequence, &out, &["--overwrite"]).succeeded();
    std::fs::write(out.join("tracks/mine.txt"), "mine too").unwrap();
    track(&sequence, &out, &["--overwrite", "--frames", "1..=3"]).succeeded();
    assert_eq!(text(out.join("tracks/mine.txt")), "mine too");
    assert_eq!(text(out.join("mine.txt")), "mine", "only the run's own files are replaced");
    assert_eq!(json(out.join("run.json"))["frame_sets"], 3);
}

#[test]
fn a_run_that_cannot_begin_leaves_the_earlier_one_and_no_folder() {
    let (folder, sequence, out) = blocks(Images::Video);
    let nowhere = folder.path().join("no/such/run.rrd");
    track(&sequence, &out, &["--rrd", nowhere.to_str().unwrap()]).failed(1, &["run.rrd"]);
    assert!(!out.exists());
    track(&sequence, &out, &[]).succeeded();
    let before = text(out.join("tracks/cam1.txt"));
    track(&sequence, &out, &["--overwrite", "--rrd", nowhere.to_str().unwrap()]).failed(1, &["run.rrd"]);
    assert!(out.join("run.json").is_file());
    std::fs::write(sequence.join("cam2/video.avi"), "").unwrap();
    track(&sequence, &out, &["--overwrite"]).failed(1, &["cam2/video.avi"]);
    assert_eq!(text(out.join("tracks/cam1.txt")), before);
}

#[test]
fn outputs_never_replace_what_is_read() {
    let (_folder, sequence, _) = blocks(Images::Video);
    track(&sequence, &sequence, &["--overwrite"]).failed(2, &["the recording itself"]);
    let inside = sequence.join("out");
    let rrd = sequence.join("run.rrd");
    track(&sequence, &inside, &["--overlay", "--rrd", rrd.to_str().unwrap()]).succeeded();
    // What a run left inside the sequence is no camera of it.
    track(&sequence, &inside, &["--overwrite"]).succeeded();
    assert_eq!(json(inside.join("run.json"))["cameras"].as_object().unwrap().len(), 2);
    assert!(!inside.join("overlay.mp4").exists(), "an overlay of the earlier run would show other tracks");
    track(&sequence, &sequence.join("other"), &["--rrd", rrd.to_str().unwrap()])
        .failed(2, &["run.rrd", "exists"]);
}

#[test]
fn frames_that_are_not_there() {
    let (_folder, sequence, out) = blocks(Images::Jpeg);
    track(&sequence, &out, &["--frames", "500..=600"]).failed(1, &["500", "600"]);
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    let (folder, sequence, _) = blocks(Images::Jpeg);
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    track(&sequence, &file, &[]).failed(2, &["file"]);
    track(&sequence, &file.join("below"), &[]).failed(1, &["below"]);
}

#[test]
fn an_output_that_can_grow_no_further_stops_the_run_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks { frames: 300, ..Blocks::default() }.write(&folder.path().join("blocks"));
    let out = folder.path().join("out");
    // A limit on the size of files stands for the full disk: writing fails in the same way.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(mvmhat_tests::mvmhat().get_program());
    shell.args(["track", sequence.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    shell.args(["--set=detector=file", "--set=embedder=color-histogram"]);
    let run = Run::from(shell.output().unwrap()).failed(1, &["tracks", "kept"]);
    assert!(run.stderr.contains("cam1.txt") || run.stderr.contains("cam2.txt"), "{run:#?}");
    let kept = text(out.join("tracks/cam1.txt"));
    assert!(kept.lines().count() > 10, "what was finished is kept");
}

#[test]
fn images_without_detections_need_another_detector() {
    let (_folder, sequence, out) = blocks(Images::Jpeg);
    std::fs::remove_dir_all(sequence.join("cam2/det")).unwrap();
    track(&sequence, &out, &[]).failed(1, &["cam2", "det"]);
}

#[test]
fn weights_that_are_not_there_or_not_weights() {
    let (folder, sequence, out) = blocks(Images::Jpeg);
    let weights = folder.path().join("w.safetensors");
    let set = format!("detector.weights={}", weights.display());
    let with = |more: &[&str]| {
        let own = ["track", sequence.to_str().unwrap(), "--out", out.to_str().unwrap()];
        run(own
            .iter()
            .chain(&["--set=detector=yolox-nano", "--set=embedder=color-histogram", "--set", &set])
            .chain(more))
    };
    with(&[]).failed(1, &["w.safetensors"]);
    std::fs::write(&weights, [7; 100]).unwrap();
    with(&[]).failed(1, &["w.safetensors"]);
}
