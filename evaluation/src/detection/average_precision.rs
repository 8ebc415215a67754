//! Average precision as COCO has it.
//!
//! All boxes of all images by falling score; after each of them a recall and a precision. The precision at a recall is the
//! largest of those at this recall or a higher one, and the average precision its mean over the recalls 0, 0.01, …, 1.

use super::DetectionFrame;
use super::matching::{Verdict, verdicts};

/// The overlaps of AP without a number: 0.5, 0.55, …, 0.95.
pub const OVERLAPS: [f64; 10] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// The boxes of an image that count, the surest ones, as in COCO.
const MOST: usize = 100;

/// The average precision at an overlap (intersection over union), 0 to 1; 0 where there is nobody to be found.
pub fn average_precision(frames: &[DetectionFrame], overlap: f64) -> f64 {
    let wanted = frames.iter().flat_map(|frame| &frame.truth).filter(|truth| truth.counts).count();
    let mut boxes: Vec<(f64, bool)> = frames
        .iter()
        .flat_map(|frame| verdicts(frame, overlap, MOST))
        .filter_map(|(found, verdict)| match verdict {
            Verdict::Right(_) => Some((found.score, true)),
            Verdict::Wrong => Some((found.score, false)),
            Verdict::Neutral(_) => None,
        })
        .collect();
    boxes.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    // Recall and precision after each box.
    let mut right = 0;
    let mut curve: Vec<(f64, f64)> = Vec::with_capacity(boxes.len());
    for (count, (_, is_right)) in boxes.iter().enumerate() {
        right += usize::from(*is_right);
        curve.push((right as f64 / wanted.max(1) as f64, right as f64 / (count + 1) as f64));
    }
    let mut best = 0.0f64;
    for (_, precision) in curve.iter_mut().rev() {
        best = best.max(*precision);
        *precision = best;
    }
    let at = |percent: u32| {
        // Multiplied as in pycocotools, whose recalls are not always the nearest numbers to the hundredths.
        let recall = f64::from(percent) * 0.01;
        let place = curve.partition_point(|(reached, _)| *reached < recall);
        curve.get(place).map_or(0.0, |(_, precision)| *precision)
    };
    (0..=100).map(at).sum::<f64>() / 101.0
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::BBox;

    use super::*;
    use crate::{Found, Truth};

    fn frame(truth: &[f64], found: &[(f64, f64)]) -> DetectionFrame {
        let at = |x: f64| BBox::new(x, 0.0, 10.0, 10.0);
        let truth = truth.iter().map(|&x| Truth { bbox: at(x), counts: true, visibility: None }).collect();
        let found = found.iter().map(|&(x, score)| Found { bbox: at(x), score }).collect();
        DetectionFrame { truth, found }
    }

    #[test]
    fn by_hand() {
        // Of four people: right, wrong, right. Recalls 1/4, 1/4, 2/4; precisions 1, 1/2, 2/3, the last from 0.26 on.
        let frames =
            [frame(&[0.0, 100.0], &[(0.0, 0.9), (50.0, 0.8)]), frame(&[0.0, 100.0], &[(100.0, 0.7)])];
        let expected = (26.0 + 25.0 * 2.0 / 3.0) / 101.0;
        assert!((average_precision(&frames, 0.5) - expected).abs() < 1e-12);
        assert_eq!(average_precision(&[frame(&[], &[(0.0, 0.5)])], 0.5), 0.0);
        assert_eq!(average_precision(&[frame(&[0.0], &[(0.0, 0.5)])], 0.95), 1.0);
        // 57 of 100: pycocotools asks for a recall of 0.5700000000000001, which they do not reach.
        let places: Vec<f64> = (0..100).map(|i| f64::from(i) * 100.0).collect();
        let found: Vec<_> = places[..57].iter().map(|&x| (x, 0.5)).collect();
        assert!((average_precision(&[frame(&places, &found)], 0.5) - 57.0 / 101.0).abs() < 1e-12);
        // Shifted by 2 of 10: 8 of 12, two thirds.
        let shifted = [frame(&[0.0], &[(2.0, 0.5)])];
        assert_eq!((average_precision(&shifted, 0.65), average_precision(&shifted, 0.7)), (1.0, 0.0));
    }
}
