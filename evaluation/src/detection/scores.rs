//! All scores of a detector.

use super::{COCO_IOU_THRESHOLDS, DetectionFrame, OperatingPoint, average_precision};

/// The score thresholds of the operating points.
const SCORES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// The scores of the detections of a camera, a sequence or several.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectionScores {
    /// Images.
    pub images: usize,
    /// People who are not ignored.
    pub people: usize,
    /// Average precision at each of [`COCO_IOU_THRESHOLDS`].
    pub precisions: [f64; COCO_IOU_THRESHOLDS.len()],
    /// At the score threshold that was asked for.
    pub point: OperatingPoint,
    /// At the score thresholds 0.1, 0.2, …, 0.9.
    pub points: Vec<OperatingPoint>,
}

impl DetectionScores {
    /// Computes all scores; `score` is the one of [`point`](Self::point).
    pub fn new(frames: &[DetectionFrame], score: f64) -> Self {
        Self {
            images: frames.len(),
            people: frames.iter().flat_map(|frame| &frame.gt).filter(|gt| !gt.ignored).count(),
            precisions: COCO_IOU_THRESHOLDS.map(|min_iou| average_precision(frames, min_iou)),
            point: OperatingPoint::new(frames, score),
            points: SCORES.iter().map(|score| OperatingPoint::new(frames, *score)).collect(),
        }
    }

    /// Average precision at an IoU of 0.5.
    pub fn ap50(&self) -> f64 {
        self.precisions[0]
    }

    /// Average precision at an IoU of 0.75.
    pub fn ap75(&self) -> f64 {
        self.precisions[5]
    }

    /// The mean over the IoU thresholds from 0.5 to 0.95.
    pub fn ap(&self) -> f64 {
        self.precisions.iter().sum::<f64>() / self.precisions.len() as f64
    }
}

/// The scores of several parts, and of all of their images together.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetDetectionScores {
    /// What the parts are called, and their scores.
    pub parts: Vec<(String, DetectionScores)>,
    /// All images pooled.
    pub overall: DetectionScores,
}

impl DatasetDetectionScores {
    /// Computes the scores of parts (cameras or sequences) and of all together.
    pub fn new(parts: Vec<(String, Vec<DetectionFrame>)>, score: f64) -> Self {
        let scores =
            parts.iter().map(|(name, frames)| (name.clone(), DetectionScores::new(frames, score))).collect();
        let all: Vec<DetectionFrame> = parts.into_iter().flat_map(|(_, frames)| frames).collect();
        Self { parts: scores, overall: DetectionScores::new(&all, score) }
    }
}
