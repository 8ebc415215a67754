//! Scores of small scenes, synthetic: by hand, by a public scorer, and what must hold of any scene.

// A broken fixture should fail the test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod by_hand;
mod crowd;
mod properties;
mod reports;

use mvmhat_evaluation::{CameraRows, Comparison, Observation};
use mvmhat_scene::{BBox, FrameRange};

/// A row: frame, identity, left edge; boxes are 10 wide and high, 20 apart they share nothing.
fn row(frame: u32, id: i64, x: f64) -> Observation {
    Observation::new(frame, id, BBox::new(x, 0.0, 10.0, 10.0))
}

fn camera(name: &str, gt: Vec<Observation>, tracks: Vec<Observation>) -> CameraRows {
    CameraRows { name: name.to_owned(), gt, tracks }
}

fn compare(window: (u32, u32), cameras: Vec<CameraRows>) -> Comparison {
    Comparison::new(Some(FrameRange::new(window.0, window.1)), cameras).unwrap()
}
