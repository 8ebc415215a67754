//! How well people are found in single images, whoever they are.
//!
//! [`average_precision`] by the rules of COCO (pycocotools): at one overlap or the mean over ten; [`OperatingPoint`] at one
//! score, with recall by how much can be seen of people and by how high they are. [`DetectionScores`] has all of it.

mod average_precision;
mod matching;
mod operating_point;
mod scores;

use mvmhat_scene::BBox;

pub use average_precision::{OVERLAPS, average_precision};
pub use operating_point::{HEIGHTS, OperatingPoint, Share, VISIBILITIES};
pub use scores::{DatasetDetectionScores, DetectionScores};

/// A person of the ground truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// Where, in pixels.
    pub bbox: BBox,
    /// Whether they must be found. To find one who need not be is neither right nor wrong.
    pub counts: bool,
    /// The share of them that can be seen, where that is known.
    pub visibility: Option<f64>,
}

/// A box that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Where, in pixels.
    pub bbox: BBox,
    /// How sure it is, the higher the surer.
    pub score: f64,
}

/// Ground truth and detections of one image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetectionFrame {
    /// Who is there.
    pub truth: Vec<Truth>,
    /// Who was found.
    pub found: Vec<Found>,
}
