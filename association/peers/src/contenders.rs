//! The trackers, each behind one closure: a frame in, the time of its call and the identities it reports out.

use std::time::{Duration, Instant};

use mvmhat_association::{AssociationConfig, Evidence, build};
use mvmhat_scene::{BBox, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, ViewFrame};
use similari::prelude::{
    BoundingBox, PositionalMetricType, Sort as SimilariSort, SpatioTemporalConstraints, VisualSort,
    VisualSortMetricType, VisualSortObservation, VisualSortOptions,
};
use trackforge::trackers::botsort::{BotSort, BotSortParams};
use trackforge::trackers::byte_track::{ByteTrack, ByteTrackParams};
use trackforge::trackers::deepsort::{
    DeepSortParams, DeepSortTracker, Metric, NearestNeighborDistanceMetric,
};
use trackforge::trackers::ocsort::{OcSort, OcSortParams};
use trackforge::trackers::sort::{Sort, SortParams};
use trackforge::types;

use crate::crowd::{Frame, Person};

/// A tracker at work.
pub(crate) type Tracker = Box<dyn FnMut(&Frame) -> (Duration, Vec<u64>)>;

/// A tracker to be started.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) start: fn() -> anyhow::Result<Tracker>,
}

/// Those that track by motion alone.
pub(crate) const WITHOUT_APPEARANCE: &[Contender] = &[
    Contender { name: "ours", start: ours },
    Contender { name: "trackforge SORT", start: trackforge_sort },
    Contender { name: "trackforge ByteTrack", start: trackforge_byte_track },
    Contender { name: "trackforge OC-SORT", start: trackforge_oc_sort },
    Contender { name: "Similari SORT, IoU", start: similari_iou },
    Contender { name: "Similari SORT, Mahalanobis", start: similari_mahalanobis },
];

/// Those that use appearance as well. Not among them: trackforge's Deep OC-SORT, which compares every detection with 100
/// embeddings of every track, wherever they are, and takes seconds per frame.
pub(crate) const WITH_APPEARANCE: &[Contender] = &[
    Contender { name: "ours", start: ours },
    Contender { name: "trackforge BoT-SORT", start: trackforge_bot_sort },
    Contender { name: "trackforge DeepSORT", start: trackforge_deep_sort },
    Contender { name: "Similari VisualSORT", start: similari_visual },
];

/// Frames for which an object is kept without detection, which is our default.
const MAX_AGE: usize = 30;

fn timed<T>(call: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = call();
    (start.elapsed(), result)
}

fn ours() -> anyhow::Result<Tracker> {
    let mut associator = build(&AssociationConfig::default(), Evidence::default())?;
    let mut t = 0;
    Ok(Box::new(move |frame| {
        let detections: Vec<_> = frame.iter().map(detection).collect();
        let view = ViewFrame { number: FrameNumber(t + 1), content: detections.into() };
        let set = FrameSet { index: FrameIndex(t.into()), seconds: 0.0, views: vec![Some(view)] };
        t += 1;
        let (elapsed, decided) = timed(|| associator.associate(set));
        let views = decided.iter().flat_map(|set| set.present());
        (elapsed, views.flat_map(|(_, view)| &view.content).map(|b| b.person.0.into()).collect())
    }))
}

fn detection(person: &Person) -> Detection {
    let [x, y, w, h] = person.tlwh.map(f64::from);
    let embedding = person.embedding.clone().map(Embedding::normalized);
    Detection { bbox: BBox::new(x, y, w, h), score: person.score, embedding }
}

fn trackforge_sort() -> anyhow::Result<Tracker> {
    let mut params = SortParams::default();
    params.common.max_age = MAX_AGE;
    let mut tracker = Sort::from_params(params);
    Ok(Box::new(move |frame| {
        let input = tuples(frame);
        let (elapsed, tracks) = timed(|| tracker.update(input));
        (elapsed, tracks.iter().map(|t| t.track_id).collect())
    }))
}

fn trackforge_byte_track() -> anyhow::Result<Tracker> {
    let mut tracker = ByteTrack::from_params(ByteTrackParams::default());
    Ok(Box::new(move |frame| {
        let input = tuples(frame);
        let (elapsed, tracks) = timed(|| tracker.update(input));
        (elapsed, tracks.iter().map(|t| t.track_id).collect())
    }))
}

