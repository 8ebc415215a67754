//! All groups together. The references are the sums and means of the scorers' numbers of each group, by the scorers'
//! own rules of pooling.

use mvmhat_evaluation::{ALPHAS, DatasetScores, Protocol, SequenceScores};
use serde_json::Value;

use crate::data;

fn pool(reference: &data::Reference, protocol: Protocol) -> DatasetScores {
    let score = |group: &data::Group| (group.name.clone(), SequenceScores::new(&group.comparison, protocol));
    DatasetScores::new(reference.groups.iter().map(score).collect())
}

/// The reference's objects of one scorer.
fn all<'a>(reference: &'a data::Reference, scorer: &str) -> Vec<&'a Value> {
    reference.scores[scorer].as_object().unwrap().values().collect()
}

fn sum(rows: &[&Value], key: &str) -> f64 {
    rows.iter().map(|row| row[key].as_f64().unwrap()).sum()
}

#[track_caller]
fn assert_close(ours: f64, reference: f64) {
    assert!((ours - reference).abs() < 1e-6, "{ours}, not {reference}");
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn trackeval_sums_counts_and_weights_association_by_matches() {
    let reference = data::load();
    let pooled = pool(&reference, Protocol::TrackEval);
    for (ours, scorer) in [(pooled.overall, "trackeval_single"), (pooled.global, "trackeval_concat")] {
        let rows = all(&reference, scorer);
        let (tp, fp, misses, switches) =
            (sum(&rows, "CLR_TP"), sum(&rows, "CLR_FP"), sum(&rows, "CLR_FN"), sum(&rows, "IDSW"));
        assert_eq!([ours.clear.tp as f64, ours.clear.fp as f64, ours.clear.fn_ as f64], [tp, fp, misses]);
        assert_close(ours.clear.mota(), (tp - fp - switches) / (tp + misses));
        let (idtp, idfp, idfn) = (sum(&rows, "IDTP"), sum(&rows, "IDFP"), sum(&rows, "IDFN"));
        assert_close(ours.identity.idf1(), idtp / (idtp + 0.5 * (idfp + idfn)));
        for a in 0..ALPHAS {
            let at = |row: &Value, key: &str| row[key][a].as_f64().unwrap();
            let matches: f64 = rows.iter().map(|row| at(row, "HOTA_TP_alpha")).sum();
            let association: f64 =
                rows.iter().map(|row| at(row, "HOTA_TP_alpha") * at(row, "AssA_alpha")).sum();
            let detection = matches / (sum(&rows, "GT_Dets") + sum(&rows, "Dets") - matches);
            assert_close(ours.hota.hota_alpha()[a], (detection * association / matches.max(1.0)).sqrt());
        }
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn matlab_sums_counts() {
    let reference = data::load();
    let ours = pool(&reference, Protocol::Devkit).overall;
    let rows = all(&reference, "matlab_clear_id");
    for (ours, key) in [
        (ours.clear.fp, "FP"),
        (ours.clear.fn_, "FN"),
        (ours.clear.idsw, "IDs"),
        (ours.clear.frag, "FM"),
        (ours.identity.idtp, "IDTP"),
        (ours.identity.idfn, "IDFN"),
    ] {
        assert_eq!(ours as f64, sum(&rows, key), "{key}");
    }
    assert_close(ours.clear.motp(), 1.0 - sum(&rows, "sumd") / sum(&rows, "sumc"));
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn views_are_means_over_the_groups_except_cvma() {
    let reference = data::load();
    let ours = pool(&reference, Protocol::TrackEval).cross_view;
    let rows = all(&reference, "matlab_mha");
    let n = rows.len() as f64;
    let (p, r) = (sum(&rows, "CVIDP") / n, sum(&rows, "CVIDR") / n);
    assert_close(ours.mvmhat.cvidp, p);
    assert_close(ours.mvmhat.cvidf1(), 2.0 * p * r / (p + r));
    let errors = 2.0 * sum(&rows, "mme") + sum(&rows, "fp") + sum(&rows, "missed");
    assert_close(ours.mvmhat.cvma(), 1.0 - errors / sum(&rows, "boxes"));
    let stma = all(&reference, "mvmhatpp_stma");
    for (ours, key) in ours.stma.into_iter().zip(["STMA_5", "STMA_10", "STMA_30"]) {
        assert_close(ours, sum(&stma, key) / n);
    }
}
