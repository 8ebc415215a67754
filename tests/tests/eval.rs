//! `mvmhat eval`: tables, JSON, lists of errors and drawings.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use mvmhat_tests::{ScoredSequence, eval, fixtures, keys, text};
use serde_json::Value;

/// The documented keys of the scores of a camera, of all cameras and of all of them as one.
const KEYS: [&str; 16] = [
    "MOTA", "MOTP", "IDF1", "IDP", "IDR", "HOTA", "DetA", "AssA", "LocA", "FP", "FN", "IDSW", "MT", "PT",
    "ML", "Frag",
];
/// Boxes of three people in twelve frames.
const BOXES: u64 = 36;

#[test]
fn tracks_that_equal_the_ground_truth_score_100_everywhere() {
    let scores = ScoredSequence::with_perfect_tracks().scores(&[]);
    for sequence in ["/cameras/cam1", "/cameras/cam2", "/overall", "/global"] {
        let sequence = scores.pointer(sequence).unwrap();
        for ratio in &KEYS[..9] {
            assert_eq!(sequence[ratio], 100.0, "{ratio} of {sequence}");
        }
        for error in ["FP", "FN", "IDSW", "PT", "ML", "Frag"] {
            assert_eq!(sequence[error], 0, "{error} of {sequence}");
        }
    }
    assert_eq!(scores["overall"]["MT"], 6, "three people in each of two cameras");
    assert_eq!(scores["global"]["MT"], 3, "three people");
    for metric in ["CVIDP", "CVIDR", "CVIDF1", "CVMA"] {
        assert_eq!(scores["cross_view"]["mvmhat"][metric], 100.0, "{metric}");
    }
    for metric in ["P", "R", "F1"] {
        assert_eq!(scores["cross_view"]["pairs"][metric], 100.0, "{metric}");
    }
    for length in ["5", "10", "30"] {
        // The definition divides by the counts plus 1e-7.
        assert!((scores["stma"][length].as_f64().unwrap() - 100.0).abs() < 1e-4, "{length}");
    }
}

#[test]
fn the_keys_of_the_json_are_the_documented_ones() {
    let scores = ScoredSequence::with_perfect_tracks().scores(&[]);
    let top =
        ["protocol", "frames", "duplicates", "cameras", "overall", "global", "cross_view", "stma", "returns"];
    assert_eq!(keys(&scores), top);
    assert_eq!(keys(&scores["cameras"]), ["cam1", "cam2"]);
    for sequence in ["/cameras/cam1", "/cameras/cam2", "/overall", "/global"] {
        let sequence = scores.pointer(sequence).unwrap();
        assert_eq!(keys(sequence)[..KEYS.len()], KEYS);
        assert!(sequence.as_object().unwrap().values().all(Value::is_number), "{sequence}");
    }
    assert_eq!(keys(&scores["cross_view"]), ["mvmhat", "pairs"]);
    assert_eq!(keys(&scores["cross_view"]["mvmhat"])[..4], ["CVIDP", "CVIDR", "CVIDF1", "CVMA"]);
    assert_eq!(keys(&scores["cross_view"]["pairs"])[..3], ["P", "R", "F1"]);
    assert_eq!(keys(&scores["stma"]), ["5", "10", "30"]);
    assert_eq!(scores["protocol"], "trackeval");
}

#[test]
fn empty_tracks_score_zero() {
    let case = ScoredSequence::with_perfect_tracks();
    case.change_tracks("cam1", |_, _, _| None);
    case.change_tracks("cam2", |_, _, _| None);
    for protocol in ["trackeval", "devkit"] {
        let scores = case.scores(&["--protocol", protocol]);
        let overall = &scores["overall"];
        for ratio in &KEYS[..8] {
            assert_eq!(overall[ratio], 0.0, "{ratio} by {protocol}");
        }
        assert_eq!((&overall["FN"], &overall["FP"]), (&Value::from(2 * BOXES), &Value::from(0)));
        assert_eq!(overall["LocA"], 100.0, "TrackEval 1.3.0 says so where nothing matches");
        assert_eq!(overall["ML"], 6);
        assert_eq!(scores["cross_view"]["pairs"]["F1"], 0.0);
        assert_eq!(scores["stma"]["5"], 0.0);
    }
    let drawing = case.path("nobody.rrd");
    case.eval(&["--rrd", drawing.to_str().unwrap()]).succeeded();
}

