//! Pooling, tables, JSON and the list of errors.

use mvmhat_evaluation::{
    DatasetScores, ErrorWriter, Protocol, SequenceScores, TableFormat, cross_view_pairs, tracking_errors,
};
use mvmhat_scene::FrameNumber;
use serde_json::Value;

use crate::{camera, compare, row};

/// Two cameras, two frames; camera `b,2` has person 1 under another identity in frame 2, and a false positive.
fn hall() -> mvmhat_evaluation::Comparison {
    let gt = || vec![row(1, 1, 0.0), row(2, 1, 0.0)];
    compare(
        (1, 2),
        vec![
            camera("a", gt(), vec![row(1, 5, 0.0)]),
            camera("b,2", gt(), vec![row(1, 5, 0.0), row(2, 6, 0.0), row(2, 9, 50.0)]),
        ],
    )
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn json_has_the_agreed_keys() {
    let json = SequenceScores::new(&hall(), Protocol::TrackEval).to_json();
    let agreed = [
        "MOTA", "MOTP", "IDF1", "IDP", "IDR", "HOTA", "DetA", "AssA", "LocA", "FP", "FN", "IDSW", "MT", "PT",
        "ML", "Frag",
    ];
    assert_eq!(keys(&json["cameras"]), ["a", "b,2"]);
    for scores in [&json["cameras"]["a"], &json["cameras"]["b,2"], &json["overall"], &json["global"]] {
        assert_eq!(keys(scores)[..agreed.len()], agreed);
        assert!(scores.as_object().unwrap().values().all(Value::is_number), "no NaN: {scores}");
    }
    assert_eq!(keys(&json["cross_view"]["mvmhat"])[..4], ["CVIDP", "CVIDR", "CVIDF1", "CVMA"]);
    assert_eq!(keys(&json["cross_view"]["pairs"])[..3], ["P", "R", "F1"]);
    assert_eq!(keys(&json["stma"]), ["5", "10", "30"]);
    assert_eq!(json["protocol"], "trackeval");
    // Four boxes, one missed, one false positive, one switch: percent and counts.
    assert_eq!(json["overall"]["MOTA"], 25.0);
    assert_eq!((json["overall"]["FP"].as_i64(), json["overall"]["IDSW"].as_i64()), (Some(1), Some(1)));
    assert_eq!(json["cross_view"]["pairs"]["R"], 50.0);
}

#[test]
fn datasets_pool_counts_and_average_ratios_of_views() {
    let hall = SequenceScores::new(&hall(), Protocol::TrackEval);
    let perfect = || vec![row(1, 1, 0.0)];
    let yard = compare((1, 1), vec![camera("a", perfect(), perfect()), camera("b", perfect(), perfect())]);
    let yard = SequenceScores::new(&yard, Protocol::TrackEval);
    let pooled = DatasetScores::new(vec![("hall".into(), hall.clone()), ("yard".into(), yard.clone())]);
    assert_eq!(pooled.overall.clear.mota(), 1.0 - 3.0 / 6.0, "three errors in 4 + 2 boxes");
    assert_eq!(pooled.cross_view.pairs.recall(), 2.0 / 3.0, "1 + 1 of 2 + 1 pairs");
    let mean = |value: fn(&SequenceScores) -> f64| (value(&hall) + value(&yard)) / 2.0;
    assert_eq!(pooled.cross_view.mvmhat.cvidr, mean(|r| r.cross_view.mvmhat.cvidr));
    assert_eq!(pooled.cross_view.stma[1], mean(|r| r.cross_view.stma[1]));
    let json = pooled.to_json();
    assert_eq!(keys(&json), ["recordings", "overall", "global", "cross_view", "stma", "returns"]);
    assert_eq!(keys(&json["recordings"]), ["hall", "yard"]);
}

#[test]
fn tables_are_aligned_and_say_their_protocol() {
    let scores = SequenceScores::new(&hall(), Protocol::Devkit);
    let tables = scores.tables();
    let text = tables[0].render(TableFormat::Text);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("devkit"), "{text}");
    assert!(lines[1].trim_start().starts_with("MOTA"));
    assert_eq!(lines.len(), 2 + 4, "a title, names, two cameras, overall and global");
    assert!(lines[2..].iter().all(|line| line.len() == lines[1].len()), "{text}");
    let markdown = tables[0].render(TableFormat::Markdown);
    let bars = |line: &str| line.matches('|').count();
    assert!(markdown.lines().skip(2).all(|line| bars(line) == bars(markdown.lines().nth(2).unwrap())));
    let csv = tables[0].render(TableFormat::Csv);
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(csv.as_bytes());
    let names: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(names, ["a", "b,2", "overall", "global"]);
    assert!(tables[1].render(TableFormat::Text).contains("MvMHAT"));
    assert!(!text.contains("NaN"));
}

