//! Parity with public scorers on six groups of the MvMHAT test set and the tracks its authors published.
//!
//! `reference.json` beside the data tells which program and version each number came from: TrackEval 1.3.0 (CLEAR,
//! Identity, HOTA), the authors' MATLAB kit under Octave 7.3 (CLEAR, identity and the cross-view protocol), the
//! `new_metric.py` of MvMHAT++ (STMA). Counts have to be equal, ratios to 1e-6. The data have no licence, so they are no
//! part of the project.

// A broken reference file should fail the test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod data;
mod pooled;

use mvmhat_evaluation::{Clear, Hota, Identity, Protocol, STMA_LENGTHS, clear, hota, identity, mvmhat, stma};
use serde_json::Value;

/// Percentages to 1e-4, that is ratios to 1e-6.
#[track_caller]
fn assert_percent(ours: f64, reference: &Value, what: &str) {
    let reference = reference.as_f64().unwrap_or_else(|| panic!("{what} is not in the reference"));
    assert!(
        (100.0 * ours - reference).abs() < 1e-4,
        "{what}: {} but the reference says {reference}",
        100.0 * ours
    );
}

#[track_caller]
fn assert_count(ours: u64, reference: &Value, what: &str) {
    assert_eq!(Some(ours as f64), reference.as_f64(), "{what}");
}