fn trackforge_oc_sort() -> anyhow::Result<Tracker> {
    let mut tracker = OcSort::from_params(OcSortParams::default());
    Ok(Box::new(move |frame| {
        let input = tuples(frame);
        let (elapsed, tracks) = timed(|| tracker.update(input));
        (elapsed, tracks.iter().map(|t| t.track_id).collect())
    }))
}

fn trackforge_bot_sort() -> anyhow::Result<Tracker> {
    let mut tracker = BotSort::from_params(BotSortParams::default());
    Ok(Box::new(move |frame| {
        let (input, embeddings) = (tuples(frame), embeddings(frame));
        let (elapsed, tracks) = timed(|| tracker.update(input, &embeddings));
        (elapsed, tracks.iter().map(|t| t.track_id).collect())
    }))
}

/// As of 0.5.1 the gallery of its metric is never filled, so that embeddings are copied but decide nothing.
fn trackforge_deep_sort() -> anyhow::Result<Tracker> {
    let params = DeepSortParams::default();
    let metric = NearestNeighborDistanceMetric::new(
        Metric::Cosine,
        params.max_cosine_distance,
        Some(params.nn_budget),
    );
    let mut tracker = DeepSortTracker::new(metric, MAX_AGE, params.common.min_hits, params.max_iou_distance);
    Ok(Box::new(move |frame| {
        let boxes = |&Person { tlwh: [x, y, w, h], score, .. }: &Person| {
            (types::BoundingBox::new(x, y, w, h), score, 0)
        };
        let (input, embeddings) = (frame.iter().map(boxes).collect::<Vec<_>>(), embeddings(frame));
        let (elapsed, ()) = timed(|| {
            tracker.predict();
            tracker.update(&input, &embeddings);
        });
        let visible = tracker.tracks.iter().filter(|t| t.is_confirmed() && t.time_since_update == 0);
        (elapsed, visible.map(|t| t.track_id).collect())
    }))
}

fn tuples(frame: &Frame) -> Vec<([f32; 4], f32, i64)> {
    frame.iter().map(|person| (person.tlwh, person.score, 0)).collect()
}

fn embeddings(frame: &Frame) -> Vec<Vec<f32>> {
    frame.iter().filter_map(|person| person.embedding.clone()).collect()
}

fn similari_iou() -> anyhow::Result<Tracker> {
    similari_sort(PositionalMetricType::IoU(0.3))
}

fn similari_mahalanobis() -> anyhow::Result<Tracker> {
    similari_sort(PositionalMetricType::Mahalanobis)
}

fn similari_sort(metric: PositionalMetricType) -> anyhow::Result<Tracker> {
    let mut tracker = SimilariSort::new(1, 1, MAX_AGE, metric, 0.05, Some(constraints()));
    Ok(Box::new(move |frame| {
        let input: Vec<_> = frame.iter().map(|person| (bounding_box(person).as_xyaah(), None)).collect();
        let (elapsed, tracks) = timed(|| tracker.predict(&input));
        (elapsed, tracks.iter().map(|t| t.id).collect())
    }))
}

fn similari_visual() -> anyhow::Result<Tracker> {
    let options = VisualSortOptions::default()
        .max_idle_epochs(MAX_AGE)
        .kept_history_length(1)
        .positional_metric(PositionalMetricType::IoU(0.3))
        .visual_metric(VisualSortMetricType::cosine(0.7))
        .visual_max_observations(3)
        .spatio_temporal_constraints(constraints());
    let mut tracker = VisualSort::new(1, &options);
    Ok(Box::new(move |frame| {
        let input: Vec<_> = frame.iter().map(visual_observation).collect();
        let (elapsed, tracks) = timed(|| tracker.predict(&input));
        (elapsed, tracks.iter().map(|t| t.id).collect())
    }))
}

fn visual_observation(person: &Person) -> VisualSortObservation<'_> {
    VisualSortObservation::new(person.embedding.as_ref(), Some(1.0), bounding_box(person).as_xyaah(), None)
}

fn bounding_box(person: &Person) -> BoundingBox {
    let [x, y, w, h] = person.tlwh;
    BoundingBox::new_with_confidence(x, y, w, h, person.score)
}

/// Spares it comparisons with detections far away, as in its own benches.
fn constraints() -> SpatioTemporalConstraints {
    SpatioTemporalConstraints::default().constraints(&[(1, 1.0)])
}
