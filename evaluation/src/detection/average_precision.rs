//! Average precision as COCO has it.
//!
//! All predictions of all images are sorted by falling score; after each of them there is a recall and a precision. The
//! precision at a recall is the largest of those at this recall or a higher one, and the average precision is its mean over
//! the recalls 0, 0.01, …, 1.

use super::DetectionFrame;
use super::matching::{PredictionMatch, match_predictions};

/// The IoU thresholds that AP without a number is the mean over: 0.5, 0.55, …, 0.95.
pub const COCO_IOU_THRESHOLDS: [f64; 10] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// How many predictions of an image count, those of the highest scores, as in COCO.
const MAX_DETECTIONS: usize = 100;

/// The average precision at an IoU threshold, 0 to 1; 0 where there is nobody to be found.
pub fn average_precision(frames: &[DetectionFrame], min_iou: f64) -> f64 {
    let positives = frames.iter().flat_map(|frame| &frame.gt).filter(|gt| !gt.ignored).count();
    let mut boxes: Vec<(f64, bool)> = frames
        .iter()
        .flat_map(|frame| match_predictions(frame, min_iou, MAX_DETECTIONS))
        .filter_map(|(prediction, matched)| match matched {
            PredictionMatch::TruePositive(_) => Some((prediction.score, true)),
            PredictionMatch::FalsePositive => Some((prediction.score, false)),
            PredictionMatch::Ignored(_) => None,
        })
        .collect();
    boxes.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    // Recall and precision after each box.
    let mut true_positives = 0;
    let mut curve: Vec<(f64, f64)> = Vec::with_capacity(boxes.len());
    for (count, (_, is_true_positive)) in boxes.iter().enumerate() {
        true_positives += usize::from(*is_true_positive);
        curve.push((
            true_positives as f64 / positives.max(1) as f64,
            true_positives as f64 / (count + 1) as f64,
        ));
    }
    let mut best = 0.0f64;
    for (_, precision) in curve.iter_mut().rev() {
        best = best.max(*precision);
        *precision = best;
    }
    let precision_at = |percent: u32| {
        // Multiplied as in pycocotools, whose recalls are not always the nearest numbers to the hundredths.
        let recall = f64::from(percent) * 0.01;
        let index = curve.partition_point(|(reached, _)| *reached < recall);
        curve.get(index).map_or(0.0, |(_, precision)| *precision)
    };
    (0..=100).map(precision_at).sum::<f64>() / 101.0
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::BBox;

    use super::*;
    use crate::{GroundTruthBox, PredictedBox};

    fn frame(gt: &[f64], predictions: &[(f64, f64)]) -> DetectionFrame {
        let at = |x: f64| BBox::new(x, 0.0, 10.0, 10.0);
        let gt =
            gt.iter().map(|&x| GroundTruthBox { bbox: at(x), ignored: false, visibility: None }).collect();
        let predictions = predictions.iter().map(|&(x, score)| PredictedBox { bbox: at(x), score }).collect();
        DetectionFrame { gt, predictions }
    }

    #[test]
    fn by_hand() {
        // Of four people: a true, a false, a true positive. Recalls 1/4, 1/4, 2/4; precisions 1, 1/2, 2/3, the last from 0.26 on.
        let frames =
            [frame(&[0.0, 100.0], &[(0.0, 0.9), (50.0, 0.8)]), frame(&[0.0, 100.0], &[(100.0, 0.7)])];
        let expected = (26.0 + 25.0 * 2.0 / 3.0) / 101.0;
        assert!((average_precision(&frames, 0.5) - expected).abs() < 1e-12);
        assert_eq!(average_precision(&[frame(&[], &[(0.0, 0.5)])], 0.5), 0.0);
        assert_eq!(average_precision(&[frame(&[0.0], &[(0.0, 0.5)])], 0.95), 1.0);
        // 57 of 100: pycocotools asks for a recall of 0.5700000000000001, which they do not reach.
        let lefts: Vec<f64> = (0..100).map(|i| f64::from(i) * 100.0).collect();
        let predictions: Vec<_> = lefts[..57].iter().map(|&x| (x, 0.5)).collect();
        assert!((average_precision(&[frame(&lefts, &predictions)], 0.5) - 57.0 / 101.0).abs() < 1e-12);
        // Shifted by 2 of 10: 8 of 12, two thirds.
        let shifted = [frame(&[0.0], &[(2.0, 0.5)])];
        assert_eq!((average_precision(&shifted, 0.65), average_precision(&shifted, 0.7)), (1.0, 0.0));
    }
}
