//! The filter of a box compared with the filter of full matrices, as the textbook writes it.

use nalgebra::{SMatrix, SVector};
use proptest::prelude::*;

use super::*;

const NOISE: MotionNoise = MotionNoise { position: 1.0 / 20.0, velocity: 1.0 / 160.0 };

/// The filter as the textbook writes it, with full matrices.
struct Textbook {
    mean: SVector<f64, 8>,
    covariance: SMatrix<f64, 8, 8>,
}

impl Textbook {
    fn diagonal(deviations: [f64; 8]) -> SMatrix<f64, 8, 8> {
        SMatrix::from_diagonal(&SVector::from(deviations.map(|d| d * d)))
    }

    fn start(z: [f64; 4]) -> Self {
        let (p, v) = (2.0 * NOISE.position * z[3], 10.0 * NOISE.velocity * z[3]);
        let mean = SVector::from([z[0], z[1], z[2], z[3], 0.0, 0.0, 0.0, 0.0]);
        Self { mean, covariance: Self::diagonal([p, p, 1e-2, p, v, v, 1e-5, v]) }
    }

    fn predict(&mut self) {
        let (p, v) = (NOISE.position * self.mean[3], NOISE.velocity * self.mean[3]);
        let mut transition = SMatrix::<f64, 8, 8>::identity();
        for i in 0..4 {
            transition[(i, i + 4)] = 1.0;
        }
        self.mean = transition * self.mean;
        self.covariance = transition * self.covariance * transition.transpose()
            + Self::diagonal([p, p, 1e-2, p, v, v, 1e-5, v]);
    }

