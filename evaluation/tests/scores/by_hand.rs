//! Every number here is worked out in the comment beside it.

use mvmhat_evaluation::{
    CameraRows, Comparison, ComparisonError, GtAndTracks, Observation, Protocol, ReEntries, clear,
    cross_view_pairs, hota, identity, mvmhat, re_entries, stma,
};
use mvmhat_scene::{FrameNumber, FrameRange};

use crate::{camera, compare, row};

#[test]
fn a_switch_a_gap_and_a_false_positive() {
    // Person 1 stands for six frames: track 7 follows in 1 and 2, nobody in 3, track 8 in 4 to 6. Track 9 is nobody.
    let gt = (1..=6).map(|frame| row(frame, 1, 0.0)).collect();
    let tracks =
        vec![row(1, 7, 0.0), row(2, 7, 0.0), row(3, 9, 50.0), row(4, 8, 0.0), row(5, 8, 0.0), row(6, 8, 0.0)];
    let comparison = compare((1, 6), vec![camera("a", gt, tracks)]);
    for protocol in [Protocol::TrackEval, Protocol::Devkit] {
        let clear = clear(comparison.global(), protocol);
        assert_eq!((clear.tp, clear.fp, clear.fn_, clear.idsw, clear.frag), (5, 1, 1, 1, 1));
        assert_eq!((clear.mt, clear.pt, clear.ml), (1, 0, 0), "5 of 6 frames are more than 80 %");
        assert_eq!(clear.mota(), 1.0 - 3.0 / 6.0);
        assert_eq!(clear.motp(), 1.0);
    }
    let identity = identity(comparison.global(), Protocol::TrackEval);
    assert_eq!(
        (identity.idtp, identity.idfp, identity.idfn),
        (3, 3, 3),
        "track 8 has three of the six frames"
    );
    let hota = hota(comparison.global());
    // DetA = 5 / 7. AssA: two matches with 2 / (6 + 2 - 2), three with 3 / (6 + 3 - 3).
    let expected = (5.0 / 7.0 * (2.0 * (2.0 / 6.0) + 3.0 * (3.0 / 6.0)) / 5.0_f64).sqrt();
    assert!((hota.hota() - expected).abs() < 1e-12);
    assert_eq!(hota.loc_a(), 1.0);
}

#[test]
fn the_protocols_differ_where_a_person_comes_back() {
    // Gone in frame 2, back in frame 3 with another track: a switch for TrackEval only. The track of frame 5 stands
    // after the last frame with people, and is a false positive for TrackEval only.
    let gt = vec![row(1, 1, 0.0), row(3, 1, 0.0)];
    let tracks = vec![row(1, 7, 0.0), row(3, 8, 0.0), row(5, 8, 0.0)];
    let comparison = compare((1, 5), vec![camera("a", gt, tracks)]);
    let count = |protocol| {
        let clear = clear(comparison.global(), protocol);
        (clear.idsw, clear.fp, clear.frag, clear.frames)
    };
    // TrackEval passes over the empty frame, so that the tracking was never interrupted.
    assert_eq!(count(Protocol::TrackEval), (1, 1, 0, 5));
    assert_eq!(count(Protocol::Devkit), (0, 0, 1, 3));
}

#[test]
fn a_track_that_stays_is_better_than_one_that_fits() {
    // Frame 2 offers the old track 7 at IoU 8 / 12 and the new track 8 at IoU 1: CLEAR stays, STMA and pairs do not.
    let gt = vec![row(1, 1, 0.0), row(2, 1, 0.0)];
    let tracks = vec![row(1, 7, 0.0), row(2, 7, 2.0), row(2, 8, 0.0)];
    let comparison = compare((1, 2), vec![camera("a", gt, tracks)]);
    for protocol in [Protocol::TrackEval, Protocol::Devkit] {
        let clear = clear(comparison.global(), protocol);
        assert_eq!((clear.tp, clear.fp, clear.idsw), (2, 1, 0));
        assert!((clear.motp() - (1.0 + 8.0 / 12.0) / 2.0).abs() < 1e-12);
    }
}

