//! What must hold of any scene.

use mvmhat_evaluation::{
    ErrorKind, Observation, Protocol, Scores, SequenceScores, clear, cross_view_pairs, identity,
    tracking_errors,
};
use mvmhat_scene::BBox;
use proptest::prelude::*;

use crate::{camera, compare};

/// Crowded scenes, so that boxes compete; identities may repeat in a frame.
fn rows() -> impl Strategy<Value = Vec<Observation>> {
    let row = (1u32..12, -1i64..6, 0u8..30, 0u8..8, 1u8..12).prop_map(|(frame, id, x, y, w)| {
        Observation::new(frame, id, BBox::new(f64::from(x), f64::from(y), f64::from(w), 10.0))
    });
    prop::collection::vec(row, 0..60)
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![Just(Protocol::TrackEval), Just(Protocol::Devkit)]
}

fn numbers(value: &serde_json::Value, found: &mut Vec<f64>) {
    match value {
        serde_json::Value::Object(map) => map.values().for_each(|value| numbers(value, found)),
        serde_json::Value::Number(number) => found.extend(number.as_f64()),
        serde_json::Value::Null => found.push(f64::NAN),
        _ => {}
    }
}

proptest! {
    #[test]
    fn counts_balance(gt in rows(), tracks in rows(), protocol in protocol()) {
        let comparison = compare((1, 12), vec![camera("a", gt, tracks)]);
        let Scores { clear, identity, hota } = Scores::new(comparison.global(), protocol);
        let repeated = comparison.duplicates().gt as u64;
        prop_assert_eq!(clear.tp + clear.fn_, hota.gt);
        prop_assert!(clear.tp + clear.fp <= hota.tracks, "the devkit may leave off the last frames");
        let identity_rows = identity.idtp + identity.idfn;
        prop_assert_eq!(identity_rows, hota.gt + if protocol == Protocol::Devkit { repeated } else { 0 });
        prop_assert_eq!(identity.idtp + identity.idfp, hota.tracks);
        prop_assert!(clear.idsw <= clear.tp);
        prop_assert!(hota.tp.is_sorted_by(|a, b| a >= b), "a higher threshold matches no more");
    }

    #[test]
    fn everything_is_a_number_within_its_range(a in rows(), b in rows(), c in rows(), d in rows(), p in protocol()) {
        let comparison = compare((1, 12), vec![camera("a", a, b), camera("b", c, d)]);
        let mut found = Vec::new();
        numbers(&SequenceScores::new(&comparison, p).to_json(), &mut found);
        prop_assert!(found.iter().all(|value| value.is_finite()));
        let scores = Scores::new(comparison.global(), p);
        for ratio in [
            scores.clear.motp(), scores.clear.recall(), scores.clear.precision(), scores.identity.idf1(),
            scores.hota.hota(), scores.hota.det_a(), scores.hota.ass_a(), scores.hota.loc_a(),
            cross_view_pairs(&comparison).precision(), cross_view_pairs(&comparison).recall(),
        ] {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&ratio), "{}", ratio);
        }
    }

    #[test]
    fn tracks_that_are_the_ground_truth_are_perfect(rows in rows(), p in protocol()) {
        // Two people in one place cannot be told apart.
        let mut seen: Vec<Observation> = Vec::new();
        for row in rows {
            if !seen.iter().any(|s| s.frame == row.frame && (s.id == row.id || s.location == row.location)) {
                seen.push(row);
            }
        }
        prop_assume!(!seen.is_empty());
        let comparison = compare((1, 12), vec![camera("a", seen.clone(), seen)]);
        let scores = Scores::new(comparison.global(), p);
        prop_assert_eq!(scores.clear.mota(), 1.0);
        prop_assert_eq!(scores.identity.idf1(), 1.0);
        prop_assert!((scores.hota.hota() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn names_do_not_matter(gt in rows(), tracks in rows(), p in protocol()) {
        let renamed = tracks.iter().map(|row| Observation { id: 1000 - 7 * row.id, ..*row }).collect();
        let one = compare((1, 12), vec![camera("a", gt.clone(), tracks)]);
        let other = compare((1, 12), vec![camera("a", gt, renamed)]);
        prop_assert_eq!(clear(one.global(), p), clear(other.global(), p));
        prop_assert_eq!(identity(one.global(), p), identity(other.global(), p));
    }

    #[test]
    fn errors_are_those_that_are_counted(a in rows(), b in rows(), c in rows(), d in rows(), p in protocol()) {
        let comparison = compare((1, 12), vec![camera("a", a, b), camera("b", c, d)]);
        let errors: Vec<_> = tracking_errors(&comparison, p).collect();
        prop_assert!(errors.is_sorted_by_key(|error| error.frame));
        for (name, sequence) in comparison.cameras().zip(comparison.sequences()) {
            let count = |kind| errors.iter().filter(|e| e.camera == name && e.kind == kind).count() as u64;
            let clear = clear(sequence, p);
            prop_assert_eq!(count(ErrorKind::FalsePositive), clear.fp);
            prop_assert_eq!(count(ErrorKind::FalseNegative), clear.fn_);
            prop_assert_eq!(count(ErrorKind::Switch), clear.idsw);
        }
    }
}
