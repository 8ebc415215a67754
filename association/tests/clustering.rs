//! What the clustering associator promises, on synthetic people.

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

#[path = "support/crowd.rs"]
mod crowd;

use std::collections::BTreeMap;

use crowd::Crowd;
use mvmhat_association::{AssignmentSource, Associator, Clustering, ClusteringConfig, Evidence, GroundPlane};
use mvmhat_scene::{
    BBox, Calibration, Camera, CameraId, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, Rotation,
    Sequence, Source, TrackedBox, ViewDetections, ViewFrame,
};
use proptest::prelude::*;

type Tracked = FrameSet<Vec<TrackedBox>>;

const RED: [f32; 3] = [1.0, 0.0, 0.0];
const BLUE: [f32; 3] = [0.0, 1.0, 0.0];
const GREEN: [f32; 3] = [0.0, 0.0, 1.0];

fn associate<S: Into<ViewDetections>>(sets: impl IntoIterator<Item = FrameSet<S>>) -> Vec<Tracked> {
    associate_with(ClusteringConfig::default(), Evidence::default(), sets)
}

fn associate_with<S: Into<ViewDetections>>(
    config: ClusteringConfig,
    evidence: Evidence,
    sets: impl IntoIterator<Item = FrameSet<S>>,
) -> Vec<Tracked> {
    let at_once = !config.offline && config.lag == 0;
    let mut associator = Clustering::new(config, evidence).unwrap();
    let mut tracked: Vec<_> =
        sets.into_iter().flat_map(|set| associator.associate(set.map(|_, view| view.into()))).collect();
    let rest = associator.finish();
    assert!(rest.is_empty() || !at_once, "every timestep is decided at once");
    tracked.extend(rest);
    tracked
}

/// Cameras of these numbers, each at another height over the ground, looking 45 degrees down.
fn ground_plane(numbers: &[usize]) -> Option<GroundPlane> {
    let mut yaml = "units: metres\nground_plane: [0, 0, 1, 0]\ncameras:\n".to_owned();
    let half = 0.5f64.sqrt();
    for number in 0..4 {
        let depth = (4.0 + f64::from(number)) * half;
        yaml += &format!(
            "  cam{number}:\n    image_size: [1920, 1080]\n    K: [[1000, 0, 960], [0, 1000, 540], [0, 0, 1]]\n    \
             dist: [0, 0, 0, 0, 0]\n    R: [[1, 0, 0], [0, {0}, {0}], [0, {half}, {0}]]\n    t: [0, {depth}, {depth}]\n",
            -half
        );
    }
    let camera = |(index, number): (usize, &usize)| Camera {
        id: CameraId(index as u16),
        name: format!("cam{number}"),
        source: Source::Detections,
        fps: None,
        start: 0.0,
        rotation: Rotation::default(),
        detections: None,
        ground_truth: None,
    };
    GroundPlane::from_sequence(&Sequence {
        name: "crowd".into(),
        root: "crowd".into(),
        cameras: numbers.iter().enumerate().map(camera).collect(),
        calibration: Some(Calibration::parse(yaml.as_bytes()).unwrap()),
    })
}

fn detection(x: f64, score: f32, embedding: Option<[f32; 3]>) -> Detection {
    let embedding = embedding.map(|values| Embedding::normalized(values.to_vec()));
    Detection { bbox: BBox::new(x, 50.0, 50.0, 100.0), score, embedding }
}

/// The identities each camera reports at each timestep, in the order of the boxes from left to right.
fn people<const C: usize>(timesteps: impl IntoIterator<Item = [Vec<Detection>; C]>) -> Vec<[Vec<u32>; C]> {
    people_with(ClusteringConfig::default(), timesteps)
}

fn people_with<const C: usize>(
    config: ClusteringConfig,
    timesteps: impl IntoIterator<Item = [Vec<Detection>; C]>,
) -> Vec<[Vec<u32>; C]> {
    let sets = timesteps.into_iter().enumerate().map(|(t, views)| FrameSet {
        index: FrameIndex(t as u64),
        seconds: t as f64 / 25.0,
        views: views.map(|content| Some(ViewFrame { number: FrameNumber(t as u32 + 1), content })).into(),
    });
    let from_left = |view: Option<ViewFrame<Vec<TrackedBox>>>| {
        let mut boxes = view.unwrap().content;
        boxes.sort_by(|a, b| a.bbox.x.total_cmp(&b.bbox.x));
        boxes.into_iter().map(|b| b.person.0).collect::<Vec<u32>>()
    };
    let tracked = associate_with(config, Evidence::default(), sets).into_iter();
    tracked.map(|set| set.views.into_iter().map(from_left).collect::<Vec<_>>().try_into().unwrap()).collect()
}

