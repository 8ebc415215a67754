//! How the image of a camera moves because the camera does, found in the images themselves.
//!
//! As in BoT-SORT (Aharon et al., 2022, section 3.1): corners of the image before are found again in this one (sparse
//! optical flow by Lucas and Kanade, on images shrunk to 320 pixels), and the similarity that most of them follow is the
//! motion of what does not move by itself (RANSAC; people who walk are outliers).
//! It is then fitted to all that follow it. RANSAC draws from a generator that starts anew for every image, so the same
//! images give the same motion.
//!
//! A motion is always that from the last image that could be read. The association needs exactly this: where an
//! image is missing, it predicts people in the coordinates of the last one there was. Neither the reader nor the clock
//! leaves out an image in between: the numbers of a camera's frames ascend, and so do their timesteps.

use mvmhat_detectors::Image;
use mvmhat_scene::CameraMotion;
use opencv::calib3d::{RANSAC, estimate_affine_partial_2d};
use opencv::core::{
    Mat, Point2f, Rect, Size, TermCriteria, TermCriteria_COUNT, TermCriteria_EPS, Vector, no_array,
};
use opencv::imgproc::{COLOR_BGR2GRAY, INTER_AREA, cvt_color_def, good_features_to_track, resize};
use opencv::prelude::*;
use opencv::video::calc_optical_flow_pyr_lk;

/// Images are shrunk by whole steps until their longer side has no more pixels than this.
const SHRUNK_SIDE: i32 = 320;
/// Corners that are followed, at most.
const CORNERS: i32 = 400;
/// Corners are at least this far apart, in shrunk pixels: so they are all over the image, and not only on those who
/// wear stripes.
const CORNER_DISTANCE: f64 = 7.0;
/// A corner must be this strong, as a part of the strongest.
const CORNER_QUALITY: f64 = 0.005;
/// A point follows a motion that takes it within so many shrunk pixels of where it was found.
const INLIER_DISTANCE: f64 = 1.0;
/// A motion that fewer points follow is chance.
const FEWEST: usize = 16;
/// A motion that a smaller share of the points follows is that of somebody who walks by.
const SMALLEST_SHARE: f64 = 0.2;
/// Zoom, turn (in radians) and shift (as a part of the longer side) of one frame that no camera that people can be
/// followed with goes beyond.
const LARGEST: (f64, f64, f64) = (1.25, 0.35, 0.5);

/// How an image has moved since the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ImageMotion {
    /// There was no image before.
    First,
    /// It moved like this.
    By(CameraMotion),
    /// The motion is unknown: there are too few corners, or it is another scene.
    Unknown,
}

impl ImageMotion {
    /// The motion, where it is known.
    pub fn motion(self) -> Option<CameraMotion> {
        match self {
            Self::By(motion) => Some(motion),
            Self::First | Self::Unknown => None,
        }
    }
}

/// Estimates the motion of one camera, from image to image.
#[derive(Default)]
pub struct CameraMotionEstimator {
    before: Option<Shrunk>,
}

impl CameraMotionEstimator {
    /// How the image has moved since the one before.
    ///
    /// # Errors
    /// If OpenCV refuses an image.
    pub fn estimate(&mut self, image: &Image) -> opencv::Result<ImageMotion> {
        let now = Shrunk::new(image)?;
        let moved = match &self.before {
            None => ImageMotion::First,
            Some(before) => before.motion_to(&now)?.map_or(ImageMotion::Unknown, ImageMotion::By),
        };
        self.before = Some(now);
        Ok(moved)
    }
}

/// An image in gray, shrunk.
struct Shrunk {
    gray: Mat,
    /// Pixels of the image in one of these, across and down.
    step: i32,
}

impl Shrunk {
    fn new(image: &Image) -> opencv::Result<Self> {
        let (width, height) = (image.width(), image.height());
        let step = (width.max(height) - 1) / SHRUNK_SIDE + 1;
        let size = Size::new((width / step).max(1), (height / step).max(1));
        // Whole steps: a shrunk pixel is the mean of a block. What is left over at two edges is left out.
        let whole = Rect::new(0, 0, (size.width * step).min(width), (size.height * step).min(height));
        let (mut gray, mut shrunk) = (Mat::default(), Mat::default());
        cvt_color_def(&image.mat().roi(whole)?, &mut gray, COLOR_BGR2GRAY)?;
        resize(&gray, &mut shrunk, size, 0.0, 0.0, INTER_AREA)?;
        Ok(Self { gray: shrunk, step })
    }

