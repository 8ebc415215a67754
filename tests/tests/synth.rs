//! Synthetic sequences: the program reads what it wrote, the ground truth is true, and all randomness follows from the seed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mvmhat_scene::{Calibration, Sequence, mot, world};
use mvmhat_tests::{Run, json, run, text};

const CAMERAS: [&str; 2] = ["cam1", "cam2"];

fn synth(out: &Path, more: &[&str]) -> Run {
    let own = ["synth", "--out", out.to_str().unwrap(), "--size=320x180", "--cameras=2", "--people=6"];
    run(own.iter().chain(more))
}

/// All files below a folder and their bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_path_buf();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_synthetic_sequence_can_be_tracked_and_its_ground_truth_scores_itself_perfectly() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = folder.path().join("synthetic");
    synth(&sequence, &["--frames=30"]).succeeded();

    // Its own boxes as detections: every image of the videos is read.
    for camera in CAMERAS {
        let home = sequence.join(camera);
        std::fs::create_dir(home.join("det")).unwrap();
        let mut rows = mot::read(&home.join("gt/gt.txt")).unwrap();
        assert!(!rows.is_empty());
        rows.iter_mut().for_each(|row| (row.id, row.class, row.visibility) = (-1, None, None));
        mot::write(home.join("det/det.txt"), &rows).unwrap();
    }
    let out = folder.path().join("out");
    let settings = ["--set=detector=file", "--set=embedder=color-histogram"];
    let track = ["track", sequence.to_str().unwrap(), "--out", out.to_str().unwrap()];
    run(track.iter().chain(&settings)).succeeded();
    let report = json(out.join("run.json"));
    for camera in CAMERAS {
        assert_eq!(report["cameras"][camera]["frames_out"], 30, "{report}");
    }

    let gt = folder.path().join("gt");
    std::fs::create_dir(&gt).unwrap();
    for camera in CAMERAS {
        let rows = sequence.join(camera).join("gt/gt.txt");
        std::fs::copy(rows, gt.join(format!("{camera}.txt"))).unwrap();
    }
    let scores = folder.path().join("scores.json");
    let eval = ["eval", "--gt", sequence.to_str().unwrap(), "--tracks", gt.to_str().unwrap()];
    run(eval.iter().chain(&["--json", scores.to_str().unwrap()])).succeeded();
    let global = &json(&scores)["global"];
    assert_eq!((&global["IDF1"], &global["HOTA"]), (&100.0.into(), &100.0.into()), "{global}");
}

#[test]
fn boxes_stand_where_the_world_positions_are() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("synthetic");
    synth(&home, &["--frames=60", "--place=hall"]).succeeded();
    let sequence = Sequence::open(&home).unwrap();
    assert_eq!(sequence.cameras.len(), 2);
    let calibration = Calibration::read(&home.join("calibration.yaml")).unwrap();
    let world = world::read(&home.join("ground_truth_world.csv")).unwrap();
    let mut compared = 0;
    for camera in CAMERAS {
        for row in mot::read(&home.join(camera).join("gt/gt.txt")).unwrap() {
            let bbox = row.bbox;
            assert!(bbox.x >= 0.0 && bbox.y >= 0.0 && bbox.right() <= 320.01 && bbox.bottom() <= 180.01);
            assert!(bbox.h >= 20.0 && row.visibility.unwrap() >= 0.1);
            let position = world.iter().find(|p| p.frame == row.frame && p.id == row.id);
            let inside = bbox.x > 1.0 && bbox.y > 1.0 && bbox.right() < 319.0 && bbox.bottom() < 179.0;
            let Some(position) = position.filter(|_| inside) else { continue };
            // The body is centered over its position, which is seen near the lower edge of the box.
            let pinhole = &calibration.cameras[camera];
            let (x, feet) = pinhole.project([position.x, position.y, 0.0]).unwrap();
            let (_, crown) = pinhole.project([position.x, position.y, 1.7]).unwrap();
            assert!((bbox.center().0 - x).abs() < 0.35 * bbox.h, "{camera}, {row:?}: {x}");
            assert!((bbox.bottom() - feet).abs() < 0.15 * bbox.h, "{camera}, {row:?}: {feet}");
            assert!((bbox.y - crown).abs() < 0.35 * bbox.h, "{camera}, {row:?}: {crown}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        synth(&out, &[&["--frames=12"], more].concat()).succeeded();
        files(&out)
    };
    let first = made("first", &[]);
    assert!(first.keys().any(|name| name.ends_with("cam2/video.mp4")), "{:?}", first.keys());
    assert_eq!(first, made("second", &[]));
    let other = made("other", &["--seed=2"]);
    let gt = Path::new("cam1/gt/gt.txt");
    assert_ne!(first[gt], other[gt]);
    let images = made("images", &["--images"]);
    assert_eq!(first[gt], images[gt], "the same in images");
    assert!(images.contains_key(Path::new("cam1/img1/000012.jpg")));
    assert!(text(folder.path().join("images/cam1/seqinfo.ini")).contains("seqLength=12"));
}

#[test]
fn invalid_options_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (option, words) in [
        ("--cameras=0", &["cameras", "1 and 16"][..]),
        ("--people=1000", &["people", "1 and 60"]),
        ("--frames=0", &["frames"]),
        ("--size=321x180", &["321 x 180", "even"]),
        ("--size=wide", &["wide", "640x360"]),
        ("--fps=NaN", &["fps"]),
        ("--place=beach", &["beach", "plaza, lobby"]),
    ] {
        let out = out.to_str().unwrap();
        run(["synth", "--out", out, option]).failed(2, words);
    }
    assert!(!out.exists());
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("precious.txt"), "").unwrap();
    synth(&out, &[]).failed(2, &["out", "exists", "--overwrite"]);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn an_earlier_sequence_is_replaced_when_asked_and_nothing_else_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    synth(&out, &["--frames=6"]).succeeded();
    std::fs::write(out.join("precious.txt"), "mine").unwrap();
    synth(&out, &["--frames=3"]).failed(2, &["out", "exists", "--overwrite"]);
    synth(&out, &["--frames=3", "--overwrite"]).succeeded();
    assert!(text(out.join("cam1/seqinfo.ini")).contains("seqLength=3"));
    assert_eq!(text(out.join("precious.txt")), "mine");
}
