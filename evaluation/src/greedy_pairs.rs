//! Boxes of two lists that show the same person, where no scores decide, only the IoU.

use mvmhat_scene::BBox;

use crate::MATCH_IOU;

/// Pairs boxes of two lists one to one, largest IoU first, down to [`MATCH_IOU`]: the index in `boxes` and that in `others`,
/// in this order.
///
/// ```
/// use mvmhat_evaluation::greedy_pairs;
/// use mvmhat_scene::BBox;
///
/// let box_at = |x: f64| BBox::new(x, 0.0, 10.0, 10.0);
/// assert_eq!(greedy_pairs(&[box_at(0.0), box_at(2.0)], &[box_at(1.9), box_at(50.0)]), [(1, 0)]);
/// ```
pub fn greedy_pairs(boxes: &[BBox], others: &[BBox]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (index, bbox) in boxes.iter().enumerate() {
        let ious = others.iter().enumerate().map(|(other, candidate)| (bbox.iou(candidate), index, other));
        pairs.extend(ious.filter(|(iou, ..)| *iou >= MATCH_IOU));
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut paired, mut taken) = (vec![false; boxes.len()], vec![false; others.len()]);
    let mut chosen = Vec::new();
    for (_, index, other) in pairs {
        if !paired[index] && !taken[other] {
            (paired[index], taken[other]) = (true, true);
            chosen.push((index, other));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_iou_comes_first_and_nobody_is_paired_twice() {
        let row = |lefts: &[f64]| lefts.iter().map(|&x| BBox::new(x, 0.0, 10.0, 10.0)).collect::<Vec<_>>();
        // Shifted by 1 of 10 is an IoU of 9 / 11, by 2 of 8 / 12, by 4 of 6 / 14: less than one half.
        assert_eq!(
            greedy_pairs(&row(&[0.0, 2.0]), &row(&[1.0, 4.0])),
            [(0, 0), (1, 1)],
            "of equals the first"
        );
        assert_eq!(greedy_pairs(&row(&[0.0, 22.0]), &row(&[2.0, 22.0])), [(1, 1), (0, 0)]);
        assert_eq!(greedy_pairs(&row(&[0.0]), &row(&[4.0, 2.0])), [(0, 1)]);
        assert_eq!(greedy_pairs(&row(&[0.0]), &row(&[4.0])), []);
        assert_eq!(greedy_pairs(&[], &row(&[4.0])), []);
    }
}
