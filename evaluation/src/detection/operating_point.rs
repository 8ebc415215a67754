//! What a detector finds where boxes of one score or more are believed.

use std::ops::AddAssign;

use super::DetectionFrame;
use super::matching::{Verdict, verdicts};

/// The overlap at which somebody is found.
const OVERLAP: f64 = 0.5;

/// Where the classes of visibility end: hidden for the most part, hidden in part, hardly hidden, not hidden.
pub const VISIBILITIES: [f64; 4] = [0.3, 0.5, 0.8, 1.0];

/// Where the classes of height end, in pixels of the image; the last is open.
pub const HEIGHTS: [f64; 4] = [40.0, 80.0, 160.0, f64::INFINITY];

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those found.
    pub found: u64,
    /// All of them.
    pub all: u64,
}

impl Share {
    /// The ratio, 0 of none.
    pub fn ratio(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.found as f64 / self.all as f64 }
    }

    fn add(&mut self, is_found: bool) {
        self.found += u64::from(is_found);
        self.all += 1;
    }
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.found += other.found;
        self.all += other.all;
    }
}

/// Counts at one score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperatingPoint {
    /// The least score that is believed.
    pub score: f64,
    /// Of the people who must be found.
    pub recall: Share,
    /// Boxes that found nobody.
    pub wrong: u64,
    /// By the visibility of people, whether they must be found or not; see [`VISIBILITIES`]. People of whom it is not known
    /// are in none.
    pub by_visibility: [Share; VISIBILITIES.len()],
    /// By the height of people who must be found; see [`HEIGHTS`].
    pub by_height: [Share; HEIGHTS.len()],
}

impl OperatingPoint {
    /// Counts what boxes of at least `score` find.
    pub fn new(frames: &[DetectionFrame], score: f64) -> Self {
        let mut point = Self { score, ..Self::default() };
        for frame in frames {
            let mut is_found = vec![false; frame.truth.len()];
            for (found, verdict) in verdicts(frame, OVERLAP, usize::MAX) {
                if found.score < score {
                    break;
                }
                match verdict {
                    Verdict::Right(place) | Verdict::Neutral(place) => is_found[place] = true,
                    Verdict::Wrong => point.wrong += 1,
                }
            }
            for (truth, is_found) in frame.truth.iter().zip(is_found) {
                let class = |ends: &[f64], value: f64| ends.iter().position(|end| value <= *end);
                if let Some(class) = truth.visibility.and_then(|share| class(&VISIBILITIES, share)) {
                    point.by_visibility[class].add(is_found);
                }
                if truth.counts {
                    point.recall.add(is_found);
                    if let Some(class) = class(&HEIGHTS, truth.bbox.h) {
                        point.by_height[class].add(is_found);
                    }
                }
            }
        }
        point
    }

    /// Of the boxes that are right or wrong, those that are right.
    pub fn precision(&self) -> f64 {
        Share { found: self.recall.found, all: self.recall.found + self.wrong }.ratio()
    }

    /// Wrong boxes for each person who must be found.
    pub fn false_positives_a_box(&self) -> f64 {
        Share { found: self.wrong, all: self.recall.all }.ratio()
    }
}

impl AddAssign<&Self> for OperatingPoint {
    fn add_assign(&mut self, other: &Self) {
        self.recall += other.recall;
        self.wrong += other.wrong;
        self.by_visibility.iter_mut().zip(other.by_visibility).for_each(|(sum, share)| *sum += share);
        self.by_height.iter_mut().zip(other.by_height).for_each(|(sum, share)| *sum += share);
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::BBox;

    use super::*;
    use crate::{Found, Truth};

    #[test]
    fn by_hand() {
        let truth = |x: f64, h: f64, visibility: f64| Truth {
            bbox: BBox::new(x, 0.0, 10.0, h),
            counts: visibility > 0.5,
            visibility: Some(visibility),
        };
        let found = |x: f64, h: f64, score| Found { bbox: BBox::new(x, 0.0, 10.0, h), score };
        let frame = DetectionFrame {
            truth: vec![truth(0.0, 30.0, 1.0), truth(100.0, 90.0, 0.6), truth(200.0, 90.0, 0.4)],
            found: vec![
                found(0.0, 30.0, 0.9),
                found(200.0, 90.0, 0.8),
                found(300.0, 90.0, 0.7),
                found(100.0, 90.0, 0.2),
            ],
        };
        let point = OperatingPoint::new(std::slice::from_ref(&frame), 0.5);
        assert_eq!((point.recall, point.wrong), (Share { found: 1, all: 2 }, 1));
        assert_eq!((point.precision(), point.false_positives_a_box()), (0.5, 0.5));
        let shares = |shares: [Share; 4]| shares.map(|share| (share.found, share.all));
        assert_eq!(shares(point.by_visibility), [(0, 0), (1, 1), (0, 1), (1, 1)]);
        assert_eq!(shares(point.by_height), [(1, 1), (0, 0), (0, 1), (0, 0)]);
        let mut twice = point.clone();
        twice += &OperatingPoint::new(&[frame], 0.1);
        assert_eq!(twice.recall, Share { found: 3, all: 4 });
        assert_eq!(OperatingPoint::new(&[], 0.5).precision(), 0.0);
    }
}
