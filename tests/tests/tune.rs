//! `mvmhat tune` from detections to a preset, on sequences for which one constant is known to be wrong.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mvmhat_tests::{Run, json, mvmhat, npy, run, send_signal, text};

/// The MvMHAT baseline, which takes detections from a score of 0.5 on, with detections from files.
const OWN: [&str; 3] = ["--set=detector=file", "--set=embedder=file", "--set=association=mvmhat"];

/// Two cameras, three people who are detected with a score of 0.9, and two coat stands that are detected with 0.6.
fn sequence(folder: &Path, frames: u32) -> PathBuf {
    for camera in 0..2_u8 {
        let home = folder.join(format!("cam{}", camera + 1));
        std::fs::create_dir_all(home.join("det")).unwrap();
        std::fs::create_dir_all(home.join("gt")).unwrap();
        let (mut detections, mut gt) = (Vec::new(), String::new());
        for frame in 1..=frames {
            for who in 0..5_u8 {
                let is_person = who < 3;
                let step = if is_person { (frame % 200) as f32 } else { 0.0 };
                let (x, y) = (100.0 + step + 7.0 * f32::from(camera), 20.0 + 110.0 * f32::from(who));
                let score = if is_person { 0.9 } else { 0.6 };
                detections.extend([frame as f32, -1.0, x, y, 40.0, 100.0, score, -1.0, -1.0, -1.0]);
                detections.extend((0..5).map(|k| if k == who { 1.0 } else { 0.0 }));
                if is_person {
                    writeln!(gt, "{frame},{},{x},{y},40,100,1,1,1", who + 1).unwrap();
                }
            }
        }
        std::fs::write(home.join("det/det.npy"), npy(15, &detections)).unwrap();
        std::fs::write(home.join("gt/gt.txt"), gt).unwrap();
    }
    folder.to_path_buf()
}

fn tune(sequence: &Path, out: &Path, more: &[&str]) -> Run {
    let (sequence, out) = (sequence.to_str().unwrap(), out.to_str().unwrap());
    run(["tune", sequence, "--gt", "--out", out].iter().chain(&OWN).chain(more))
}

/// The value of a constant in a preset.
fn constant(preset: &str, key: &str) -> f64 {
    let line = preset.lines().find_map(|line| line.trim_start().strip_prefix(key)?.strip_prefix(": "));
    line.unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn the_wrong_constant_is_found_and_the_preset_has_the_promised_score() {
    let folder = tempfile::tempdir().unwrap();
    let hall = sequence(&folder.path().join("hall"), 40);
    let yard = sequence(&folder.path().join("yard"), 30);
    let out = folder.path().join("out");
    let more = ["--objective=mota", "--trials=40", "--only=track_low_thresh,max_age", "--validate"];
    let done = tune(&hall, &out, &[&more[..], &[yard.to_str().unwrap()]].concat()).succeeded();

    let preset = text(out.join("preset.yaml"));
    let found = constant(&preset, "track_low_thresh");
    assert!(found > 0.6 && found <= 0.9, "{preset}");
    assert!(preset.contains("was 0.5") && preset.contains("yard (held out)"), "{preset}");
    let trials = text(out.join("trials.csv"));
    assert_eq!(trials.lines().count(), 41);
    assert_eq!(trials.lines().next().unwrap(), "trial,by,score,hall,track_low_thresh,max_age");
    assert!(trials.lines().nth(1).unwrap().ends_with(",0.5,80"), "{trials}");
    let importance = |key: &str| {
        let line = done.stdout.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap()
    };
    assert!(importance("track_low_thresh") > 25.0 && importance("max_age") < 10.0, "{}", done.stdout);
    assert!(out.join("tune.png").is_file() && text(out.join("tune.svg")).contains("track_low_thresh"));

    // Tracking with the preset and evaluating give the score of the table.
    let tracks = folder.path().join("tracks");
    let config = out.join("preset.yaml");
    run(["track", hall.to_str().unwrap(), "--out", tracks.to_str().unwrap(), "--config"]
        .iter()
        .chain(&[config.to_str().unwrap()])
        .chain(&OWN[..2]))
    .succeeded();
    let scores = folder.path().join("scores.json");
    run(["eval", "--gt", hall.to_str().unwrap(), "--tracks", tracks.to_str().unwrap(), "--json"]
        .iter()
        .chain(&[scores.to_str().unwrap()]))
    .succeeded();
    let promised = trials.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().parse::<f64>().unwrap());
    let mota = json(&scores)["overall"]["MOTA"].as_f64().unwrap();
    assert!((mota - promised.fold(f64::NEG_INFINITY, f64::max)).abs() < 0.01, "{mota}\n{trials}");
    assert!(mota > 90.0, "{mota}");
}

