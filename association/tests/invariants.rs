//! What holds for any detections.

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_association::{AssociationConfig, ClusteringConfig, Evidence, MvmhatConfig, build};
use mvmhat_scene::{BBox, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, TrackedBox, ViewFrame};
use proptest::prelude::*;

type Detected = FrameSet<Vec<Detection>>;
type Tracked = FrameSet<Vec<TrackedBox>>;

/// Associators and the score below which each ignores detections.
fn associators() -> [(AssociationConfig, f32); 4] {
    let (clustering, mvmhat) = (ClusteringConfig::default(), MvmhatConfig::default());
    let min_scores = [clustering.track_low_thresh as f32, mvmhat.track_low_thresh as f32];
    let later = ClusteringConfig { lag: 4, interpolate: 3, ..clustering.clone() };
    let offline = ClusteringConfig { offline: true, interpolate: 3, ..clustering.clone() };
    [
        (AssociationConfig::Clustering(clustering), min_scores[0]),
        (AssociationConfig::Clustering(later), min_scores[0]),
        (AssociationConfig::Clustering(offline), min_scores[0]),
        (AssociationConfig::Mvmhat(mvmhat), min_scores[1]),
    ]
}

fn associate(config: &AssociationConfig, sets: &[Detected]) -> Vec<Tracked> {
    let mut associator = build(config, Evidence::default()).unwrap();
    let mut tracked: Vec<_> =
        sets.iter().flat_map(|set| associator.associate(set.clone().map(|_, view| view.into()))).collect();
    tracked.extend(associator.finish());
    tracked
}

/// Boxes mostly of a person's size, but also empty, infinite and not numbers at all.
fn bbox() -> impl Strategy<Value = BBox> {
    let size = || prop_oneof![8 => 30.0..120.0, 1 => Just(0.0), 1 => Just(1e-9), 1 => Just(1e9)];
    let odd = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -5.0, 1e200]);
    let usual = (0.0..300.0, 0.0..100.0, size(), size()).prop_map(|(x, y, w, h)| BBox::new(x, y, w, h));
    prop_oneof![12 => usual, 1 => odd.prop_map(|v| BBox::new(v, 0.0, 50.0, v))]
}

/// One of four embeddings, one of another dimension, one without direction, or none.
fn embedding() -> impl Strategy<Value = Option<Embedding>> {
    (0usize..7, -0.2f32..0.2).prop_map(|(who, noise)| match who {
        0..4 => {
            let mut values = vec![noise; 4];
            values[who] = 1.0;
            Some(Embedding::normalized(values))
        }
        4 => Some(Embedding::normalized(vec![1.0, noise])),
        5 => Some(Embedding::normalized(vec![0.0; 4])),
        _ => None,
    })
}

fn detections() -> impl Strategy<Value = Vec<Detection>> {
    let score = prop_oneof![8 => 0.5f32..1.0, 1 => 0.0f32..0.5, 1 => Just(f32::NAN)];
    let detection = (bbox(), score, embedding());
    prop::collection::vec(
        detection.prop_map(|(bbox, score, embedding)| Detection { bbox, score, embedding }),
        0..6,
    )
}

fn sequence() -> impl Strategy<Value = Vec<Detected>> {
    (1usize..4).prop_flat_map(move |cameras| {
        let view = prop::option::weighted(0.9, detections());
        let timesteps = prop::collection::vec(prop::collection::vec(view, cameras), 0..15);
        // Every timestep is repeated three times, so that tracks get confirmed among the chaos.
        timesteps.prop_map(|timesteps| {
            let thrice = timesteps.into_iter().flat_map(|views| [views.clone(), views.clone(), views]);
            thrice.enumerate().map(|(t, views)| frame_set(t, views)).collect()
        })
    })
}

fn frame_set(t: usize, views: Vec<Option<Vec<Detection>>>) -> Detected {
    // One renewal every ten timesteps.
    let number = FrameNumber(3 * t as u32);
    let view = |content: Option<_>| content.map(|content| ViewFrame { number, content });
    FrameSet { index: FrameIndex(t as u64), seconds: t as f64, views: views.into_iter().map(view).collect() }
}

proptest! {
    #[test]
    fn every_timestep_is_emitted_once_with_each_person_at_most_once_per_view(sets in sequence()) {
        for (config, track_low_thresh) in associators() {
        let tracked = associate(&config, &sets);
        prop_assert_eq!(tracked.len(), sets.len());
        for (tracked, set) in tracked.iter().zip(&sets) {
            prop_assert_eq!(tracked.index, set.index);
            prop_assert_eq!(tracked.seconds, set.seconds);
            prop_assert_eq!(tracked.views.len(), set.views.len());
            for (tracked, view) in tracked.views.iter().zip(&set.views) {
                prop_assert_eq!(tracked.as_ref().map(|v| v.number), view.as_ref().map(|v| v.number));
                for boxes in tracked.iter().flat_map(|view| view.content.windows(2)) {
                    prop_assert!(boxes[0].person < boxes[1].person, "sorted, nobody twice: {boxes:?}");
                }
                for tracked in tracked.iter().flat_map(|view| &view.content) {
                    prop_assert!(tracked.bbox.is_valid() && tracked.score >= track_low_thresh && tracked.person.0 > 0);
                }
            }
        }
        }
    }

    #[test]
    fn the_same_detections_give_the_same_identities(sets in sequence()) {
        for (config, _) in associators() {
            prop_assert_eq!(associate(&config, &sets), associate(&config, &sets));
        }
    }

    #[test]
    fn a_camera_that_sees_nobody_changes_nothing(sets in sequence(), blind in any::<bool>()) {
        let mut more = sets.clone();
        for set in &mut more {
            let number = FrameNumber(set.index.0 as u32);
            set.views.push((!blind).then(|| ViewFrame { number, content: Vec::new() }));
        }
        for (config, _) in associators() {
        let mut tracked = associate(&config, &more);
        for set in &mut tracked {
            let last = set.views.pop().flatten();
            prop_assert!(last.is_none_or(|view| view.content.is_empty()));
        }
        prop_assert_eq!(tracked, associate(&config, &sets));
        }
    }

    #[test]
    fn detections_below_the_threshold_change_nothing(sets in sequence(), bbox in bbox()) {
        for (config, track_low_thresh) in associators() {
        let mut more = sets.clone();
        for view in more.iter_mut().flat_map(|set| &mut set.views).flatten() {
            view.content.insert(0, Detection { bbox, score: track_low_thresh - 0.01, embedding: None });
        }
        prop_assert_eq!(associate(&config, &more), associate(&config, &sets));
        }
    }
}
