//! Scores as JSON for other programs: ratios in percent, counts as whole numbers.

use mvmhat_scene::CameraId;
use serde_json::{Map, Value, json};

use crate::metric::{DETECTION, EMBEDDING, GROUND, MVMHAT, Metric, Metrics, PAIRS, POINT, SEQUENCE, Unit};
use crate::{
    Confusion, CrossView, DatasetDetectionScores, DatasetEmbeddingScores, DatasetScores, DetectionScores,
    EmbeddingScores, FoundRatio, HEIGHT_BINS, Histogram, MIN_ABSENCE, OperatingPoint, ReEntries,
    STMA_LENGTHS, Scores, Separation, SequenceScores, VISIBILITY_BINS,
};

impl SequenceScores {
    /// `{"protocol", "frames": {"first", "last"}, "duplicates": {"truth", "tracks"}, "cameras": {name: {"MOTA", ...}},
    /// "overall": {...}, "global": {...}, "cross_view": {"mvmhat": {...}, "pairs": {...}}, "stma": {"5", "10", "30"}, "returns": {"absence", "kept", "total"}}`,
    /// and `"ground_plane"` where it was scored.
    pub fn to_json(&self) -> Value {
        let cameras: Map<_, _> =
            self.cameras.iter().map(|(name, scores)| (name.clone(), object(&SEQUENCE, scores))).collect();
        let mut json = json!({
            "protocol": self.protocol,
            "frames": {"first": self.window.first, "last": self.window.last},
            "duplicates": {"truth": self.duplicates.gt, "tracks": self.duplicates.tracks},
            "cameras": cameras,
        });
        add_together(&mut json, [&self.overall, &self.global], &self.cross_view, self.ground.as_ref());
        json
    }
}

impl DatasetScores {
    /// `{"recordings": {name: as of one sequence}, "overall", "global", "cross_view", "stma", "returns"}`, and `"ground_plane"`
    /// where some sequence has it.
    pub fn to_json(&self) -> Value {
        let sequences: Map<_, _> =
            self.sequences.iter().map(|(name, scores)| (name.clone(), scores.to_json())).collect();
        let mut json = json!({ "recordings": sequences });
        add_together(&mut json, [&self.overall, &self.global], &self.cross_view, self.ground.as_ref());
        json
    }
}

impl DatasetDetectionScores {
    /// `{"parts": {name: scores}, "overall": scores}`, scores being `{"pictures", "people", "AP50", "AP75", "AP", "recall",
    /// "precision", "FP/box", "FPPI", "score", "by_height": [{"from", "to", "found", "all"}], "by_visibility": [...],
    /// "scores": {"0.1": {"recall", "precision", "FP/box", "FPPI", "found", "people", "wrong"}, ...}}`.
    pub fn to_json(&self) -> Value {
        let parts: Map<_, _> =
            self.parts.iter().map(|(name, scores)| (name.clone(), detection(scores))).collect();
        json!({ "parts": parts, "overall": detection(&self.overall) })
    }
}

fn detection(scores: &DetectionScores) -> Value {
    let mut json = object(&DETECTION, scores);
    json["score"] = scores.point.score.into();
    json["by_height"] = bins(&HEIGHT_BINS, &scores.point.by_height);
    json["by_visibility"] = bins(&VISIBILITY_BINS, &scores.point.by_visibility);
    let point = |point: &OperatingPoint| (format!("{:.1}", point.score), object(&POINT, point));
    json["scores"] = scores.points.iter().map(point).collect::<Map<_, _>>().into();
    json
}

/// Bins of people; the last may have no upper end.
fn bins(ends: &[f64], ratios: &[FoundRatio]) -> Value {
    let mut from = 0.0;
    let bin = |(end, ratio): (&f64, &FoundRatio)| {
        let lower = std::mem::replace(&mut from, *end);
        json!({"from": lower, "to": end.is_finite().then_some(*end), "found": ratio.found, "all": ratio.all})
    };
    ends.iter().zip(ratios).map(bin).collect()
}

impl EmbeddingScores {
    /// `{"people", "crops", "overall": {"Hungarian", "rank1", ...}, "pairs": [{"cameras": [a, b], "Hungarian", ...}],
    /// "histogram": {"first", "width", "same": [...], "different": [...]}, "confusions": [{"person", "taken_for",
    /// "queries", "of"}]}`. `name` says what a camera is called.
    pub fn to_json(&self, name: impl Fn(CameraId) -> String) -> Value {
        let pairs = self.pairs.iter().map(|(cameras, counts)| {
            let mut pair = json!({ "cameras": cameras.map(&name) });
            if let (Value::Object(pair), Value::Object(scores)) = (&mut pair, object(&EMBEDDING, counts)) {
                pair.extend(scores);
            }
            pair
        });
        let confusions = self.confusions.iter().map(|confusion| {
            let Confusion { person, taken_for, queries, of } = confusion;
            json!({"person": person, "taken_for": taken_for, "queries": queries, "of": of})
        });
        json!({
            "people": self.people,
            "crops": self.crops,
            "overall": object(&EMBEDDING, &self.overall),
            "pairs": pairs.collect::<Vec<_>>(),
            "histogram": histogram(&self.overall.separation),
            "confusions": confusions.collect::<Vec<_>>(),
        })
    }
}

impl DatasetEmbeddingScores {
    /// `{"recordings": {name: what is given of it}, "overall", "histogram"}`, the latter as of one sequence.
    pub fn to_json(&self, sequences: Vec<(String, Value)>) -> Value {
        json!({
            "recordings": sequences.into_iter().collect::<Map<_, _>>(),
            "overall": object(&EMBEDDING, &self.overall),
            "histogram": histogram(&self.overall.separation),
        })
    }
}

fn histogram(separation: &Separation) -> Value {
    let Histogram { same, different } = separation.histogram();
    json!({"first": -1.0, "width": 2.0 / same.len() as f64, "same": same, "different": different})
}

fn add_together(
    json: &mut Value,
    [overall, global]: [&Scores; 2],
    views: &CrossView,
    ground: Option<&Scores>,
) {
    json["overall"] = object(&SEQUENCE, overall);
    json["global"] = object(&SEQUENCE, global);
    json["cross_view"] = json!({"mvmhat": object(&MVMHAT, views), "pairs": object(&PAIRS, views)});
    let stma = STMA_LENGTHS.iter().zip(views.stma);
    json["stma"] =
        stma.map(|(length, value)| (length.to_string(), json!(100.0 * value))).collect::<Map<_, _>>().into();
    let ReEntries { kept, total } = views.re_entries;
    json["returns"] = json!({"absence": MIN_ABSENCE, "kept": kept, "total": total});
    if let Some(ground) = ground {
        json["ground_plane"] = object(&GROUND, ground);
    }
}

fn object<T>(metrics: &Metrics<T>, scores: &T) -> Value {
    let value = |metric: &Metric<T>| match metric.unit {
        Unit::Percent => json!(100.0 * (metric.value)(scores)),
        Unit::Count => json!((metric.value)(scores) as i64),
        Unit::Number => json!((metric.value)(scores)),
    };
    metrics
        .shown
        .iter()
        .chain(metrics.more)
        .map(|metric| (metric.key.to_owned(), value(metric)))
        .collect::<Map<_, _>>()
        .into()
}
