//! The metrics by name: what tables show and JSON holds, defined once.

use crate::{CrossView, DetectionScores, EmbeddingCounts, OperatingPoint, Scores, modp};

/// How a value is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A ratio, shown times 100.
    Percent,
    /// An integer.
    Count,
    /// Any other number.
    Number,
}

/// One metric of `T`.
#[derive(Debug)]
pub(crate) struct Metric<T> {
    /// Its key in JSON.
    pub(crate) key: &'static str,
    /// The heading of its column in tables.
    pub(crate) heading: &'static str,
    pub(crate) unit: Unit,
    pub(crate) value: fn(&T) -> f64,
}

/// A metric under another heading than its key.
const fn headed<T>(heading: &'static str, metric: &Metric<T>) -> Metric<T> {
    Metric { key: metric.key, heading, unit: metric.unit, value: metric.value }
}

const fn percent<T>(key: &'static str, value: fn(&T) -> f64) -> Metric<T> {
    Metric { key, heading: key, unit: Unit::Percent, value }
}

const fn count<T>(key: &'static str, value: fn(&T) -> f64) -> Metric<T> {
    Metric { key, heading: key, unit: Unit::Count, value }
}

const fn number<T>(key: &'static str, value: fn(&T) -> f64) -> Metric<T> {
    Metric { key, heading: key, unit: Unit::Number, value }
}

/// The metrics of `T`.
#[derive(Debug)]
pub(crate) struct Metrics<T: 'static> {
    /// Those that tables show.
    pub(crate) shown: &'static [Metric<T>],
    /// Those that are in JSON only.
    pub(crate) more: &'static [Metric<T>],
}

/// Of a sequence in images.
pub(crate) const SEQUENCE: Metrics<Scores> = Metrics {
    shown: &[
        percent("MOTA", |s| s.clear.mota()),
        percent("MOTP", |s| s.clear.motp()),
        percent("IDF1", |s| s.identity.idf1()),
        percent("IDP", |s| s.identity.idp()),
        percent("IDR", |s| s.identity.idr()),
        percent("HOTA", |s| s.hota.hota()),
        percent("DetA", |s| s.hota.det_a()),
        percent("AssA", |s| s.hota.ass_a()),
        percent("LocA", |s| s.hota.loc_a()),
        count("FP", |s| s.clear.fp as f64),
        count("FN", |s| s.clear.fn_ as f64),
        count("IDSW", |s| s.clear.idsw as f64),
        count("MT", |s| s.clear.mt as f64),
        count("PT", |s| s.clear.pt as f64),
        count("ML", |s| s.clear.ml as f64),
        count("Frag", |s| s.clear.frag as f64),
    ],
    more: &[
        percent("MODA", |s| s.clear.moda()),
        percent("Recall", |s| s.clear.recall()),
        percent("Precision", |s| s.clear.precision()),
        percent("DetRe", |s| s.hota.det_re()),
        percent("DetPr", |s| s.hota.det_pr()),
        percent("AssRe", |s| s.hota.ass_re()),
        percent("AssPr", |s| s.hota.ass_pr()),
        count("TP", |s| s.clear.tp as f64),
        count("IDTP", |s| s.identity.idtp as f64),
        count("IDFP", |s| s.identity.idfp as f64),
        count("IDFN", |s| s.identity.idfn as f64),
    ],
};

/// Of a sequence on the ground plane.
pub(crate) const GROUND: Metrics<Scores> = Metrics {
    shown: &[
        percent("MODA", |s| s.clear.moda()),
        percent("MODP", |s| modp(&s.clear)),
        percent("MOTA", |s| s.clear.mota()),
        percent("IDF1", |s| s.identity.idf1()),
        percent("IDP", |s| s.identity.idp()),
        percent("IDR", |s| s.identity.idr()),
        percent("Recall", |s| s.clear.recall()),
        percent("Precision", |s| s.clear.precision()),
        count("FP", |s| s.clear.fp as f64),
        count("FN", |s| s.clear.fn_ as f64),
        count("IDSW", |s| s.clear.idsw as f64),
    ],
    more: &[],
};

/// Of the MvMHAT protocol.
pub(crate) const MVMHAT: Metrics<CrossView> = Metrics {
    shown: &[
        percent("CVIDP", |s| s.mvmhat.cvidp),
        percent("CVIDR", |s| s.mvmhat.cvidr),
        percent("CVIDF1", |s| s.mvmhat.cvidf1()),
        percent("CVMA", |s| s.mvmhat.cvma()),
    ],
    more: &[
        count("mme", |s| s.mvmhat.mme as f64),
        count("missed", |s| s.mvmhat.missed as f64),
        count("fp", |s| s.mvmhat.fp as f64),
        count("boxes", |s| s.mvmhat.boxes as f64),
    ],
};

/// Of one-to-one pairs.
pub(crate) const PAIRS: Metrics<CrossView> = Metrics {
    shown: &[
        percent("P", |s| s.pairs.precision()),
        percent("R", |s| s.pairs.recall()),
        percent("F1", |s| s.pairs.f1()),
    ],
    more: &[
        count("correct", |s| s.pairs.correct as f64),
        count("tracked", |s| s.pairs.tracked as f64),
        count("truth", |s| s.pairs.gt as f64),
    ],
};

/// Of an embedding.
pub(crate) const EMBEDDING: Metrics<EmbeddingCounts> = Metrics {
    shown: &[
        headed("matching", &percent("Hungarian", |s| s.cross_view.accuracy())),
        count("people", |s| s.cross_view.people as f64),
        percent("rank1", |s| s.retrieval.rank1()),
        percent("mAP", |s| s.retrieval.mean_average_precision()),
        count("queries", |s| s.retrieval.queries as f64),
        percent("AUC", |s| s.separation.auc()),
        percent("EER", |s| s.separation.equal_error().0),
        number("dprime", |s| s.separation.d_prime()),
    ],
    more: &[
        number("threshold", |s| s.separation.equal_error().1),
        count("same_pairs", |s| s.separation.pairs().0 as f64),
        number("same_mean", |s| s.separation.means().0),
        number("same_deviation", |s| s.separation.deviations().0),
        count("different_pairs", |s| s.separation.pairs().1 as f64),
        number("different_mean", |s| s.separation.means().1),
        number("different_deviation", |s| s.separation.deviations().1),
    ],
};

/// Of detections.
pub(crate) const DETECTION: Metrics<DetectionScores> = Metrics {
    shown: &[
        headed("images", &count("pictures", |s| s.images as f64)),
        count("people", |s| s.people as f64),
        percent("AP50", DetectionScores::ap50),
        percent("AP75", DetectionScores::ap75),
        percent("AP", DetectionScores::ap),
        percent("recall", |s| s.point.recall.ratio()),
        percent("precision", |s| s.point.precision()),
        headed("FP/GT", &number("FP/box", |s| s.point.false_positives_per_gt_box())),
        number("FPPI", |s| s.point.false_positives_per_image()),
    ],
    more: &[],
};

/// Of detections at one score threshold.
pub(crate) const POINT: Metrics<OperatingPoint> = Metrics {
    shown: &[
        percent("recall", |s| s.recall.ratio()),
        percent("precision", OperatingPoint::precision),
        headed("FP/GT", &number("FP/box", OperatingPoint::false_positives_per_gt_box)),
        number("FPPI", OperatingPoint::false_positives_per_image),
    ],
    more: &[
        count("found", |s| s.recall.found as f64),
        count("people", |s| s.recall.all as f64),
        count("wrong", |s| s.false_positives as f64),
    ],
};
