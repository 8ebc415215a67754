//! How well people are detected in single images, whoever they are.
//!
//! [`average_precision`] by the rules of COCO (pycocotools), at one IoU threshold or the mean over ten; [`OperatingPoint`] at
//! one score, with recall by the visibility and the height of people. [`DetectionScores`] has all of it.

mod average_precision;
mod matching;
mod operating_point;
mod scores;

use mvmhat_scene::BBox;

pub use average_precision::{COCO_IOU_THRESHOLDS, average_precision};
pub use operating_point::{FoundRatio, HEIGHT_BINS, OperatingPoint, VISIBILITY_BINS};
pub use scores::{DatasetDetectionScores, DetectionScores};

/// A person of the ground truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroundTruthBox {
    /// Where, in pixels.
    pub bbox: BBox,
    /// Whether they are ignored: a box that finds them is neither a true nor a false positive, and missing them is no false
    /// negative.
    pub ignored: bool,
    /// The fraction of them that is visible, 0 to 1, where that is known.
    pub visibility: Option<f64>,
}

/// A box of a detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictedBox {
    /// Where, in pixels.
    pub bbox: BBox,
    /// Confidence; higher is more certain.
    pub score: f64,
}

/// Ground truth and predictions of one image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetectionFrame {
    /// The people who are there.
    pub gt: Vec<GroundTruthBox>,
    /// What the detector found.
    pub predictions: Vec<PredictedBox>,
}
