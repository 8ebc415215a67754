//! Which box of an image found whom, by the rules of COCO.
//!
//! Predictions choose in the order of falling scores: of the people whom no prediction has found yet and whom the box
//! overlaps enough, the one with the largest IoU. Somebody who is not ignored comes before somebody who is, whatever the
//! IoUs are.

use super::{DetectionFrame, PredictedBox};

/// What a predicted box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PredictionMatch {
    /// It found the person of this index in the ground truth.
    TruePositive(usize),
    /// It found a person who is ignored.
    Ignored(usize),
    /// It found nobody.
    FalsePositive,
}

/// The predictions by falling score, at most `limit` of them, with what each of them is. Boxes of equal score stay in
/// their order.
pub(super) fn match_predictions(
    frame: &DetectionFrame,
    min_iou: f64,
    limit: usize,
) -> Vec<(PredictedBox, PredictionMatch)> {
    let mut predictions = frame.predictions.clone();
    predictions.sort_by(|a, b| b.score.total_cmp(&a.score));
    predictions.truncate(limit);
    let mut taken = vec![false; frame.gt.len()];
    // As pycocotools has it, so that an IoU of exactly 1 can be asked for.
    let min_iou = min_iou.min(1.0 - 1e-10);
    let mut matched = |prediction: &PredictedBox| {
        let mut best: Option<(bool, f64, usize)> = None;
        for (index, gt) in frame.gt.iter().enumerate().filter(|(index, _)| !taken[*index]) {
            let iou = prediction.bbox.iou(&gt.bbox);
            // Of equal IoUs the last is taken, as pycocotools does.
            let better = best.is_none_or(|(counts, most, _)| (!gt.ignored, iou) >= (counts, most));
            if iou >= min_iou && better {
                best = Some((!gt.ignored, iou, index));
            }
        }
        let Some((counts, _, index)) = best else { return PredictionMatch::FalsePositive };
        taken[index] = true;
        if counts { PredictionMatch::TruePositive(index) } else { PredictionMatch::Ignored(index) }
    };
    predictions.iter().map(|prediction| (*prediction, matched(prediction))).collect()
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::BBox;

    use super::*;
    use crate::GroundTruthBox;

    #[test]
    fn by_hand() {
        let at = |x: f64| BBox::new(x, 0.0, 10.0, 10.0);
        let gt = |x, ignored| GroundTruthBox { bbox: at(x), ignored, visibility: None };
        let prediction = |x, score| PredictedBox { bbox: at(x), score };
        let frame = DetectionFrame {
            gt: vec![gt(0.0, true), gt(2.0, false), gt(50.0, false)],
            predictions: vec![
                prediction(0.0, 0.5),
                prediction(0.5, 0.9),
                prediction(50.0, 0.8),
                prediction(50.0, 0.7),
                prediction(90.0, 0.6),
            ],
        };
        let matches: Vec<PredictionMatch> =
            match_predictions(&frame, 0.5, 100).into_iter().map(|(_, matched)| matched).collect();
        // The box of the highest score overlaps the first person most, who is ignored, and finds the second. The first is
        // left for the last box.
        let expected = [
            PredictionMatch::TruePositive(1),
            PredictionMatch::TruePositive(2),
            PredictionMatch::FalsePositive,
            PredictionMatch::FalsePositive,
            PredictionMatch::Ignored(0),
        ];
        assert_eq!(matches, expected);
        assert_eq!(match_predictions(&frame, 0.5, 2).len(), 2);
    }
}