    fn compensate_camera_motion(&mut self, motion: &CameraMotion) {
        let (CameraMotion { a, b, dx, dy }, s) = (*motion, motion.scale());
        let mut map = SMatrix::<f64, 8, 8>::identity();
        for i in [0, 4] {
            map.fixed_view_mut::<2, 2>(i, i).copy_from(&SMatrix::<f64, 2, 2>::new(a, -b, b, a));
            map[(i + 3, i + 3)] = s;
        }
        self.mean = map * self.mean + SVector::from([dx, dy, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        self.covariance = map * self.covariance * map.transpose();
    }

    fn project(&self) -> (SVector<f64, 4>, SMatrix<f64, 4, 4>, SMatrix<f64, 4, 8>) {
        let p = NOISE.position * self.mean[3];
        let measure = SMatrix::<f64, 4, 8>::identity();
        let noise = SMatrix::from_diagonal(&SVector::from([p * p, p * p, 1e-2, p * p]));
        (measure * self.mean, measure * self.covariance * measure.transpose() + noise, measure)
    }

    fn update(&mut self, z: [f64; 4]) {
        let (mean, covariance, measure) = self.project();
        let gain = self.covariance * measure.transpose() * covariance.try_inverse().unwrap();
        self.mean += gain * (SVector::from(z) - mean);
        self.covariance -= gain * covariance * gain.transpose();
    }

    fn squared_mahalanobis(&self, z: [f64; 4]) -> f64 {
        let (mean, covariance, _) = self.project();
        let d = SVector::from(z) - mean;
        (d.transpose() * covariance.try_inverse().unwrap() * d)[0]
    }
}

#[test]
fn a_first_update_by_hand() {
    // Height 100: position variance (2 * 5)² = 100, velocity variance (10 * 0.625)² = 39.0625.
    let mut filter = BoxKalmanFilter::start(&BoxMeasurement([50.0, 50.0, 0.5, 100.0]), NOISE);
    filter.predict(NOISE);
    // 100 + 39.0625 + 5² = 164.0625 and covariance 39.0625; with the measurement's 5² the gain is 164.0625/189.0625.
    filter.update(&BoxMeasurement([60.0, 50.0, 0.5, 100.0]), NOISE);
    assert!((filter.0[0].value - (50.0 + 10.0 * 164.0625 / 189.0625)).abs() < 1e-12);
    assert!((filter.0[0].velocity - 10.0 * 39.0625 / 189.0625).abs() < 1e-12);
    assert_eq!(filter.0[1].velocity, 0.0, "a measurement as predicted changes nothing");
}

#[test]
fn a_person_who_walks_on_is_predicted() {
    let walk = |t: f64| BBox::new(10.0 + 4.0 * t, 20.0, 40.0, 100.0);
    let mut filter = BoxKalmanFilter::start(&BoxMeasurement::from(&walk(0.0)), NOISE);
    for t in 1..60 {
        filter.predict(NOISE);
        filter.update(&BoxMeasurement::from(&walk(f64::from(t))), NOISE);
    }
    for _ in 0..5 {
        filter.predict(NOISE);
    }
    assert!((filter.bbox().x - walk(64.0).x).abs() < 0.1, "{:?}", filter.bbox());
}

#[test]
fn a_person_who_walks_past_a_camera_that_turns_and_zooms_is_predicted() {
    // The camera turns by 0.5 degrees per frame about (320, 180), zooms in by 0.2 % and shifts by (7, -3) pixels.
    let (angle, zoom) = (0.5_f64.to_radians(), 1.002);
    let (a, b) = (zoom * angle.cos(), zoom * angle.sin());
    let shift = (320.0 - a * 320.0 + b * 180.0 + 7.0, 180.0 - b * 320.0 - a * 180.0 - 3.0);
    let camera = CameraMotion { a, b, dx: shift.0, dy: shift.1 };
    // In the image in which it began, a person walks 2 pixels per frame to the right.
    let walk = |t: i32| {
        let start = BBox::from_center(200.0 + 2.0 * f64::from(t), 150.0, 30.0, 80.0);
        (0..t).fold(start, |bbox, _| camera.bbox(&bbox))
    };
    let mut filter = BoxKalmanFilter::start(&BoxMeasurement::from(&walk(0)), NOISE);
    for t in 1..40 {
        filter.compensate_camera_motion(&camera);
        filter.predict(NOISE);
        let (predicted, there) = (filter.bbox(), walk(t));
        if t > 20 {
            assert!((predicted.center().0 - there.center().0).abs() < 0.1, "{t}: {predicted:?} {there:?}");
            assert!((predicted.center().1 - there.center().1).abs() < 0.1, "{t}: {predicted:?} {there:?}");
            assert!((predicted.h - there.h).abs() < 0.1, "{t}: {predicted:?} {there:?}");
        }
        filter.update(&BoxMeasurement::from(&there), NOISE);
    }
}

fn camera_motion() -> impl Strategy<Value = CameraMotion> {
    (0.8..1.25, -0.5..0.5_f64, -200.0..200.0, -200.0..200.0).prop_map(|(scale, angle, dx, dy)| CameraMotion {
        a: scale * angle.cos(),
        b: scale * angle.sin(),
        dx,
        dy,
    })
}

fn measurement() -> impl Strategy<Value = [f64; 4]> {
    (-500.0..2000.0, -500.0..2000.0, 0.2..2.0, 20.0..600.0).prop_map(|(x, y, a, h)| [x, y, a, h])
}

proptest! {
    #[test]
    fn it_is_the_filter_of_full_matrices(
        first in measurement(),
        steps in prop::collection::vec(
            (prop::option::of(camera_motion()), prop::option::of(measurement())), 1..30),
        other in measurement(),
    ) {
        let mut filter = BoxKalmanFilter::start(&BoxMeasurement(first), NOISE);
        let mut textbook = Textbook::start(first);
        for (camera, step) in steps {
            if let Some(camera) = camera {
                filter.compensate_camera_motion(&camera);
                textbook.compensate_camera_motion(&camera);
            }
            filter.predict(NOISE);
            textbook.predict();
            let distance = filter.gate(NOISE).squared_mahalanobis(&BoxMeasurement(other));
            let expected = textbook.squared_mahalanobis(other);
            prop_assert!((distance - expected).abs() <= 1e-6 * expected.max(1.0), "{distance} {expected}");
            if let Some(z) = step {
                filter.update(&BoxMeasurement(z), NOISE);
                textbook.update(z);
            }
            for (i, q) in filter.0.iter().enumerate() {
                let near = |found: f64, expected: f64| (found - expected).abs() <= 1e-6 * expected.abs().max(1.0);
                prop_assert!(near(q.value, textbook.mean[i]));
                prop_assert!(near(q.velocity, textbook.mean[i + 4]));
                prop_assert!(near(q.value_variance, textbook.covariance[(i, i)]));
                prop_assert!(near(q.covariance, textbook.covariance[(i, i + 4)]));
                prop_assert!(near(q.velocity_variance, textbook.covariance[(i + 4, i + 4)]));
                // What the four filters leave out is nothing, however the camera turns.
                for j in (0..8).filter(|j| j % 4 != i) {
                    prop_assert!(near(textbook.covariance[(i, j)], 0.0));
                    prop_assert!(near(textbook.covariance[(i + 4, j)], 0.0));
                }
            }
        }
    }
}
