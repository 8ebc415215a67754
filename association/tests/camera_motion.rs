//! A moving camera: people are tracked in the image as it has become.

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_association::{Associator, Clustering, ClusteringConfig, Evidence};
use mvmhat_scene::{
    BBox, CameraMotion, Detection, FrameIndex, FrameNumber, FrameSet, ViewDetections, ViewFrame,
};

/// Where somebody who stands still at (100, 60) in the first image is after `t` timesteps of a camera that turns, zooms in
/// and jumps by the distance between two people every fourth time.
fn camera(t: u64) -> CameraMotion {
    let (angle, zoom) = (0.01 * t as f64, 1.004_f64.powi(t as i32));
    let jump = if t / 4 % 2 == 1 { 60.0 } else { 0.0 };
    CameraMotion { a: zoom * angle.cos(), b: zoom * angle.sin(), dx: 3.0 * t as f64 + jump, dy: -jump / 4.0 }
}

/// What transforms the image of timestep `from` to that of timestep `to`, by hand: back to the first, then on.
fn motion_between(from: u64, to: u64) -> CameraMotion {
    let (from, to) = (camera(from), camera(to));
    let square = from.scale().powi(2);
    let (a, b) = ((to.a * from.a + to.b * from.b) / square, (to.b * from.a - to.a * from.b) / square);
    let (x, y) = (a * from.dx - b * from.dy, b * from.dx + a * from.dy);
    CameraMotion { a, b, dx: to.dx - x, dy: to.dy - y }
}

/// The identities of four people without embeddings, timestep by timestep from left to right. At the timesteps of `absent`
/// the camera has no frame; its motion is given where `compensated` is set.
fn identities(absent: &[u64], compensated: bool) -> Vec<Vec<u32>> {
    let mut associator = Clustering::new(ClusteringConfig::default(), Evidence::default()).unwrap();
    let mut last = None;
    let mut people = Vec::new();
    for t in 0..30 {
        let view = (!absent.contains(&t)).then(|| {
            let person = |i| BBox::from_center(100.0 + 60.0 * f64::from(i), 60.0, 30.0, 80.0);
            let detections =
                (0..4).map(|i| Detection { bbox: camera(t).bbox(&person(i)), score: 0.9, embedding: None });
            let camera_motion = last.filter(|_| compensated).map(|last| motion_between(last, t));
            last = Some(t);
            ViewDetections { detections: detections.collect(), camera_motion }
        });
        let views = vec![view.map(|content| ViewFrame { number: FrameNumber(t as u32), content })];
        let tracked = associator.associate(FrameSet { index: FrameIndex(t), seconds: t as f64, views });
        if let Some(view) = tracked[0].views[0].as_ref() {
            let mut boxes = view.content.clone();
            boxes.sort_by(|a, b| a.bbox.x.total_cmp(&b.bbox.x));
            people.push(boxes.iter().map(|tracked| tracked.person.0).collect());
        }
    }
    people
}

fn all_the_same(people: &[Vec<u32>]) -> bool {
    people.iter().all(|now| now.len() == 4 && *now == people[0])
}

#[test]
fn camera_motion_is_compensated() {
    assert!(all_the_same(&identities(&[], true)));
    assert!(!all_the_same(&identities(&[], false)), "not without its motion");
}

#[test]
fn camera_motion_bridges_timesteps_without_a_frame() {
    // The camera jumps at 4, 8, 12, ...
    let absent = [3, 4, 8, 12, 15, 16, 17];
    let people = identities(&absent, true);
    assert_eq!(people.len(), 30 - absent.len());
    assert!(all_the_same(&people), "{people:?}");
}
