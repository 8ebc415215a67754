//! The input of every metric: who was where in which frame.

use mvmhat_scene::{BBox, FrameNumber, mot};

/// One row of ground truth or of tracks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation<P = BBox> {
    /// The frame, as the source numbers it.
    pub frame: FrameNumber,
    /// The identity, as the file has it: any integer.
    pub id: i64,
    /// Where: a box in the image or a point on the ground.
    pub location: P,
}

impl<P> Observation<P> {
    /// Identity `id` at `location` in `frame`.
    pub const fn new(frame: u32, id: i64, location: P) -> Self {
        Self { frame: FrameNumber(frame), id, location }
    }
}

/// A location that can be compared with another of its kind.
///
/// Every metric asks for a similarity of at least one half before two locations count as the same, so an implementation
/// puts its gate there.
pub trait Location: Copy {
    /// 1 for the same location, falling to 0 for locations that have nothing in common.
    fn similarity(&self, other: &Self) -> f64;
}

impl Location for BBox {
    /// Intersection over union.
    fn similarity(&self, other: &Self) -> f64 {
        self.iou(other)
    }
}

impl From<&mot::Row> for Observation {
    fn from(row: &mot::Row) -> Self {
        Self { frame: row.frame, id: row.id, location: row.bbox }
    }
}
