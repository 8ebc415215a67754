//! The life of an identity in the MvMHAT baseline, stage by stage, on sequences of a few boxes.

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_association::{Associator, MvmhatBaseline, MvmhatConfig};
use mvmhat_scene::{BBox, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, ViewFrame};

const RED: [f32; 2] = [1.0, 0.0];
const BLUE: [f32; 2] = [0.0, 1.0];

fn detection(x: f64, embedding: [f32; 2]) -> Detection {
    Detection { embedding: Some(Embedding::normalized(embedding.to_vec())), ..without_embedding(x) }
}

fn without_embedding(x: f64) -> Detection {
    Detection { bbox: BBox::new(x, 50.0, 50.0, 100.0), score: 0.9, embedding: None }
}

/// The identities each camera reports at each timestep; `None` where it has no frame.
type Reported = Vec<Vec<Option<Vec<u32>>>>;

/// Associates `timesteps` of what each camera detects at the timestep, numbered from 1.
fn run<const C: usize>(
    config: MvmhatConfig,
    timesteps: impl IntoIterator<Item = [Option<Vec<Detection>>; C]>,
) -> Reported {
    let mut associator = MvmhatBaseline::new(config).unwrap();
    let sets = timesteps.into_iter().enumerate().map(|(t, views)| FrameSet {
        index: FrameIndex(t as u64),
        seconds: t as f64 / 25.0,
        views: views
            .map(|content| content.map(|content| ViewFrame { number: FrameNumber(t as u32 + 1), content }))
            .into(),
    });
    let tracked: Vec<_> = sets.flat_map(|set| associator.associate(set.map(|_, view| view.into()))).collect();
    assert!(associator.finish().is_empty(), "every timestep is decided at once");
    let people = |view: Option<ViewFrame<Vec<mvmhat_scene::TrackedBox>>>| {
        view.map(|view| view.content.into_iter().map(|b| b.person.0).collect())
    };
    tracked.into_iter().map(|set| set.views.into_iter().map(people).collect()).collect()
}

fn without_renewal() -> MvmhatConfig {
    MvmhatConfig { renew_every: 0, ..MvmhatConfig::default() }
}

/// What a single camera reports.
fn one_camera(timesteps: impl IntoIterator<Item = Vec<Detection>>) -> Vec<Vec<u32>> {
    let reported = run(without_renewal(), timesteps.into_iter().map(|detections| [Some(detections)]));
    reported.into_iter().map(|mut views| views.remove(0).unwrap()).collect()
}

#[test]
fn a_person_is_reported_from_the_third_detection_on() {
    let reported = one_camera((0..4).map(|t| vec![detection(100.0 + f64::from(t), RED)]));
    assert_eq!(reported, [vec![], vec![], vec![1], vec![1]]);
}

#[test]
fn a_single_miss_ends_a_tentative_identity() {
    let visible = || vec![detection(100.0, RED)];
    let reported = one_camera([visible(), visible(), vec![], visible(), visible(), visible()]);
    assert_eq!(reported, [vec![], vec![], vec![], vec![], vec![], vec![2]]);
}

#[test]
fn a_lost_person_is_predicted_once_and_re_identified_by_appearance() {
    let visible = |t: usize| if (5..15).contains(&t) { vec![] } else { vec![detection(100.0, RED)] };
    let reported = one_camera((0..20).map(visible));
    assert_eq!(reported[5], [1], "predicted");
    assert!(reported[6..15].iter().all(Vec::is_empty), "only remembered");
    assert!(reported[15..].iter().all(|people| people == &[1]), "re-identified");
}

#[test]
fn a_person_who_is_away_for_too_long_is_forgotten() {
    let visible = |t: usize| if (5..90).contains(&t) { vec![] } else { vec![detection(100.0, RED)] };
    let reported = one_camera((0..95).map(visible));
    assert_eq!(reported[94], [2]);
}

#[test]
fn a_new_detection_adopts_the_identity_from_another_camera() {
    let people = |x: f64| vec![detection(x, RED), detection(x + 200.0, BLUE)];
    let reversed = |x: f64| vec![detection(x, BLUE), detection(x + 200.0, RED)];
    let second = |t| if t < 5 { vec![] } else { reversed(300.0) };
    let reported = run(without_renewal(), (0..10).map(|t| [Some(people(100.0)), Some(second(t))]));
    assert_eq!(reported[9], [Some(vec![1, 2]), Some(vec![1, 2])]);
}

#[test]
fn people_without_embeddings_keep_their_identities_and_are_not_matched_across_views() {
    let walk = |t: u32| {
        vec![without_embedding(100.0 + 3.0 * f64::from(t)), without_embedding(600.0 - 3.0 * f64::from(t))]
    };
    let second = |t| if t < 5 { vec![] } else { walk(t) };
    let reported = run(MvmhatConfig::default(), (0..60).map(|t| [Some(walk(t)), Some(second(t))]));
    assert_eq!(reported[59][0], Some(vec![1, 2]));
    assert_eq!(reported[59][1], Some(vec![3, 4]));
}

#[test]
fn identities_that_began_apart_are_merged_by_renewal() {
    // Both cameras see the person from the first timestep, so each gives an identity of its own.
    let timesteps =
        || (0..40).map(|_| [Some(vec![detection(100.0, RED)]), Some(vec![detection(700.0, RED)])]);
    let never = run(without_renewal(), timesteps());
    assert_eq!(never[39], [Some(vec![1]), Some(vec![2])]);
    // An adopted identity is tentative, so it takes three renewals until it is confirmed: frames 10, 20, 30.
    let renewed = run(MvmhatConfig { renew_every: 10, ..MvmhatConfig::default() }, timesteps());
    assert_eq!(renewed[27], [Some(vec![1]), Some(vec![2])]);
    assert_eq!(renewed[39], [Some(vec![1]), Some(vec![1])]);
}

#[test]
fn a_camera_without_a_frame_loses_nobody() {
    let visible = || Some(vec![detection(100.0, RED)]);
    // A tentative identity would not survive a timestep at which nobody is detected.
    let reported = run(without_renewal(), [[visible()], [None], [visible()], [visible()]]);
    assert_eq!(reported, [[Some(vec![])], [None], [Some(vec![])], [Some(vec![1])]].map(Vec::from));
}