#[test]
fn two_views_that_agree_once() {
    // Person 1 in both views for two frames; frame 1 under one name, frame 2 under two.
    let gt = || vec![row(1, 1, 0.0), row(2, 1, 0.0)];
    let comparison = compare(
        (1, 2),
        vec![
            camera("a", gt(), vec![row(1, 5, 0.0), row(2, 5, 0.0)]),
            camera("b", gt(), vec![row(1, 5, 0.0), row(2, 6, 0.0)]),
        ],
    );
    let pairs = cross_view_pairs(&comparison);
    assert_eq!((pairs.correct, pairs.tracked, pairs.gt), (1, 1, 2));
    assert_eq!((pairs.precision(), pairs.recall(), pairs.f1()), (1.0, 0.5, 2.0 / 3.0));
    let score = mvmhat(&comparison);
    // Frame 1: 1 / 1. Frame 2: no name is shared, 0 / 0 counts as 0; no person of one is found, 0 / 1.
    assert_eq!((score.cvidp, score.cvidr, score.cvidf1()), (0.5, 0.5, 0.5));
    assert_eq!((score.frames_without_precision, score.frames_without_recall), (1, 0));
    // missed = 2 * 1 in frame 2, boxes = 2 per frame: 1 - 2 / 4.
    assert_eq!((score.mme, score.missed, score.fp, score.boxes, score.cvma()), (0, 2, 0, 4, 0.5));
    // One window of both frames and the shorter one of frame 2. Links: 4 people, so 16; names 5, 5, 5, 6 give 9 + 1, all
    // of them true. Alone, frame 2 has 4 and 2.
    let f1 = |precision: f64, recall: f64| 2.0 * precision * recall / (precision + recall);
    let expected = (f1(1.0, 10.0 / 16.0) + f1(1.0, 2.0 / 4.0)) / 2.0;
    assert!((stma(&comparison, [2])[0] - expected).abs() < 1e-6);
}

#[test]
fn two_views_that_mix_up_two_people() {
    // Both views see persons 1 and 2; the second one has their names the wrong way round.
    let gt = || vec![row(1, 1, 0.0), row(1, 2, 40.0)];
    let comparison = compare(
        (1, 1),
        vec![
            camera("a", gt(), vec![row(1, 5, 0.0), row(1, 6, 40.0)]),
            camera("b", gt(), vec![row(1, 6, 0.0), row(1, 5, 40.0)]),
        ],
    );
    let pairs = cross_view_pairs(&comparison);
    assert_eq!((pairs.correct, pairs.tracked, pairs.gt), (0, 2, 2));
    let score = mvmhat(&comparison);
    assert_eq!((score.mme, score.missed, score.fp, score.boxes), (2, 0, 0, 4));
    assert_eq!((score.cvidp, score.cvidr, score.cvma()), (0.0, 0.0, 1.0 - 2.0 * 2.0 / 4.0));
}

#[test]
fn the_mvmhat_protocol_calls_unmatched_people_by_one_name() {
    // Nobody is matched, and both views call their person "nobody": a shared name that is a mismatch, and a negative
    // miss. The tracks do not share names with the other view.
    let comparison = compare(
        (1, 1),
        vec![
            camera("a", vec![row(1, 1, 0.0)], vec![row(1, 5, 40.0)]),
            camera("b", vec![row(1, 2, 0.0)], vec![row(1, 5, 40.0)]),
        ],
    );
    let score = mvmhat(&comparison);
    // Track 5 is a stray in both views and known to the other one: 2.
    assert_eq!((score.mme, score.missed, score.fp, score.boxes), (1, -2, 2, 2));
    assert_eq!(score.cvma(), 1.0 - (2.0 + 2.0 - 2.0) / 2.0);
}

#[test]
fn in_the_mvmhat_protocol_a_track_0_is_a_stray_where_everybody_is_matched() {
    let stray = |gt: &[Observation], person: i64| {
        let tracks = || vec![row(1, 5, 0.0), row(1, person, 200.0)];
        let views = vec![camera("a", gt.to_vec(), tracks()), camera("b", gt.to_vec(), tracks())];
        mvmhat(&compare((1, 1), views)).fp
    };
    let matched = [row(1, 1, 0.0)];
    assert_eq!((stray(&matched, 9), stray(&matched, 0)), (2, 2));
    // Whoever is not matched is called 0, too.
    let missed = [row(1, 1, 0.0), row(1, 2, 40.0)];
    assert_eq!((stray(&missed, 9), stray(&missed, 0)), (2, 0));
}

#[test]
fn identities_are_shared_by_the_cameras_only_when_they_lie_end_to_end() {
    // One person, two cameras, two names.
    let comparison = compare(
        (1, 1),
        vec![
            camera("a", vec![row(1, 1, 0.0)], vec![row(1, 5, 0.0)]),
            camera("b", vec![row(1, 1, 0.0)], vec![row(1, 6, 0.0)]),
        ],
    );
    for sequence in comparison.sequences() {
        assert_eq!(identity(sequence, Protocol::TrackEval).idf1(), 1.0);
    }
    assert_eq!(identity(comparison.global(), Protocol::TrackEval).idf1(), 0.5);
    assert_eq!(clear(comparison.global(), Protocol::TrackEval).idsw, 1);
    assert!((hota(comparison.global()).ass_a() - 0.5).abs() < 1e-12);
}