#[test]
fn at_the_first_timestep_all_views_share_identities() {
    let first = || vec![detection(100.0, 0.9, Some(RED)), detection(300.0, 0.9, Some(BLUE))];
    let second = || vec![detection(100.0, 0.9, Some(BLUE)), detection(300.0, 0.9, Some(GREEN))];
    let [a, b] = people([[first(), second()]]).remove(0);
    assert_eq!((a.len(), b.len()), (2, 2));
    assert_eq!(a[1], b[0], "blue");
    assert!(!a.contains(&b[1]) && a[0] != a[1], "nobody else is shared: {a:?} {b:?}");
}

#[test]
fn a_person_of_lower_score_is_reported_from_the_second_detection_on() {
    let reported = people((0..4).map(|_| [vec![detection(100.0, 0.6, Some(RED))]]));
    assert_eq!(reported, [[vec![]], [vec![1]], [vec![1]], [vec![1]]]);
    let reported = people((0..9).map(|_| [vec![detection(100.0, 0.4, Some(RED))]]));
    assert!(reported.iter().all(|[people]| people.is_empty()), "too low a score to start with");
}

#[test]
fn a_detection_of_low_score_continues_a_tracklet() {
    let score = |t| if t < 3 { 0.9 } else { 0.3 };
    let reported = people((0..9).map(|t| [vec![detection(100.0, score(t), Some(RED))]]));
    assert!(reported.iter().all(|[people]| people == &[1]), "{reported:?}");
}

#[test]
fn a_missed_person_is_predicted_once_and_found_again() {
    let visible =
        |t: usize| if (5..15).contains(&t) { vec![] } else { vec![detection(100.0, 0.9, Some(RED))] };
    let reported = people((0..20).map(|t| [visible(t)]));
    assert_eq!(reported[5], [vec![1]], "predicted");
    assert!(reported[6..15].iter().all(|[people]| people.is_empty()), "only remembered");
    assert!(reported[15..].iter().all(|[people]| people == &[1]), "found again");
}

#[test]
fn a_person_who_left_all_views_is_re_identified() {
    // 300 timesteps later, in the other view first, beside somebody who stayed.
    let stays = |x| detection(x, 0.9, Some(BLUE));
    let both = |x| vec![detection(x, 0.9, Some(RED)), stays(500.0)];
    let reported = people((0..400).map(|t| match t {
        0..50 => [both(100.0), both(200.0)],
        50..350 => [vec![stays(500.0)], vec![stays(500.0)]],
        _ => [vec![stays(500.0)], both(300.0)],
    }));
    assert_eq!(reported[399][1], reported[0][0]);
}

#[test]
fn a_forgotten_person_is_still_reported_where_they_were_detected() {
    let stays = || detection(500.0, 0.9, Some(BLUE));
    let timesteps = || {
        (0..150)
            .map(|t| [if t < 20 { vec![detection(100.0, 0.9, Some(RED)), stays()] } else { vec![stays()] }])
    };
    for short in [
        ClusteringConfig { gallery_age: 10, ..Default::default() },
        ClusteringConfig { gallery_size: 0, ..Default::default() },
    ] {
        let reported = people_with(ClusteringConfig { lag: 100, ..short }, timesteps());
        assert_eq!(reported.len(), 150);
        for [people] in &reported[..20] {
            assert_eq!(people.len(), 2, "{reported:?}");
        }
    }
}

#[test]
fn two_identities_are_merged_when_evidence_comes() {
    // In the second view, a little later, the person has no embedding at first.
    let second = |t: u32| {
        let embedding = (t >= 10).then_some(RED);
        if t < 5 { vec![] } else { vec![detection(700.0, 0.9, embedding)] }
    };
    let reported = people((0..30).map(|t| [vec![detection(100.0, 0.9, Some(RED))], second(t)]));
    assert_ne!(reported[9][0], reported[9][1]);
    assert_eq!(reported[29][0], reported[29][1]);
    assert_eq!(reported[29][0], reported[0][0], "the one with more detections stays");
}

#[test]
fn a_wrong_identity_is_split_when_evidence_comes() {
    // At first the person of the second view has the appearance of the first; then not.
    let color = |t| if t < 3 { RED } else { BLUE };
    let reported = people(
        (0..40)
            .map(|t| [vec![detection(100.0, 0.9, Some(RED))], vec![detection(700.0, 0.9, Some(color(t)))]]),
    );
    assert_eq!(reported[0][0], reported[0][1]);
    assert_ne!(reported[39][0], reported[39][1]);
    assert_eq!(reported[39][0], reported[0][0]);
}

