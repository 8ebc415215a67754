//! The generalized intersection over union of boxes, which has a gradient for disjoint boxes, too.
//!
//! ```text
//! GIoU = |A n B| / |A u B| - (|C| - |A u B|) / |C|        C: the smallest box around A and B
//! ```
//!
//! Rezatofighi, Tsoi, Gwak, Sadeghian, Reid, Savarese, *Generalized Intersection over Union* (CVPR 2019,
//! arXiv 1902.09630). 1 for the same box, down to -1 for boxes far apart.

use tch::Tensor;

/// The value for each pair of boxes; `1 - value` is the loss.
///
/// # Shapes
/// - `boxes`, `others`: N x 4, left, top, right, bottom
/// - output: N
pub fn generalized_iou(boxes: &Tensor, others: &Tensor) -> Tensor {
    let corners = |of: &Tensor| (of.narrow(1, 0, 2), of.narrow(1, 2, 2));
    let ((low, high), (other_low, other_high)) = (corners(boxes), corners(others));
    let area = |low: &Tensor, high: &Tensor| (high - low).clamp_min(0.0).prod_dim_int(1, false, None);
    let shared = area(&low.maximum(&other_low), &high.minimum(&other_high));
    let union = area(&low, &high) + area(&other_low, &other_high) - &shared;
    let around = area(&low.minimum(&other_low), &high.maximum(&other_high)).clamp_min(1e-9);
    shared / union.clamp_min(1e-9) - (&around - &union) / &around
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let boxes = Tensor::from_slice(&[0.0, 0.0, 2.0, 2.0]).view([1, 4]).repeat([4, 1]);
        let others = Tensor::from_slice2(&[
            [0.0, 0.0, 2.0, 2.0],
            // Intersection 2 of union 6; the enclosing box is covered.
            [1.0, 0.0, 3.0, 2.0],
            // Intersection 1 of union 7; the enclosing box has 9.
            [1.0, 1.0, 3.0, 3.0],
            // No intersection; 8 of 12 are covered.
            [4.0, 0.0, 6.0, 2.0],
        ]);
        let values = generalized_iou(&boxes, &others);
        let expected = Tensor::from_slice(&[1.0, 1.0 / 3.0, 1.0 / 7.0 - 2.0 / 9.0, -4.0 / 12.0]);
        assert!(values.allclose(&expected, 1e-9, 1e-9, false), "{values:?}");
    }

    #[test]
    fn boxes_that_are_apart_are_drawn_together() {
        let far = Tensor::from_slice(&[0.0, 0.0, 1.0, 1.0]).view([1, 4]).set_requires_grad(true);
        let other = Tensor::from_slice(&[5.0, 0.0, 6.0, 1.0]).view([1, 4]);
        generalized_iou(&far, &other).sum(tch::Kind::Double).backward();
        assert!(far.grad().double_value(&[0, 2]) > 0.0, "the right edge moves right");
    }
}
