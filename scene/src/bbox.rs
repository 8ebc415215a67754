//! The box around a person.

use serde::{Deserialize, Serialize};

/// An axis-aligned box in pixels: top left corner, width and height.
///
/// Kept in `f64` because scores are compared with reference scorers to the last digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BBox {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl BBox {
    /// A box from its top left corner, width and height.
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// A box from its center, width and height.
    pub fn from_center(cx: f64, cy: f64, w: f64, h: f64) -> Self {
        Self::new(cx - w / 2.0, cy - h / 2.0, w, h)
    }

    /// Right edge.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// Center, `(x, y)`.
    pub fn center(&self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Where the person stands: the middle of the bottom edge, `(x, y)`.
    pub fn foot(&self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.bottom())
    }

    /// Area; 0 for a box without width or height.
    pub fn area(&self) -> f64 {
        self.w.max(0.0) * self.h.max(0.0)
    }

    /// Area shared with `other`.
    pub fn intersection(&self, other: &Self) -> f64 {
        let w = self.right().min(other.right()) - self.x.max(other.x);
        let h = self.bottom().min(other.bottom()) - self.y.max(other.y);
        if w > 0.0 && h > 0.0 { w * h } else { 0.0 }
    }

    /// Intersection over union, 0 to 1; 0 where both boxes are empty.
    pub fn iou(&self, other: &Self) -> f64 {
        let intersection = self.intersection(other);
        let union = self.area() + other.area() - intersection;
        if union > 0.0 { intersection / union } else { 0.0 }
    }

    /// The part inside an image of `width` x `height` pixels, `None` where nothing of the box is inside.
    pub fn clipped(&self, width: f64, height: f64) -> Option<Self> {
        let (x, y) = (self.x.max(0.0), self.y.max(0.0));
        let (w, h) = (self.right().min(width) - x, self.bottom().min(height) - y);
        (w > 0.0 && h > 0.0).then_some(Self::new(x, y, w, h))
    }

    /// Whether all four numbers are finite and the box has an area.
    pub fn is_valid(&self) -> bool {
        [self.x, self.y, self.w, self.h].iter().all(|v| v.is_finite()) && self.w > 0.0 && self.h > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_shifted_squares_by_hand() {
        let a = BBox::new(0.0, 0.0, 10.0, 10.0);
        let b = BBox::new(5.0, 0.0, 10.0, 10.0);
        // 50 shared of 150 covered.
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(a.iou(&BBox::new(10.0, 0.0, 1.0, 1.0)), 0.0, "touching boxes share nothing");
        assert_eq!(BBox::default().iou(&BBox::default()), 0.0, "empty boxes share nothing");
    }

    #[test]
    fn clipping_keeps_what_is_inside() {
        let b = BBox::new(-5.0, 90.0, 20.0, 20.0);
        assert_eq!(b.clipped(100.0, 100.0), Some(BBox::new(0.0, 90.0, 15.0, 10.0)));
        assert_eq!(b.clipped(100.0, 90.0), None);
    }
}
