//! Known motions of images made here.

use opencv::core::{BORDER_CONSTANT, CV_8UC1, CV_8UC3, Scalar};
use opencv::imgproc::{COLOR_GRAY2BGR, INTER_CUBIC, INTER_LINEAR, warp_affine};

use super::*;

const SIZE: (i32, i32) = (640, 360);

/// Pseudo-random numbers, 0 to 1, the same every time (SplitMix64).
fn chance(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Cloudy noise of `size`, in gray: blots of `blot` pixels, with finer ones in them.
fn clouds(size: (i32, i32), blot: i32, seed: u64) -> Mat {
    let mut random = chance(seed);
    let mut sum = Mat::new_rows_cols_with_default(size.1, size.0, CV_8UC1, Scalar::all(0.0)).unwrap();
    for octave in 0..3 {
        let cell = (blot >> octave).max(1);
        let (rows, columns) = (size.1 / cell + 2, size.0 / cell + 2);
        let mut coarse = Mat::new_rows_cols_with_default(rows, columns, CV_8UC1, Scalar::all(0.0)).unwrap();
        coarse.data_bytes_mut().unwrap().fill_with(|| (random() * 255.0) as u8);
        let mut fine = Mat::default();
        resize(&coarse, &mut fine, Size::new(size.0, size.1), 0.0, 0.0, INTER_CUBIC).unwrap();
        let mut next = Mat::default();
        opencv::core::add_weighted(&sum, 1.0, &fine, [0.5, 0.3, 0.2][octave], 0.0, &mut next, -1).unwrap();
        sum = next;
    }
    sum
}

/// A motion that turns by `degrees` and zooms by `zoom` about the middle of the image, then shifts.
fn about_the_middle(zoom: f64, degrees: f64, shift: (f64, f64)) -> CameraMotion {
    let (a, b) = (zoom * degrees.to_radians().cos(), zoom * degrees.to_radians().sin());
    let (x, y) = (f64::from(SIZE.0) / 2.0, f64::from(SIZE.1) / 2.0);
    CameraMotion { a, b, dx: x - a * x + b * y + shift.0, dy: y - b * x - a * y + shift.1 }
}

/// What is filmed: a wall with clouds on it, and people with clouds of their own who walk before it.
struct World {
    wall: Mat,
    people: Vec<Mat>,
}

/// How much wall there is on each side of the first image.
const AROUND: f64 = 200.0;

impl World {
    fn new(people: usize, seed: u64) -> Self {
        let wall = clouds((SIZE.0 + 2 * AROUND as i32, SIZE.1 + 2 * AROUND as i32), 32, seed);
        Self { wall, people: (1..=people as u64).map(|i| clouds((60, 180), 12, seed + i)).collect() }
    }

    /// The image after the camera has moved by `motion`; people stand at their places in it.
    fn image(&self, motion: &CameraMotion, places: &[(i32, i32)]) -> Image {
        // Where the wall's pixels go: to the first image, and on. Pixels are counted from their middles here.
        let CameraMotion { a, b, dx, dy } = *motion;
        let (x, y) = (0.5 - AROUND, 0.5 - AROUND);
        let (x, y) = (a * x - b * y + dx - 0.5, b * x + a * y + dy - 0.5);
        let map = Mat::from_slice_2d(&[[a, -b, x], [b, a, y]]).unwrap();
        let mut gray = Mat::default();
        let size = Size::new(SIZE.0, SIZE.1);
        warp_affine(&self.wall, &mut gray, &map, size, INTER_LINEAR, BORDER_CONSTANT, Scalar::default())
            .unwrap();
        for (person, &(x, y)) in self.people.iter().zip(places) {
            let place = Rect::new(x, y, person.cols(), person.rows());
            person.copy_to(&mut gray.roi_mut(place).unwrap()).unwrap();
        }
        color(&gray)
    }
}

fn color(gray: &Mat) -> Image {
    let mut image = Mat::default();
    cvt_color_def(gray, &mut image, COLOR_GRAY2BGR).unwrap();
    Image::new(image).unwrap()
}

/// How far the motion found is from the true one at the corner of the image where it is worst, in pixels.
fn error_at_corners(found: &CameraMotion, true_motion: &CameraMotion) -> f64 {
    let (w, h) = (f64::from(SIZE.0), f64::from(SIZE.1));
    let errors = [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)].map(|corner| {
        let ((x, y), (tx, ty)) = (found.point(corner), true_motion.point(corner));
        (x - tx).hypot(y - ty)
    });
    errors.into_iter().fold(0.0, f64::max)
}

/// The motions tried: shifts, zooms and turns, by themselves and together.
fn motions() -> [CameraMotion; 9] {
    [
        CameraMotion::STILL,
        about_the_middle(1.0, 0.0, (0.3, -0.4)),
        about_the_middle(1.0, 0.0, (12.0, -7.0)),
        about_the_middle(1.0, 0.0, (-60.0, 25.0)),
        about_the_middle(1.03, 0.0, (0.0, 0.0)),
        about_the_middle(0.96, 0.0, (3.0, 5.0)),
        about_the_middle(1.0, 1.5, (0.0, 0.0)),
        about_the_middle(1.0, -4.0, (8.0, 0.0)),
        about_the_middle(1.02, 2.0, (-9.5, 6.5)),
    ]
}

