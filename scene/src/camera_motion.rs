//! How an image has moved because its camera did.

use serde::{Deserialize, Serialize};

use crate::BBox;

/// Where the points of a camera's frame before are in this one: `(a x - b y + dx, b x + a y + dy)`.
///
/// A similarity (turn, zoom and shift): what is left of the motion of a camera far from what it records, and as much as
/// boxes can follow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CameraMotion {
    /// Scale times the cosine of the turn.
    pub a: f64,
    /// Scale times the sine of the turn.
    pub b: f64,
    /// Shift to the right, in pixels.
    pub dx: f64,
    /// Shift downwards, in pixels.
    pub dy: f64,
}

impl CameraMotion {
    /// A camera that stands still.
    pub const STILL: Self = Self { a: 1.0, b: 0.0, dx: 0.0, dy: 0.0 };

    /// How much larger everything has become.
    pub fn scale(&self) -> f64 {
        self.a.hypot(self.b)
    }

    /// Where a point of the frame before is now.
    pub fn point(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (dx, dy) = self.direction((x, y));
        (dx + self.dx, dy + self.dy)
    }

    /// What a direction (a velocity) in the frame before is now.
    pub fn direction(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.a * x - self.b * y, self.b * x + self.a * y)
    }

    /// Where a box of the frame before is now: it moves and grows, and stays upright.
    pub fn bbox(&self, bbox: &BBox) -> BBox {
        let (cx, cy) = self.point(bbox.center());
        BBox::from_center(cx, cy, bbox.w * self.scale(), bbox.h * self.scale())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_with_zoom_by_hand() {
        let motion = CameraMotion { a: 0.0, b: 2.0, dx: 1.0, dy: -1.0 };
        assert_eq!(motion.point((3.0, 4.0)), (-7.0, 5.0));
        assert_eq!(motion.direction((3.0, 4.0)), (-8.0, 6.0));
        assert_eq!(motion.scale(), 2.0);
        let moved = motion.bbox(&BBox::from_center(3.0, 4.0, 10.0, 20.0));
        assert_eq!((moved.center(), moved.w, moved.h), ((-7.0, 5.0), 20.0, 40.0));
    }

    #[test]
    fn a_camera_that_stands_still_moves_nothing() {
        let bbox = BBox::new(1.0, 2.0, 3.0, 4.0);
        assert_eq!(CameraMotion::STILL.bbox(&bbox), bbox);
    }
}
