//! The scores of the associators on the benchmark: `mvmhat` reproduces those of the published code on the same
//! detections, `clustering` is far better.
//!
//! Detections: real boxes and identities of the MvMHAT test set with simulated embeddings (`bench/sim60` of the reference
//! data). Expected: the published Python on them, scored by TrackEval and the authors' definitions (`bench/README.md`
//! there).

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

#[path = "support/case.rs"]
mod case;
#[path = "support/sequences.rs"]
mod sequences;

use case::Case;
use mvmhat_association::{AssociationConfig, ClusteringConfig, MvmhatConfig};
use mvmhat_evaluation::{CameraSequence, Clear, Comparison, Hota, Identity, Protocol};
use mvmhat_reference::shared;

/// Points (percent) by which a score may differ.
const TOLERANCE: f64 = 0.5;

const COLUMNS: [&str; 8] = ["MOTA", "IDF1", "HOTA", "gIDF1", "gHOTA", "CVIDF1", "CVMA", "STMA10"];

const PUBLISHED: [(&str, [f64; 8]); 3] = [
    ("1", [97.08, 84.09, 79.74, 51.69, 57.18, 38.78, 44.45, 62.63]),
    ("8", [97.11, 91.28, 86.81, 80.94, 79.76, 72.21, 74.36, 87.86]),
    ("12", [92.77, 75.33, 72.57, 52.17, 53.92, 33.37, 31.44, 58.50]),
];

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn the_published_scores_are_reproduced() {
    let config = AssociationConfig::Mvmhat(MvmhatConfig::default());
    for (group, published) in PUBLISHED {
        let scores = scores(&compare(group, &config));
        for ((column, score), expected) in COLUMNS.iter().zip(scores).zip(published) {
            assert!(
                (score - expected).abs() <= TOLERANCE,
                "{group}: {column} {score:.2}, published {expected:.2}"
            );
        }
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn clustering_keeps_identities_in_all_views() {
    let config = AssociationConfig::Clustering(ClusteringConfig::default());
    for (group, published) in PUBLISHED {
        let scores = scores(&compare(group, &config));
        let [idf1, global_idf1] = [scores[1], scores[3]];
        assert!(idf1 > published[1] && global_idf1 > published[3] + 10.0, "{group}: {scores:?}");
        assert!(global_idf1 >= 85.0, "{group}: {scores:?}");
    }
}

fn compare(group: &str, config: &AssociationConfig) -> Comparison {
    let case = Case::open(&shared("bench/sim60").join(group), &shared("mvmhat")).unwrap();
    let (tracked, _) = case.track(config).unwrap();
    case.compare(&tracked).unwrap()
}

fn scores(comparison: &Comparison) -> [f64; 8] {
    let (mut clear, mut identity, mut hota) = (Clear::default(), Identity::default(), Hota::default());
    for sequence in comparison.sequences() {
        let (c, i, h) = metrics(sequence);
        clear += &c;
        identity += &i;
        hota += &h;
    }
    let (_, global_identity, global_hota) = metrics(comparison.global());
    let across = mvmhat_evaluation::mvmhat(comparison);
    let [stma] = mvmhat_evaluation::stma(comparison, [10]);
    let scores = [
        clear.mota(),
        identity.idf1(),
        hota.hota(),
        global_identity.idf1(),
        global_hota.hota(),
        across.cvidf1(),
        across.cvma(),
        stma,
    ];
    scores.map(|score| 100.0 * score)
}

fn metrics(sequence: CameraSequence<'_>) -> (Clear, Identity, Hota) {
    let protocol = Protocol::TrackEval;
    (
        mvmhat_evaluation::clear(sequence, protocol),
        mvmhat_evaluation::identity(sequence, protocol),
        mvmhat_evaluation::hota(sequence),
    )
}