#[test]
fn another_identity_in_each_view_costs_only_the_scores_across_views() {
    let case = ScoredSequence::with_perfect_tracks();
    case.change_tracks("cam2", |frame, id, rest| Some(format!("{frame},{},{rest}", id + 10)));
    let scores = case.scores(&[]);
    assert_eq!(scores["overall"]["IDF1"], 100.0);
    assert_eq!(scores["global"]["IDF1"], 50.0, "each person has two identities, half of the boxes each");
    assert_eq!(scores["cross_view"]["pairs"]["R"], 0.0);
    let list = case.path("errors.csv");
    case.eval(&["--errors", list.to_str().unwrap()]).succeeded();
    let list = text(list);
    let mut lines = list.lines();
    let columns = "frame,camera,kind,truth,track,x,y,w,h,other_camera,other_truth,other_track";
    assert_eq!(lines.next(), Some(columns));
    // Frame 1 of person 1 in camera 2: x = 10 + 1 * 2 + 5, y = 5.
    assert_eq!(lines.next(), Some("1,cam2,cross-view,1,11,17.0,5.0,16.0,32.0,cam1,1,1"));
    assert_eq!(list.lines().count() as u64, 1 + BOXES);
}

#[test]
fn every_kind_of_error_is_counted_and_listed() {
    let case = ScoredSequence::with_perfect_tracks();
    // The identity of person 1 is 9 from frame 7 on; person 2 is missed in frame 3; the box of person 3 is far off in frame 5.
    case.change_tracks("cam1", |frame, id, rest| match (frame, id) {
        (3, 2) => None,
        (5, 3) => Some("5,3,1000,1000,16,32,1".to_owned()),
        (7.., 1) => Some(format!("{frame},9,{rest}")),
        _ => Some(format!("{frame},{id},{rest}")),
    });
    let list = case.path("errors.csv");
    let scores = case.scores(&["--errors", list.to_str().unwrap()]);
    let cam1 = &scores["cameras"]["cam1"];
    assert_eq!([&cam1["FP"], &cam1["FN"], &cam1["IDSW"]], [1, 2, 1]);
    assert_eq!(cam1["MOTA"].as_f64().unwrap(), 100.0 * (1.0 - 4.0 / BOXES as f64));
    assert_eq!(scores["cameras"]["cam2"]["MOTA"], 100.0);
    let list = text(list);
    let listed = |kind: &str| -> Vec<&str> {
        list.lines().filter(|line| line.split(',').nth(2) == Some(kind)).collect()
    };
    assert_eq!(listed("FP"), ["5,cam1,FP,,3,1000.0,1000.0,16.0,32.0,,,"]);
    assert_eq!(listed("FN").len(), 2);
    assert!(listed("FN")[0].starts_with("3,cam1,FN,2,,"), "{list}");
    assert!(listed("IDSW")[0].starts_with("7,cam1,IDSW,1,9,"), "{list}");
    assert_eq!(listed("cross-view").len(), 6, "frames 7 to 12");
}

#[test]
fn a_person_who_comes_back_with_another_identity_is_no_switch_to_the_devkit() {
    let case = ScoredSequence::with_perfect_tracks();
    for camera in ["cam1", "cam2"] {
        let file = case.gt().join(camera).join("gt/gt.txt");
        std::fs::write(file, "1,1,0,0,10,10,1,1,1\n3,1,0,0,10,10,1,1,1\n").unwrap();
        std::fs::write(case.track_file(camera), "1,7,0,0,10,10\n3,8,0,0,10,10\n").unwrap();
    }
    assert_eq!(case.scores(&[])["overall"]["IDSW"], 2);
    let devkit = case.scores(&["--protocol", "devkit"]);
    assert_eq!((&devkit["overall"]["IDSW"], &devkit["protocol"]), (&Value::from(0), &Value::from("devkit")));
    assert!(case.eval(&["--protocol", "devkit"]).succeeded().stdout.contains("MATLAB devkit"));
}

