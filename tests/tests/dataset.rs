//! `mvmhat eval --dataset`: several sequences, pooled.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};

use mvmhat_tests::{Blocks, Images, eval, json, keys, text};
use serde_json::Value;

/// Two sequences with tracks: those of `hall` are its ground truth, those of `yard` lack camera 1's first frame.
fn two(folder: &Path) -> (PathBuf, PathBuf) {
    let (gt, tracks) = (folder.join("gt"), folder.join("tracks"));
    for name in ["hall", "yard"] {
        Blocks { images: Images::Jpeg, ..Blocks::default() }.write(&gt.join(name));
        std::fs::create_dir_all(tracks.join(name)).unwrap();
        for camera in ["cam1", "cam2"] {
            let rows = text(gt.join(name).join(camera).join("gt/gt.txt"));
            let skipped = if (name, camera) == ("yard", "cam1") { 3 } else { 0 };
            let rows: Vec<&str> = rows.lines().skip(skipped).collect();
            std::fs::write(tracks.join(name).join(format!("{camera}.txt")), rows.join("\n")).unwrap();
        }
    }
    (gt, tracks)
}

#[test]
fn sequences_are_pooled_and_their_errors_listed_together() {
    let folder = tempfile::tempdir().unwrap();
    let (gt, tracks) = two(folder.path());
    let (scores, list) = (folder.path().join("scores.json"), folder.path().join("errors.csv"));
    let options = ["--dataset", "--json", scores.to_str().unwrap(), "--errors", list.to_str().unwrap()];
    let run = eval(&gt, &tracks, &options).succeeded();
    assert!(run.stdout.contains("hall") && run.stdout.contains("yard"), "{}", run.stdout);
    let scores = json(scores);
    assert_eq!(keys(&scores), ["recordings", "overall", "global", "cross_view", "stma", "returns"]);
    assert_eq!(scores["recordings"]["hall"]["overall"]["MOTA"], 100.0);
    assert_eq!(scores["recordings"]["yard"]["cameras"]["cam1"]["FN"], 3);
    assert_eq!(scores["overall"]["MOTA"].as_f64().unwrap(), 100.0 * (1.0 - 3.0 / 144.0));
    let list = text(list);
    assert!(list.starts_with("recording,frame,camera,kind,"), "{list}");
    let errors: Vec<&str> = list.lines().skip(1).collect();
    assert_eq!(errors.len(), 3);
    assert!(errors.iter().all(|line| line.starts_with("yard,1,cam1,FN,")), "{list}");
}

#[test]
fn groups_json_names_the_sequences_and_their_frames() {
    let folder = tempfile::tempdir().unwrap();
    let (gt, tracks) = two(folder.path());
    std::fs::write(gt.join("groups.json"), r#"{"yard": {"start": 2, "end": 6}}"#).unwrap();
    let file = folder.path().join("scores.json");
    eval(&gt, &tracks, &["--dataset", "--json", file.to_str().unwrap()]).succeeded();
    let scores = json(&file);
    assert_eq!(scores["recordings"].as_object().unwrap().len(), 1);
    let yard = &scores["recordings"]["yard"];
    assert_eq!((&yard["frames"]["first"], &yard["frames"]["last"]), (&Value::from(2), &Value::from(6)));
    assert_eq!(yard["overall"]["MOTA"], 100.0, "the missing frame is outside");
    let alone = |more: &[&str]| {
        let own = ["--overwrite", "--json", file.to_str().unwrap()];
        eval(&gt.join("yard"), &tracks.join("yard"), &[&own, more].concat()).succeeded();
        json(&file)
    };
    assert_eq!(alone(&[]), *yard, "the same for the sequence alone");
    assert_eq!(alone(&["--frames", "1..=6"])["overall"]["FN"], 3, "the command line wins");
}

#[test]
fn one_drawing_is_of_one_sequence() {
    let folder = tempfile::tempdir().unwrap();
    let (gt, tracks) = two(folder.path());
    let file = folder.path().join("errors.rrd");
    eval(&gt, &tracks, &["--dataset", "--rrd", file.to_str().unwrap()])
        .failed(2, &["--rrd draws one recording", "leave out --dataset"]);
    assert!(!file.exists());
}

#[test]
fn a_sequence_without_tracks_is_named_and_no_list_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (gt, tracks) = two(folder.path());
    std::fs::remove_dir_all(tracks.join("yard")).unwrap();
    let list = folder.path().join("errors.csv");
    eval(&gt, &tracks, &["--dataset", "--errors", list.to_str().unwrap()]).failed(1, &["tracks/yard"]);
    assert!(!list.exists(), "the errors of the other one alone would pass for all");
}