#[test]
fn the_appearance_of_an_occluder_is_not_learned() {
    // Red is occluded by blue for so long that it would be learned as blue, and appears again where it was.
    let occluded = |t: usize| (20..200).contains(&t);
    let red = |t| if occluded(t) { BLUE } else { RED };
    let blue = |t| BBox::new(if occluded(t) { 105.0 } else { 300.0 }, 60.0, 50.0, 100.0);
    let reported = people((0..230).map(|t| {
        let front = Detection { bbox: blue(t), ..detection(0.0, 0.9, Some(BLUE)) };
        [vec![detection(100.0, 0.9, Some(red(t))), front]]
    }));
    assert_eq!(reported[229], reported[0]);
}

#[test]
fn people_without_embeddings_are_tracked_and_not_matched_across_views() {
    let walk = |t: u32| {
        vec![
            detection(100.0 + 3.0 * f64::from(t), 0.9, None),
            detection(900.0 - 3.0 * f64::from(t), 0.9, None),
        ]
    };
    let reported = people((0..60).map(|t| [walk(t), walk(t)]));
    let mut everybody = reported[59].concat();
    assert_eq!(reported[59], reported[0]);
    everybody.sort_unstable();
    assert_eq!(everybody, [1, 2, 3, 4]);
}

/// The identity of each detection, by timestep, camera and position; renumbered in the order of their first occurrence.
fn identities(tracked: &[Tracked], camera_of: &[usize]) -> Vec<Vec<Vec<usize>>> {
    let mut names = BTreeMap::new();
    let mut timesteps = Vec::new();
    for set in tracked {
        let mut views = Vec::new();
        for &camera in camera_of {
            let mut boxes = set.views[camera].as_ref().unwrap().content.clone();
            boxes.sort_by(|a, b| (a.bbox.x, a.bbox.y).partial_cmp(&(b.bbox.x, b.bbox.y)).unwrap());
            let renamed = boxes.iter().map(|b| {
                let next = names.len();
                *names.entry(b.person).or_insert(next)
            });
            views.push(renamed.collect());
        }
        timesteps.push(views);
    }
    timesteps
}

fn crowd(timesteps: u64) -> Vec<FrameSet<ViewDetections>> {
    let crowd = Crowd { cameras: 4, people: 7, dimension: 64 };
    (0..timesteps).map(|t| crowd.frame_set(t)).collect()
}

#[test]
fn a_crowd_is_tracked_from_the_first_timestep_on() {
    let tracked = associate(crowd(300));
    for view in tracked.iter().flat_map(|set| &set.views) {
        let people: Vec<_> = view.as_ref().unwrap().content.iter().map(|b| b.person.0).collect();
        assert_eq!(people, [1, 2, 3, 4, 5, 6, 7], "everybody in every view, and nobody else");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_order_of_cameras_and_detections_does_not_matter(
        cameras in Just(vec![0usize, 1, 2, 3]).prop_shuffle(),
        detections in Just((0usize..7).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let sets = crowd(60);
        let shuffled = sets.iter().map(|set| {
            let view = |camera: &usize| set.views[*camera].clone().map(|view| ViewFrame {
                number: view.number,
                content: detections.iter().map(|&i| view.content.detections[i].clone()).collect::<Vec<_>>().into(),
            });
            FrameSet { views: cameras.iter().map(view).collect(), ..set.clone() }
        });
        let shuffled: Vec<_> = shuffled.collect();
        let index = |camera: usize| cameras.iter().position(|&c| c == camera).unwrap();
        let indices: Vec<_> = (0..4).map(index).collect();
        let evidence = |calibrated: bool, numbers: &[usize]| Evidence {
            ground_plane: calibrated.then(|| ground_plane(numbers).unwrap()),
            assignment_model: None,
        };
        let softmax = ClusteringConfig { assignment: AssignmentSource::Softmax, ..ClusteringConfig::default() };
        let offline = ClusteringConfig { offline: true, ..softmax.clone() };
        for (config, calibrated) in [(ClusteringConfig::default(), false), (softmax, true), (offline, true)] {
            let in_order = associate_with(config.clone(), evidence(calibrated, &[0, 1, 2, 3]), sets.clone());
            let otherwise = associate_with(config, evidence(calibrated, &cameras), shuffled.clone());
            prop_assert_eq!(identities(&otherwise, &indices), identities(&in_order, &[0, 1, 2, 3]));
        }
    }
}
