//! Scores as JSON for other programs: ratios in percent, counts as whole numbers.

use mvmhat_scene::CameraId;
use serde_json::{Map, Value, json};

use crate::metric::{DETECTION, EMBEDDING, GROUND, MVMHAT, Metric, Metrics, PAIRS, POINT, SEQUENCE, Unit};
use crate::{
    ABSENCE, Confusion, CrossView, DatasetDetectionScores, DatasetEmbeddingScores, DatasetScores,
    DetectionScores, EmbeddingScores, HEIGHTS, Histogram, OperatingPoint, Returns, STMA_LENGTHS, Scores,
    Separation, SequenceScores, Share, VISIBILITIES,
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
            "duplicates": {"truth": self.duplicates.truth, "tracks": self.duplicates.tracks},
            "cameras": cameras,
        });
        add_together(&mut json, [&self.overall, &self.global], &self.cross_view, self.ground.as_ref());
        json
    }
}

impl DatasetScores {
    /// `{"recordings": {name: as of one recording}, "overall", "global", "cross_view", "stma", "returns"}`, and `"ground_plane"`
    /// where some recording has it.
    pub fn to_json(&self) -> Value {
        let recordings: Map<_, _> =
            self.recordings.iter().map(|(name, scores)| (name.clone(), scores.to_json())).collect();
        let mut json = json!({ "recordings": recordings });
        add_together(&mut json, [&self.overall, &self.global], &self.cross_view, self.ground.as_ref());
        json
    }
}

impl DatasetDetectionScores {
    /// `{"parts": {name: scores}, "overall": scores}`, scores being `{"images", "people", "AP50", "AP75", "AP", "recall",
    /// "precision", "FP/box", "score", "by_height": [{"from", "to", "found", "all"}], "by_visibility": [...],
    /// "scores": {"0.1": {"recall", "precision", "FP/box", "found", "people", "wrong"}, ...}}`.
    pub fn to_json(&self) -> Value {
        let parts: Map<_, _> =
            self.parts.iter().map(|(name, scores)| (name.clone(), detection(scores))).collect();
        json!({ "parts": parts, "overall": detection(&self.overall) })
    }
}

fn detection(scores: &DetectionScores) -> Value {
    let mut json = object(&DETECTION, scores);
    json["score"] = scores.point.score.into();
    json["by_height"] = classes(&HEIGHTS, &scores.point.by_height);
    json["by_visibility"] = classes(&VISIBILITIES, &scores.point.by_visibility);
    let at = |point: &OperatingPoint| (format!("{:.1}", point.score), object(&POINT, point));
    json["scores"] = scores.points.iter().map(at).collect::<Map<_, _>>().into();
    json
}

/// Classes of people; the last may have no upper end.
fn classes(ends: &[f64], shares: &[Share]) -> Value {
    let mut from = 0.0;
    let class = |(end, share): (&f64, &Share)| {
        let lower = std::mem::replace(&mut from, *end);
        json!({"from": lower, "to": end.is_finite().then_some(*end), "found": share.found, "all": share.all})
    };
    ends.iter().zip(shares).map(class).collect()
}

impl EmbeddingScores {
    /// `{"people", "crops", "overall": {"Hungarian", "rank1", ...}, "pairs": [{"cameras": [a, b], "Hungarian", ...}],
    /// "histogram": {"first", "width", "same": [...], "different": [...]}, "confusions": [{"person", "taken_for",
    /// "queries", "of"}]}`. `name` says what a camera is called.
    pub fn to_json(&self, name: impl Fn(CameraId) -> String) -> Value {
        let pairs = self.pairs.iter().map(|(cameras, tally)| {
            let mut pair = json!({ "cameras": cameras.map(&name) });
            if let (Value::Object(pair), Value::Object(scores)) = (&mut pair, object(&EMBEDDING, tally)) {
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
    /// `{"recordings": {name: what is given of it}, "overall", "histogram"}`, the latter as of one recording.
    pub fn to_json(&self, recordings: Vec<(String, Value)>) -> Value {
        json!({
            "recordings": recordings.into_iter().collect::<Map<_, _>>(),
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
    let Returns { kept, total } = views.returns;
    json["returns"] = json!({"absence": ABSENCE, "kept": kept, "total": total});
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
        .map(|metric| (metric.name.to_owned(), value(metric)))
        .collect::<Map<_, _>>()
        .into()
}