/// Percentages to 1e-4.
#[track_caller]
fn assert_percent(ours: &Value, reference: f64, what: &str) {
    let ours = ours.as_f64().unwrap();
    assert!((ours - reference).abs() < 1e-4, "{what}: {ours}, but the reference says {reference}");
}

/// `reference.json` says which program each number came from: TrackEval 1.3.0, the MvMHAT kit under Octave 7.3,
/// `new_metric.py` of MvMHAT++. The tests of `evaluation` compare all of its numbers; this one, whether the program reads the
/// same files, windows and views.
#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn the_published_tracks_of_mvmhat_score_as_the_public_scorers_say() {
    let data = mvmhat_reference::shared("mvmhat");
    let folder = tempfile::tempdir().unwrap();
    let (file, list) = (folder.path().join("scores.json"), folder.path().join("errors.csv"));
    let options = ["--dataset", "--json", file.to_str().unwrap(), "--errors", list.to_str().unwrap()];
    eval(&data, &data, &options).succeeded();
    let (scores, reference, groups) =
        (json(&file), json(data.join("reference.json")), json(data.join("groups.json")));
    let number = |path: [&str; 3]| {
        let [scorer, name, metric] = path;
        reference[scorer][name][metric].as_f64().unwrap()
    };
    let errors = text(list);
    for (name, group) in groups.as_object().unwrap() {
        let ours = &scores["recordings"][name];
        assert_eq!(
            (&ours["frames"]["first"], &ours["frames"]["last"]),
            (&group["start"], &group["end"]),
            "{name}"
        );
        let cameras = ours["cameras"].as_object().unwrap();
        assert_eq!(cameras.len() as u64, group["views"].as_u64().unwrap(), "{name}");
        for (camera, ours) in cameras {
            let sequence = format!("{name}_{camera}");
            for (key, theirs) in [("FP", "CLR_FP"), ("FN", "CLR_FN"), ("IDSW", "IDSW")] {
                let theirs = number(["trackeval_single", &sequence, theirs]);
                assert_eq!(ours[key].as_f64(), Some(theirs), "{key} of {sequence}");
                let listed = errors.lines().filter(|line| {
                    let mut columns = line.split(',');
                    let mut is = |column: usize, value: &str| columns.nth(column) == Some(value);
                    is(0, name) && is(1, camera) && is(0, key)
                });
                assert_eq!(listed.count() as f64, theirs, "{key} of {sequence} in the list");
            }
        }
        for metric in ["MOTA", "IDF1", "HOTA", "AssA"] {
            assert_percent(&ours["global"][metric], number(["trackeval_concat", name, metric]), name);
        }
        for metric in ["CVIDP", "CVIDR", "CVMA"] {
            let theirs = 100.0 * number(["matlab_mha", name, metric]);
            assert_percent(&ours["cross_view"]["mvmhat"][metric], theirs, name);
        }
        for length in ["5", "10", "30"] {
            let theirs = 100.0 * number(["mvmhatpp_stma", name, &format!("STMA_{length}")]);
            assert_percent(&ours["stma"][length], theirs, name);
        }
    }
    let file = folder.path().join("devkit.json");
    eval(&data, &data, &["--dataset", "--protocol", "devkit", "--json", file.to_str().unwrap()]).succeeded();
    let devkit = json(&file);
    let counted = |key: &str| {
        let sequences = reference["matlab_clear_id"].as_object().unwrap().values();
        sequences.map(|sequence| sequence[key].as_f64().unwrap()).sum::<f64>()
    };
    for (ours, theirs) in [("FP", "FP"), ("FN", "FN"), ("IDSW", "IDs"), ("Frag", "FM")] {
        assert_eq!(devkit["overall"][ours].as_f64(), Some(counted(theirs)), "{ours}");
    }
}