/// The files of a search that must not depend on how often it was interrupted.
fn results(out: &Path) -> Vec<Vec<u8>> {
    let files = ["trials.csv", "preset.yaml", "tune.png", "tune.svg"];
    files.map(|file| std::fs::read(out.join(file)).unwrap()).to_vec()
}

/// A search in the folder `home`, with names relative to it, so that the command is the same everywhere. Its output folder lies
/// in the sequence and is no camera of it.
fn tune_in(home: &Path, more: &[&str]) -> Command {
    let mut command = mvmhat();
    command.current_dir(home).args(["tune", "hall", "--gt", "--out", "hall/out"]).args(OWN).args(more);
    command
}

#[test]
fn a_search_that_was_killed_and_resumed_has_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    sequence(&home.join("hall"), 40);
    let more = ["--trials=45", "--only=track_low_thresh,max_iou_distance,min_hits"];
    Run::from(tune_in(home, &more).output().unwrap()).succeeded();
    let whole = results(&home.join("hall/out"));

    // As a kill leaves it: some trials, out of order, the last line torn, none of the results.
    let trials = text(home.join("hall/out/trials.csv"));
    let mut lines: Vec<&str> = trials.lines().take(34).collect();
    lines.swap(29, 31);
    std::fs::write(home.join("hall/out/trials.csv"), lines.join("\n") + "\n33,tpe,9").unwrap();
    for file in ["preset.yaml", "tune.png", "tune.svg"] {
        std::fs::remove_file(home.join("hall/out").join(file)).unwrap();
    }
    let resumed: Vec<&str> = more.iter().copied().chain(["--resume"]).collect();
    Run::from(tune_in(home, &resumed).output().unwrap()).succeeded();
    assert!(results(&home.join("hall/out")) == whole, "the same bytes");

    let other: Vec<&str> =
        resumed.iter().copied().chain(["--seed=1", "--range=track_low_thresh=0.1..0.8"]).collect();
    Run::from(tune_in(home, &other).output().unwrap()).failed(
        2,
        &["--resume", "seed was 0, now 1", "ranges.track_low_thresh was [0.05,0.9], now [0.1,0.8]"],
    );
    Run::from(tune_in(home, &["--trials=20", more[1], "--resume"]).output().unwrap())
        .failed(2, &["--trials 20"]);
    // Constants that were changed by hand are not those of this search.
    let changed = text(home.join("hall/out/trials.csv")).replacen(",0.5,", ",0.51,", 1);
    std::fs::write(home.join("hall/out/trials.csv"), changed).unwrap();
    Run::from(tune_in(home, &resumed).output().unwrap()).failed(1, &["trials.csv", "other constants"]);
}

/// Interrupts a search once 20 trials are on disk.
fn tune_and_interrupt(home: &Path, more: &[&str]) -> Run {
    let child = tune_in(home, more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = || std::fs::read_to_string(home.join("hall/out/trials.csv")).map_or(0, |t| t.lines().count());
    let start = Instant::now();
    while lines() < 20 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    send_signal(&child, "INT");
    Run::from(child.wait_with_output().unwrap())
}

#[test]
fn an_interrupted_search_keeps_its_trials_and_can_be_resumed() {
    // Where the search is over before the signal arrives, the next one is on a longer sequence.
    for frames in [600, 2400, 9600] {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        sequence(&home.join("hall"), frames);
        let more = ["--trials=150", "--only=track_low_thresh"];
        let interrupted = tune_and_interrupt(home, &more);
        if interrupted.status == Some(0) {
            continue;
        }
        interrupted.failed(1, &["interrupted", "of 150 trials", "--resume"]);
        let kept = text(home.join("hall/out/trials.csv")).lines().count() - 1;
        assert!((1..150).contains(&kept), "in the middle: {kept} of 150 trials");
        assert!(!home.join("hall/out/preset.yaml").exists());
        Run::from(tune_in(home, &[&more[..], &["--resume"]].concat()).output().unwrap()).succeeded();
        let resumed = results(&home.join("hall/out"));
        std::fs::rename(home.join("hall/out"), home.join("hall/first")).unwrap();
        Run::from(tune_in(home, &more).output().unwrap()).succeeded();
        assert!(results(&home.join("hall/out")) == resumed, "the same bytes");
        return;
    }
    panic!("every search was over before the signal arrived");
}

#[test]
fn ground_truth_may_lie_elsewhere_and_sequences_in_a_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for name in ["hall", "yard"] {
        sequence(&data.join(name), 20);
        for camera in ["cam1", "cam2"] {
            let gt = folder.path().join("gt").join(name).join(camera);
            std::fs::create_dir_all(&gt).unwrap();
            std::fs::rename(data.join(name).join(camera).join("gt"), gt.join("gt")).unwrap();
        }
    }
    let more = ["--trials=3", "--only=track_low_thresh"];
    let path = |parts: &[&str]| parts.iter().fold(folder.path().to_owned(), |path, part| path.join(part));
    let tune = |arguments: &[&Path], more: &[&str]| {
        let arguments = arguments.iter().map(|argument| argument.to_str().unwrap());
        run(["tune"].into_iter().chain(arguments).chain(OWN).chain(more.iter().copied()))
    };
    let gt = Path::new("--gt");
    let out = |name: &str| format!("--out={}", path(&[name]).display());
    tune(&[&data.join("hall"), gt, &path(&["gt", "hall"])], &[&more[..], &[&out("one")]].concat())
        .succeeded();
    let both: [&Path; 4] = [&data.join("hall"), &data.join("yard"), gt, &path(&["gt"])];
    tune(&both, &[&more[..], &[&out("two")]].concat()).succeeded();
    tune(&[&data, gt, &path(&["gt"])], &[&more[..], &["--dataset", &out("all")]].concat()).succeeded();
    assert_eq!(text(path(&["two", "trials.csv"])), text(path(&["all", "trials.csv"])));
    assert!(text(path(&["two", "trials.csv"])).starts_with("trial,by,score,hall,yard,track_low_thresh\n"));
}