    /// The similarity from this image to a later one, in pixels of the whole image.
    fn motion_to(&self, later: &Self) -> opencv::Result<Option<CameraMotion>> {
        let (from, to) = self.followed(later)?;
        if from.len() < FEWEST {
            return Ok(None);
        }
        let mut inliers = Mat::default();
        // Without OpenCV's iterations after RANSAC, which solves its equations by whatever LAPACK it meets in the process: that is
        // libtorch's, on many threads.
        let distance = INLIER_DISTANCE * f64::from(self.step);
        let found = estimate_affine_partial_2d(&from, &to, &mut inliers, RANSAC, distance, 2000, 0.99, 0)?;
        if found.empty() {
            return Ok(None);
        }
        let pairs = from.iter().zip(&to).zip(inliers.data_bytes()?).filter(|(_, inlier)| **inlier != 0);
        let followers: Vec<_> = pairs.map(|(pair, _)| pair).collect();
        let share = followers.len() as f64 / from.len() as f64;
        if followers.len() < FEWEST || share < SMALLEST_SHARE {
            return Ok(None);
        }
        Ok(least_squares(&followers).filter(|motion| self.is_sensible(motion)))
    }

    /// Corners of this image and where they are in a later one, in pixels of the whole image, counted as boxes are:
    /// the middle of the first pixel is at 0.5.
    fn followed(&self, later: &Self) -> opencv::Result<(Vector<Point2f>, Vector<Point2f>)> {
        let mut corners = Vector::<Point2f>::new();
        let (distance, nothing) = (CORNER_DISTANCE, no_array());
        good_features_to_track(
            &self.gray,
            &mut corners,
            CORNERS,
            CORNER_QUALITY,
            distance,
            &nothing,
            3,
            false,
            0.04,
        )?;
        if corners.is_empty() {
            return Ok((Vector::new(), Vector::new()));
        }
        let (mut found, mut status) = (Vector::<Point2f>::new(), Vector::<u8>::new());
        calc_optical_flow_pyr_lk(
            &self.gray,
            &later.gray,
            &corners,
            &mut found,
            &mut status,
            &mut no_array(),
            Size::new(21, 21),
            3,
            TermCriteria::new(TermCriteria_COUNT + TermCriteria_EPS, 30, 0.01)?,
            0,
            1e-4,
        )?;
        let step = self.step as f32;
        let whole = |p: Point2f| Point2f::new((p.x + 0.5) * step, (p.y + 0.5) * step);
        let pairs = corners.iter().zip(&found).zip(&status).filter(|(_, followed)| *followed != 0);
        Ok(pairs.map(|((from, to), _)| (whole(from), whole(to))).unzip())
    }

    fn is_sensible(&self, motion: &CameraMotion) -> bool {
        let (zoom, turn, shift) = LARGEST;
        let (width, height) = (self.gray.cols() * self.step, self.gray.rows() * self.step);
        let middle = (f64::from(width) / 2.0, f64::from(height) / 2.0);
        let (x, y) = motion.point(middle);
        let shifted = (x - middle.0).hypot(y - middle.1);
        let scale = motion.scale();
        (1.0 / zoom..=zoom).contains(&scale)
            && motion.b.atan2(motion.a).abs() <= turn
            && shifted <= shift * f64::from(width.max(height))
    }
}

/// The similarity that takes the first points of `pairs` to the second with the least sum of squared distances; `None`
/// where all first points are one.
///
/// About the two means a similarity is a complex number, and the best one the quotient of two sums.
fn least_squares(pairs: &[(Point2f, Point2f)]) -> Option<CameraMotion> {
    let numbers = || pairs.iter().map(|(p, q)| [p.x, p.y, q.x, q.y].map(f64::from));
    let mut mean = [0.0; 4];
    for pair in numbers() {
        for (sum, value) in mean.iter_mut().zip(pair) {
            *sum += value / pairs.len() as f64;
        }
    }
    let (mut a, mut b, mut spread) = (0.0, 0.0, 0.0);
    for pair in numbers() {
        let [px, py, qx, qy] = std::array::from_fn(|i| pair[i] - mean[i]);
        a += px * qx + py * qy;
        b += px * qy - py * qx;
        spread += px * px + py * py;
    }
    if spread <= 0.0 {
        return None;
    }
    let turn = CameraMotion { a: a / spread, b: b / spread, dx: 0.0, dy: 0.0 };
    let (x, y) = turn.direction((mean[0], mean[1]));
    Some(CameraMotion { dx: mean[2] - x, dy: mean[3] - y, ..turn })
}

#[cfg(test)]
mod tests;