#[test]
fn errors_one_by_one() {
    let comparison = hall();
    let errors = || tracking_errors(&comparison, Protocol::TrackEval);
    let mut csv = ErrorWriter::for_sequence(Vec::new()).unwrap();
    csv.write("hall", errors()).unwrap();
    assert_eq!(
        String::from_utf8(csv.finish().unwrap()).unwrap(),
        "frame,camera,kind,truth,track,x,y,w,h,other_camera,other_truth,other_track\n\
         2,a,FN,1,,0.0,0.0,10.0,10.0,,,\n\
         2,\"b,2\",FP,,9,50.0,0.0,10.0,10.0,,,\n\
         2,\"b,2\",IDSW,1,6,0.0,0.0,10.0,10.0,,,\n"
    );
    let mut csv = ErrorWriter::for_dataset(Vec::new()).unwrap();
    csv.write("hall", errors().take(1)).unwrap();
    csv.write("yard", errors().take(1)).unwrap();
    assert_eq!(
        String::from_utf8(csv.finish().unwrap()).unwrap(),
        "recording,frame,camera,kind,truth,track,x,y,w,h,other_camera,other_truth,other_track\n\
         hall,2,a,FN,1,,0.0,0.0,10.0,10.0,,,\n\
         yard,2,a,FN,1,,0.0,0.0,10.0,10.0,,,\n"
    );
}

#[test]
fn people_of_a_frame_under_the_names_of_their_files() {
    let gt = || vec![row(3, 1, 0.0), row(4, 1, 7.0)];
    // The identity 9 twice in one frame: the last row counts.
    let tracks = vec![row(4, 9, 1.0), row(4, -5, 2.0), row(4, 9, 3.0), row(5, 2, 0.0)];
    let comparison = compare((3, 4), vec![camera("a", gt(), vec![]), camera("b", gt(), tracks)]);
    let people = comparison.people(FrameNumber(4));
    assert_eq!(people[0].gt, [row(4, 1, 7.0)]);
    assert!(people[0].tracks.is_empty());
    let mut tracks = people[1].tracks.clone();
    tracks.sort_by_key(|row| row.id);
    assert_eq!(tracks, [row(4, -5, 2.0), row(4, 9, 3.0)]);
    let outside = comparison.people(FrameNumber(5));
    assert!(outside.len() == 2 && outside.iter().all(|side| side.gt.is_empty() && side.tracks.is_empty()));
}

#[test]
fn cross_view_errors_name_both_sides() {
    let gt = || vec![row(1, 1, 0.0)];
    let comparison = compare(
        (1, 1),
        vec![camera("a", gt(), vec![row(1, 5, 0.0)]), camera("b", gt(), vec![row(1, 6, 0.0)])],
    );
    assert_eq!(cross_view_pairs(&comparison).correct, 0);
    let errors: Vec<_> = tracking_errors(&comparison, Protocol::TrackEval).collect();
    assert_eq!(errors.len(), 1);
    let other = errors[0].other.unwrap();
    assert_eq!((errors[0].camera, errors[0].gt, errors[0].track), ("b", Some(1), Some(6)));
    assert_eq!((other.camera, other.gt, other.track), ("a", 1, 5));
}