#[test]
fn bad_input_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let hall = sequence(&folder.path().join("hall"), 5);
    let out = folder.path().join("out");
    tune(&hall, &out, &["--only=track_low_tresh"]).failed(2, &["--only", "did you mean `track_low_thresh`"]);
    tune(&hall, &out, &["--range=track_low_thresh=0.5..0.5"]).failed(2, &["track_low_thresh", "empty range"]);
    tune(&hall, &out, &["--range=color=0..1"]).failed(2, &["`color` cannot be searched"]);
    tune(&hall, &out, &["--trials=0"]).failed(2, &["--trials"]);
    tune(&hall, &out, &["--objective=luck"]).failed(2, &["luck", "global-idf1"]);
    tune(&hall, &out, &["--validate", hall.to_str().unwrap()]).failed(2, &["--validate"]);
    tune(&folder.path().join("nowhere"), &out, &[]).failed(1, &["nowhere"]);
    for camera in ["cam1", "cam2"] {
        std::fs::remove_dir_all(hall.join(camera).join("gt")).unwrap();
    }
    tune(&hall, &out, &[]).failed(1, &["hall", "no ground truth", "--gt DIR"]);
    assert!(!out.exists(), "nothing was begun");
    std::fs::create_dir(&out).unwrap();
    tune(&hall, &out, &[]).failed(2, &["out", "exists", "--resume", "--overwrite"]);
    tune(&hall, &out, &["--resume"]).failed(2, &["no search in", "tune.json"]);
    std::fs::write(folder.path().join("file"), "").unwrap();
    tune(&hall, &folder.path().join("file"), &[]).failed(2, &["a file, not a folder"]);
}

#[test]
fn a_search_that_could_not_begin_leaves_its_folder_free() {
    let folder = tempfile::tempdir().unwrap();
    let hall = sequence(&folder.path().join("hall"), 20);
    let out = folder.path().join("out");
    let boxes = hall.join("cam2/det/det.npy");
    let away = folder.path().join("det.npy");
    std::fs::rename(&boxes, &away).unwrap();
    tune(&hall, &out, &["--trials=2"]).failed(1, &["cam2"]);
    assert!(!out.exists());
    std::fs::rename(&away, &boxes).unwrap();
    tune(&hall, &out, &["--trials=2", "--seed=5"]).succeeded();
}

#[test]
fn an_earlier_search_is_replaced_when_asked_and_nothing_else_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let hall = sequence(&folder.path().join("hall"), 20);
    let out = folder.path().join("out");
    tune(&hall, &out, &["--trials=3"]).succeeded();
    std::fs::write(out.join("precious.txt"), "mine").unwrap();
    tune(&hall, &out, &["--trials=2", "--seed=5"]).failed(2, &["out", "exists", "--overwrite"]);
    tune(&hall, &out, &["--trials=2", "--seed=5", "--overwrite"]).succeeded();
    assert_eq!(text(out.join("trials.csv")).lines().count(), 1 + 2);
    assert_eq!(text(out.join("precious.txt")), "mine");
}