#[track_caller]
fn assert_trackeval(clear: &Clear, identity: &Identity, hota: &Hota, reference: &Value, at: &str) {
    for (name, ours) in [
        ("CLR_TP", clear.tp),
        ("CLR_FP", clear.fp),
        ("CLR_FN", clear.fn_),
        ("IDSW", clear.idsw),
        ("Frag", clear.frag),
        ("MT", clear.mt),
        ("PT", clear.pt),
        ("ML", clear.ml),
        ("GT_Dets", clear.gt()),
        ("GT_IDs", clear.mt + clear.pt + clear.ml),
        ("Dets", clear.tp + clear.fp),
        ("IDTP", identity.idtp),
        ("IDFP", identity.idfp),
        ("IDFN", identity.idfn),
    ] {
        assert_count(ours, &reference[name], &format!("{at} {name}"));
    }
    for (name, ours) in [
        ("MOTA", clear.mota()),
        ("MODA", clear.moda()),
        ("MOTP", clear.motp()),
        ("CLR_Re", clear.recall()),
        ("CLR_Pr", clear.precision()),
        ("IDF1", identity.idf1()),
        ("IDP", identity.idp()),
        ("IDR", identity.idr()),
        ("HOTA", hota.hota()),
        ("DetA", hota.det_a()),
        ("DetRe", hota.det_re()),
        ("DetPr", hota.det_pr()),
        ("AssA", hota.ass_a()),
        ("AssRe", hota.ass_re()),
        ("AssPr", hota.ass_pr()),
        ("LocA", hota.loc_a()),
        ("HOTA(0)", hota.hota_alpha()[0]),
        ("LocA(0)", hota.loc_a_alpha()[0]),
    ] {
        assert_percent(ours, &reference[name], &format!("{at} {name}"));
    }
    for a in 0..mvmhat_evaluation::ALPHAS {
        assert_count(hota.tp[a], &reference["HOTA_TP_alpha"][a], &format!("{at} HOTA_TP at threshold {a}"));
        for (name, ours) in [
            ("HOTA_alpha", hota.hota_alpha()[a]),
            ("DetA_alpha", hota.det_a_alpha()[a]),
            ("AssA_alpha", hota.ass_a_alpha()[a]),
        ] {
            let reference = reference[name][a].as_f64().unwrap();
            assert!((ours - reference).abs() < 1e-6, "{at} {name} at threshold {a}: {ours}, not {reference}");
        }
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn trackeval_per_view() {
    let reference = data::load();
    for group in &reference.groups {
        for (camera, sequence) in group.comparison.cameras().zip(group.comparison.sequences()) {
            let key = format!("{}_{camera}", group.name);
            assert_trackeval(
                &clear(sequence, Protocol::TrackEval),
                &identity(sequence, Protocol::TrackEval),
                &hota(sequence),
                &reference.scores["trackeval_single"][&key],
                &key,
            );
        }
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn trackeval_of_all_views_end_to_end() {
    let reference = data::load();
    for group in &reference.groups {
        let sequence = group.comparison.global();
        assert_trackeval(
            &clear(sequence, Protocol::TrackEval),
            &identity(sequence, Protocol::TrackEval),
            &hota(sequence),
            &reference.scores["trackeval_concat"][&group.name],
            &group.name,
        );
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn matlab_clear_and_identity_per_view() {
    let reference = data::load();
    for group in &reference.groups {
        for (camera, sequence) in group.comparison.cameras().zip(group.comparison.sequences()) {
            let key = format!("{}_{camera}", group.name);
            let reference = &reference.scores["matlab_clear_id"][&key];
            let clear = clear(sequence, Protocol::Devkit);
            let identity = identity(sequence, Protocol::Devkit);
            for (name, ours) in [
                ("FP", clear.fp),
                ("FN", clear.fn_),
                ("IDs", clear.idsw),
                ("FM", clear.frag),
                ("MT", clear.mt),
                ("PT", clear.pt),
                ("ML", clear.ml),
                ("GT", clear.mt + clear.pt + clear.ml),
                ("sumc", clear.tp),
                ("sumg", clear.gt()),
                ("Fgt", clear.frames),
                ("IDTP", identity.idtp),
                ("IDFP", identity.idfp),
                ("IDFN", identity.idfn),
                ("numGT", identity.idtp + identity.idfn),
                ("numPRED", identity.idtp + identity.idfp),
            ] {
                assert_count(ours, &reference[name], &format!("{key} {name}"));
            }
            for (name, ours) in [
                ("MOTA", clear.mota()),
                ("MOTAL", clear.motal()),
                ("MOTP", clear.motp()),
                ("Rcll", clear.recall()),
                ("Prcn", clear.precision()),
                ("FAR", clear.far() / 100.0),
                ("sumd", (clear.tp as f64 - clear.similarity) / 100.0),
                ("IDF1", identity.idf1()),
                ("IDP", identity.idp()),
                ("IDR", identity.idr()),
            ] {
                assert_percent(ours, &reference[name], &format!("{key} {name}"));
            }
        }
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn matlab_identity_of_all_views_end_to_end() {
    let reference = data::load();
    for group in &reference.groups {
        let identity = identity(group.comparison.global(), Protocol::Devkit);
        let reference = &reference.scores["matlab_multicam_id"][&group.name];
        assert_percent(identity.idf1(), &reference["IDF1"], &group.name);
        assert_percent(identity.idp(), &reference["IDP"], &group.name);
        assert_percent(identity.idr(), &reference["IDR"], &group.name);
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn mvmhat_protocol() {
    let reference = data::load();
    for group in &reference.groups {
        let score = mvmhat(&group.comparison);
        let reference = &reference.scores["matlab_mha"][&group.name];
        for (name, ours) in [
            ("mme", score.mme),
            ("missed", score.missed),
            ("fp", score.fp),
            ("boxes", score.boxes),
            ("frames", score.frames as i64),
            ("prec_nan_frames", score.frames_without_precision as i64),
            ("rec_nan_frames", score.frames_without_recall as i64),
        ] {
            assert_eq!(Some(ours), reference[name].as_i64(), "{} {name}", group.name);
        }
        for (name, ours) in [
            ("CVIDP", score.cvidp),
            ("CVIDR", score.cvidr),
            ("CVIDF1", score.cvidf1()),
            ("CVMA", score.cvma()),
        ] {
            let reference = reference[name].as_f64().unwrap();
            assert!((ours - reference).abs() < 1e-12, "{} {name}: {ours}, not {reference}", group.name);
        }
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn space_time_matching_accuracy() {
    let reference = data::load();
    for group in &reference.groups {
        for (length, ours) in STMA_LENGTHS.into_iter().zip(stma(&group.comparison, STMA_LENGTHS)) {
            let reference =
                reference.scores["mvmhatpp_stma"][&group.name][format!("STMA_{length}")].as_f64().unwrap();
            assert!((ours - reference).abs() < 1e-6, "{} STMA {length}: {ours}, not {reference}", group.name);
        }
    }
}