#[test]
fn of_repeated_rows_the_last_one_counts() {
    let gt = vec![row(1, 1, 80.0), row(1, 2, 20.0), row(1, 1, 0.0)];
    let tracks = vec![row(1, 5, 0.0), row(1, 6, 20.0)];
    let comparison = compare((1, 1), vec![camera("a", gt, tracks)]);
    assert_eq!(comparison.duplicates(), GtAndTracks { gt: 1, tracks: 0 });
    let clear = clear(comparison.global(), Protocol::TrackEval);
    assert_eq!((clear.tp, clear.fp, clear.fn_), (2, 0, 0));
    assert_eq!(identity(comparison.global(), Protocol::TrackEval).idfn, 0);
    assert_eq!(identity(comparison.global(), Protocol::Devkit).idfn, 1, "the devkit misses the other row");
}

#[test]
fn rows_outside_the_window_are_dropped_and_counted() {
    let rows = || (1..=5).map(|frame| row(frame, 1, 0.0)).collect::<Vec<_>>();
    let comparison = compare((2, 3), vec![camera("a", rows(), rows())]);
    assert_eq!(clear(comparison.global(), Protocol::TrackEval).tp, 2);
    assert_eq!(comparison.rows_outside(), GtAndTracks { gt: 3, tracks: 3 });
    // Without a window it is where the ground truth is.
    let open = Comparison::new(None, vec![camera("a", rows(), vec![row(9, 1, 0.0)])]).unwrap();
    assert_eq!((open.window().first, open.window().last), (FrameNumber(1), FrameNumber(5)));
}

#[test]
fn windows_that_cannot_be() {
    let rows =
        |frames: [u32; 2]| vec![camera("a", frames.map(|frame| row(frame, 1, 0.0)).to_vec(), Vec::new())];
    let nobody: Vec<CameraRows> = Vec::new();
    assert_eq!(Comparison::new(None, nobody).unwrap_err(), ComparisonError::NoFrames);
    let error = Comparison::new(None, rows([0, u32::MAX])).unwrap_err();
    assert!(matches!(error, ComparisonError::TooLong { .. }), "{error}");
    let window = Some(FrameRange::new(2, 1));
    assert!(matches!(Comparison::new(window, rows([1, 2])), Err(ComparisonError::Backwards { .. })));
}

#[test]
fn nothing_scores_zero() {
    let gt = || vec![row(1, 1, 0.0), row(2, 1, 0.0)];
    let nobody = Vec::<Observation>::new;
    for (gt, tracks) in [(gt(), nobody()), (nobody(), gt()), (nobody(), nobody())] {
        let cameras = vec![camera("a", gt.clone(), tracks.clone()), camera("b", gt, tracks)];
        let comparison = compare((1, 2), cameras);
        for protocol in [Protocol::TrackEval, Protocol::Devkit] {
            let clear = clear(comparison.global(), protocol);
            assert_eq!((clear.tp, clear.recall(), clear.precision(), clear.motp()), (0, 0.0, 0.0, 0.0));
            assert_eq!(identity(comparison.global(), protocol).idf1(), 0.0);
        }
        assert_eq!(hota(comparison.global()).hota(), 0.0);
        assert_eq!(cross_view_pairs(&comparison).f1(), 0.0);
        assert_eq!(mvmhat(&comparison).cvidf1(), 0.0);
        assert_eq!(stma(&comparison, [5, 10, 30]), [0.0; 3]);
    }
}

#[test]
fn who_comes_back_is_kept_or_not() {
    // Person 1 is in view a in frames 1 to 3 and in view b in 8 to 10, as track 7 both times (once mixed up with 8);
    // person 2 is in a in 1 and in 9 under two names; person 3 is never tracked, and is gone for 3 frames only.
    let stand = |frames: &[u32], id, x| frames.iter().map(|&f| row(f, id, x)).collect::<Vec<_>>();
    let gt_a = [stand(&[1, 2, 3], 1, 0.0), stand(&[1, 9], 2, 50.0), stand(&[2, 6], 3, 90.0)].concat();
    let tracks_a =
        [stand(&[1, 3], 7, 0.0), stand(&[2], 8, 0.0), stand(&[1], 5, 50.0), stand(&[9], 6, 50.0)].concat();
    let gt_b = stand(&[8, 9, 10], 1, 0.0);
    let tracks_b = stand(&[8, 9, 10], 7, 0.0);
    let cameras =
        || vec![camera("a", gt_a.clone(), tracks_a.clone()), camera("b", gt_b.clone(), tracks_b.clone())];
    let comparison = compare((1, 10), cameras());
    assert_eq!(re_entries(&comparison, 4), ReEntries { kept: 1, total: 2 });
    // After shorter absences person 3 counts too: nobody before and after is not kept.
    assert_eq!(re_entries(&comparison, 3), ReEntries { kept: 1, total: 3 });
    assert_eq!(re_entries(&comparison, 9), ReEntries::default());
}