#[test]
fn frames_limit_what_is_scored() {
    let case = ScoredSequence::with_perfect_tracks();
    case.change_tracks("cam1", |frame, id, rest| (frame > 4).then(|| format!("{frame},{id},{rest}")));
    let scored = |frames: &str| {
        let scores = case.scores(&["--frames", frames]);
        let [first, last, misses] = ["/frames/first", "/frames/last", "/overall/FN"]
            .map(|p| scores.pointer(p).unwrap().as_u64().unwrap());
        (first, last, misses)
    };
    assert_eq!(scored("5..=12"), (5, 12, 0));
    assert_eq!(scored("5-12"), (5, 12, 0));
    assert_eq!(scored("4..=6"), (4, 6, 3));
    assert_eq!(scored("..=2"), (1, 2, 6));
    assert_eq!(scored("3.."), (3, 12, 6));
    case.eval(&["--frames", "9..=2"]).failed(2, &["9..=2", "empty range"]);
}

#[test]
fn tables_come_as_text_markdown_and_csv() {
    let case = ScoredSequence::with_perfect_tracks();
    let plain = case.eval(&[]).succeeded().stdout;
    assert!(plain.starts_with("Cameras one by one") && plain.contains("TrackEval"), "{plain}");
    assert!(plain.lines().nth(1).unwrap().trim_start().starts_with("MOTA"), "{plain}");
    let markdown = case.eval(&["--format", "markdown"]).succeeded().stdout;
    assert!(markdown.lines().any(|line| line.starts_with("| cam1") && line.contains("100.00")), "{markdown}");
    assert!(markdown.lines().any(|line| line.starts_with("|:--")), "{markdown}");
    let csv = case.eval(&["--format", "csv"]).succeeded().stdout;
    let rows: Vec<&str> = csv.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(rows[0], format!(",{}", KEYS.join(",")));
    assert_eq!(rows[1], format!("cam1{},0,0,0,3,0,0,0", ",100.00".repeat(9)));
    case.eval(&["--format", "pdf"]).failed(2, &["pdf", "markdown"]);
}

#[test]
fn drawings_are_files_of_the_viewer() {
    let case = ScoredSequence::with_perfect_tracks();
    case.change_tracks("cam1", |frame, id, rest| {
        (id != 2).then(|| format!("{frame},{},{rest}", id + frame / 6))
    });
    let file = case.path("errors.rrd");
    case.eval(&["--rrd", file.to_str().unwrap()]).succeeded();
    let with_images = std::fs::read(&file).unwrap();
    assert!(with_images.starts_with(b"RRF2"), "the mark of Rerun's files");
    let missing = case.path("no/such/errors.rrd");
    case.eval(&["--rrd", missing.to_str().unwrap()]).failed(1, &["no/such/errors.rrd"]);

    // Ground truth without images: boxes alone are drawn.
    let hall = fixtures().join("treadmill-hall");
    let tracks = case.path("hall");
    std::fs::create_dir(&tracks).unwrap();
    for camera in ["cam01", "cam02", "cam03", "cam04"] {
        std::fs::copy(hall.join(camera).join("gt/gt.txt"), tracks.join(format!("{camera}.txt"))).unwrap();
    }
    let run = eval(&hall, &tracks, &["--frames", "1..=5", "--overwrite", "--rrd", file.to_str().unwrap()])
        .succeeded();
    assert!(!run.stderr.contains("WARN"), "{run:#?}");
    assert!(std::fs::read(&file).unwrap().starts_with(b"RRF2"));
}