#[test]
fn shift_zoom_and_turn_are_found_whoever_walks_by() {
    // Four people fill a fifth of the image and walk another way than the wall goes.
    let before = [(60, 100), (200, 140), (350, 90), (500, 150)];
    let after = [(75, 100), (191, 141), (361, 94), (480, 150)];
    for people in [0, 4] {
        for (seed, motion) in motions().iter().enumerate() {
            let world = World::new(people, 100 * seed as u64);
            let mut estimator = CameraMotionEstimator::default();
            assert_eq!(
                estimator.estimate(&world.image(&CameraMotion::STILL, &before)).unwrap(),
                ImageMotion::First
            );
            let moved = estimator.estimate(&world.image(motion, &after)).unwrap();
            let error = moved.motion().map_or(f64::INFINITY, |found| error_at_corners(&found, motion));
            assert!(error < 0.5, "{people} people, {motion:?}: {error} pixels, {moved:?}");
        }
    }
}

#[test]
fn the_similarity_of_three_points_by_hand() {
    // Doubled and turned by a quarter, then shifted by (1, -1): (x, y) goes to (1 - 2y, 2x - 1).
    let pairs = [((0.0, 0.0), (1.0, -1.0)), ((3.0, 0.0), (1.0, 5.0)), ((0.0, 1.5), (-2.0, -1.0))];
    let point = |(x, y)| Point2f::new(x, y);
    let mut pairs = pairs.map(|(p, q)| (point(p), point(q))).to_vec();
    let exact = CameraMotion { a: 0.0, b: 2.0, dx: 1.0, dy: -1.0 };
    let found = least_squares(&pairs).unwrap();
    assert!(error_at_corners(&found, &exact) < 1e-9, "{found:?}");
    // One point found at two places, on both sides of where it is: the best is between them.
    pairs.extend([(point((3.0, 0.0)), point((1.0, 5.5))), (point((3.0, 0.0)), point((1.0, 4.5)))]);
    let found = least_squares(&pairs).unwrap();
    assert!(error_at_corners(&found, &exact) < 1e-9, "{found:?}");
    assert_eq!(least_squares(&[pairs[0]; 3]), None);
}

#[test]
fn a_image_that_is_missing_is_bridged() {
    let world = World::new(0, 7);
    let motion = |t: f64| about_the_middle(1.01_f64.powf(t), 0.5 * t, (4.0 * t, -2.0 * t));
    let mut estimator = CameraMotionEstimator::default();
    estimator.estimate(&world.image(&motion(0.0), &[])).unwrap();
    let found = estimator.estimate(&world.image(&motion(3.0), &[])).unwrap().motion().unwrap();
    assert!(error_at_corners(&found, &motion(3.0)) < 0.5, "{found:?}");
}

#[test]
fn the_same_images_give_the_same_motion_to_the_last_bit() {
    let world = World::new(4, 3);
    let images = [(0.0, 40), (5.0, 55), (11.0, 70), (13.0, 85)].map(|(shift, x)| {
        world.image(&about_the_middle(1.0, shift / 10.0, (shift, 0.0)), &[(x, 100), (x + 150, 100)])
    });
    let moved =
        |estimator: &mut CameraMotionEstimator| images.each_ref().map(|p| estimator.estimate(p).unwrap());
    let first = moved(&mut CameraMotionEstimator::default());
    let mut warm = CameraMotionEstimator::default();
    // An estimator that has drawn before, on another thread.
    let second = std::thread::scope(|scope| {
        scope.spawn(|| {
            moved(&mut warm);
            warm.before = None;
            moved(&mut warm)
        });
        moved(&mut CameraMotionEstimator::default())
    });
    assert!(first[1..].iter().all(|m| matches!(m, ImageMotion::By(_))), "{first:?}");
    assert_eq!(first, second);
}

#[test]
fn too_little_to_hold_on_to_or_another_scene_is_no_motion() {
    let blank = |gray: f64| {
        let mat = Mat::new_rows_cols_with_default(SIZE.1, SIZE.0, CV_8UC3, Scalar::all(gray)).unwrap();
        Image::new(mat).unwrap()
    };
    let [here, elsewhere] = [1, 2].map(|seed| World::new(0, seed).image(&CameraMotion::STILL, &[]));
    for (before, now) in [(&blank(90.0), &blank(90.0)), (&here, &blank(90.0)), (&here, &elsewhere)] {
        let mut estimator = CameraMotionEstimator::default();
        estimator.estimate(before).unwrap();
        assert_eq!(estimator.estimate(now).unwrap(), ImageMotion::Unknown);
        assert_eq!(
            estimator.estimate(now).unwrap().motion().is_some(),
            std::ptr::eq(now, &elsewhere),
            "it goes on"
        );
    }
}

#[test]
fn tiny_images_and_large_ones() {
    for (width, height) in [(1, 1), (5, 3), (40, 700), (1920, 1088)] {
        let mut estimator = CameraMotionEstimator::default();
        let image = color(&clouds((width, height), 24, 5));
        estimator.estimate(&image).unwrap();
        let moved = estimator.estimate(&image).unwrap();
        assert_eq!(matches!(moved, ImageMotion::By(_)), width >= 40, "{width}x{height}: {moved:?}");
    }
}
