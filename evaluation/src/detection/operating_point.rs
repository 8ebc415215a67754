//! What a detector finds at one score threshold.

use std::ops::AddAssign;

use super::DetectionFrame;
use super::matching::{PredictionMatch, match_predictions};
use crate::MATCH_IOU;

/// Upper ends of the bins of visibility: hidden for the most part, hidden in part, hardly hidden, not hidden.
pub const VISIBILITY_BINS: [f64; 4] = [0.3, 0.5, 0.8, 1.0];

/// Upper ends of the bins of height, in pixels of the image; the last is open.
pub const HEIGHT_BINS: [f64; 4] = [40.0, 80.0, 160.0, f64::INFINITY];

/// How many people were found, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoundRatio {
    /// Those found.
    pub found: u64,
    /// All of them.
    pub all: u64,
}

impl FoundRatio {
    /// The ratio, 0 where there is nobody.
    pub fn ratio(self) -> f64 {
        ratio(self.found, self.all)
    }

    fn add(&mut self, is_found: bool) {
        self.found += u64::from(is_found);
        self.all += 1;
    }
}

impl AddAssign for FoundRatio {
    fn add_assign(&mut self, other: Self) {
        self.found += other.found;
        self.all += other.all;
    }
}

/// Counts at one score threshold. They add up over cameras and sequences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperatingPoint {
    /// The score threshold: boxes of at least this score count.
    pub score: f64,
    /// Images.
    pub images: u64,
    /// Of the people who are not ignored.
    pub recall: FoundRatio,
    /// Boxes that found nobody.
    pub false_positives: u64,
    /// By the visibility of people, ignored or not; see [`VISIBILITY_BINS`]. Those whose visibility is unknown are in none.
    pub by_visibility: [FoundRatio; VISIBILITY_BINS.len()],
    /// By the height of people who are not ignored; see [`HEIGHT_BINS`].
    pub by_height: [FoundRatio; HEIGHT_BINS.len()],
}

impl OperatingPoint {
    /// Counts what boxes of at least `score` find.
    pub fn new(frames: &[DetectionFrame], score: f64) -> Self {
        let mut point = Self { score, images: frames.len() as u64, ..Self::default() };
        for frame in frames {
            let mut is_found = vec![false; frame.gt.len()];
            for (prediction, matched) in match_predictions(frame, MATCH_IOU, usize::MAX) {
                if prediction.score < score {
                    break;
                }
                match matched {
                    PredictionMatch::TruePositive(index) | PredictionMatch::Ignored(index) => {
                        is_found[index] = true;
                    }
                    PredictionMatch::FalsePositive => point.false_positives += 1,
                }
            }
            for (gt, is_found) in frame.gt.iter().zip(is_found) {
                let bin = |ends: &[f64], value: f64| ends.iter().position(|end| value <= *end);
                if let Some(bin) = gt.visibility.and_then(|visibility| bin(&VISIBILITY_BINS, visibility)) {
                    point.by_visibility[bin].add(is_found);
                }
                if !gt.ignored {
                    point.recall.add(is_found);
                    if let Some(bin) = bin(&HEIGHT_BINS, gt.bbox.h) {
                        point.by_height[bin].add(is_found);
                    }
                }
            }
        }
        point
    }

    /// True positives among all predictions that are not ignored.
    pub fn precision(&self) -> f64 {
        ratio(self.recall.found, self.recall.found + self.false_positives)
    }

    /// False positives per box of the ground truth.
    pub fn false_positives_per_gt_box(&self) -> f64 {
        ratio(self.false_positives, self.recall.all)
    }

    /// False positives per image (FPPI).
    pub fn false_positives_per_image(&self) -> f64 {
        ratio(self.false_positives, self.images)
    }
}

/// A ratio of counts; nothing divided by nothing is 0.
fn ratio(count: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { count as f64 / all as f64 }
}

impl AddAssign<&Self> for OperatingPoint {
    fn add_assign(&mut self, other: &Self) {
        self.images += other.images;
        self.recall += other.recall;
        self.false_positives += other.false_positives;
        self.by_visibility.iter_mut().zip(other.by_visibility).for_each(|(sum, found)| *sum += found);
        self.by_height.iter_mut().zip(other.by_height).for_each(|(sum, found)| *sum += found);
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::BBox;

    use super::*;
    use crate::{GroundTruthBox, PredictedBox};

    #[test]
    fn by_hand() {
        let gt = |x: f64, h: f64, visibility: f64| GroundTruthBox {
            bbox: BBox::new(x, 0.0, 10.0, h),
            ignored: visibility <= 0.5,
            visibility: Some(visibility),
        };
        let prediction = |x: f64, h: f64, score| PredictedBox { bbox: BBox::new(x, 0.0, 10.0, h), score };
        let frame = DetectionFrame {
            gt: vec![gt(0.0, 30.0, 1.0), gt(100.0, 90.0, 0.6), gt(200.0, 90.0, 0.4)],
            predictions: vec![
                prediction(0.0, 30.0, 0.9),
                prediction(200.0, 90.0, 0.8),
                prediction(300.0, 90.0, 0.7),
                prediction(100.0, 90.0, 0.2),
            ],
        };
        let point = OperatingPoint::new(std::slice::from_ref(&frame), 0.5);
        assert_eq!((point.recall, point.false_positives), (FoundRatio { found: 1, all: 2 }, 1));
        assert_eq!(
            [point.precision(), point.false_positives_per_gt_box(), point.false_positives_per_image()],
            [0.5, 0.5, 1.0]
        );
        let counts = |bins: [FoundRatio; 4]| bins.map(|bin| (bin.found, bin.all));
        assert_eq!(counts(point.by_visibility), [(0, 0), (1, 1), (0, 1), (1, 1)]);
        assert_eq!(counts(point.by_height), [(1, 1), (0, 0), (0, 1), (0, 0)]);
        let mut twice = point.clone();
        twice += &OperatingPoint::new(&[frame], 0.1);
        assert_eq!((twice.recall, twice.images), (FoundRatio { found: 3, all: 4 }, 2));
        assert_eq!(OperatingPoint::new(&[], 0.5).precision(), 0.0);
    }
}
