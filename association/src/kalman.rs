//! Where a person will be: a Kalman filter with constant velocity on the box.
//!
//! State and noise are DeepSORT's (Wojke et al., ICIP 2017, section 2.1): centre x and y, aspect ratio w/h and height,
//! each with its velocity per frame; standard deviations in proportion to the height. In that model no quantity
//! influences another: transition, measurement and all noise join a quantity with its own velocity only, so the 8 x 8
//! covariance stays block diagonal for ever. The filter is therefore kept as what it is, four filters of two
//! numbers each. The result is the same, at a thirtieth of the arithmetic; the tests hold it against the 8 x 8 matrices.

use scene::{BBox, CameraMotion};

/// Standard deviations of the motion model, relative to the height of the box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionNoise {
    /// Of positions and heights.
    pub position: f64,
    /// Of their velocities per frame.
    pub velocity: f64,
}

/// Standard deviations of the aspect ratio, which does not scale with the height (DeepSORT's public code).
mod aspect {
    /// Of the state, at first and added by a frame.
    pub(super) const STATE: f64 = 1e-2;
    /// Of its velocity, at first and added by a frame.
    pub(super) const VELOCITY: f64 = 1e-5;
    /// Of a measurement.
    pub(super) const MEASUREMENT: f64 = 1e-1;
}

/// Index of the aspect ratio and of the height in the four quantities.
const ASPECT: usize = 2;
const HEIGHT: usize = 3;

/// A box as the filter measures it: centre x, centre y, aspect ratio w/h, height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement([f64; 4]);

impl Measurement {
    /// The measurement of a box with an area ([`BBox::is_valid`]).
    pub fn of(bbox: &BBox) -> Self {
        let (cx, cy) = bbox.center();
        Self([cx, cy, bbox.w / bbox.h, bbox.h])
    }
}

/// One quantity: value and velocity with their covariance.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quantity {
    value: f64,
    velocity: f64,
    value_variance: f64,
    covariance: f64,
    velocity_variance: f64,
}

/// The motion of one box: a Gaussian belief about where it is and how it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion([Quantity; 4]);

impl Motion {
    /// The belief after a first measurement: at rest, with a wide uncertainty.
    pub fn start(measurement: &Measurement, noise: MotionNoise) -> Self {
        let height = measurement.0[HEIGHT];
        let mut i = 0;
        Self(measurement.0.map(|value| {
            let (position, velocity) = if i == ASPECT {
                (aspect::STATE, aspect::VELOCITY)
            } else {
                (2.0 * noise.position * height, 10.0 * noise.velocity * height)
            };
            i += 1;
            Quantity {
                value,
                velocity: 0.0,
                value_variance: position * position,
                covariance: 0.0,
                velocity_variance: velocity * velocity,
            }
        }))
    }

    /// Moves the belief on by one frame.
    pub fn predict(&mut self, noise: MotionNoise) {
        let height = self.0[HEIGHT].value;
        for (i, q) in self.0.iter_mut().enumerate() {
            let (position, velocity) = if i == ASPECT {
                (aspect::STATE, aspect::VELOCITY)
            } else {
                (noise.position * height, noise.velocity * height)
            };
            q.value += q.velocity;
            q.value_variance += 2.0 * q.covariance + q.velocity_variance + position * position;
            q.covariance += q.velocity_variance;
            q.velocity_variance += velocity * velocity;
        }
    }

    /// Carries the belief over into the picture as it is after the camera has moved, before it is moved on and compared
    /// with what is seen there (Aharon et al., *BoT-SORT*, 2022, section 3.1).
    ///
    /// This is what the 8 x 8 filter does with a linear map, turns included: x and y have the same noise and the same
    /// gains and so are always equally uncertain, and a round uncertainty stays round when it is turned. As boxes do,
    /// the belief stays upright.
    pub fn move_camera(&mut self, motion: &CameraMotion) {
        let scale = motion.scale();
        for (i, q) in self.0.iter_mut().enumerate().filter(|(i, _)| *i != ASPECT) {
            if i == HEIGHT {
                q.value *= scale;
                q.velocity *= scale;
            }
            q.value_variance *= scale * scale;
            q.covariance *= scale * scale;
            q.velocity_variance *= scale * scale;
        }
        let [x, y, ..] = &mut self.0;
        (x.value, y.value) = motion.point((x.value, y.value));
        (x.velocity, y.velocity) = motion.direction((x.velocity, y.velocity));
    }

    /// Corrects the belief by a measurement.
    pub fn update(&mut self, measurement: &Measurement, noise: MotionNoise) {
        let deviations = self.measurement_noise(noise);
        for ((q, z), deviation) in self.0.iter_mut().zip(measurement.0).zip(deviations) {
            let innovation_variance = q.value_variance + deviation * deviation;
            let value_gain = q.value_variance / innovation_variance;
            let velocity_gain = q.covariance / innovation_variance;
            let innovation = z - q.value;
            q.value += value_gain * innovation;
            q.velocity += velocity_gain * innovation;
            q.velocity_variance -= velocity_gain * q.covariance;
            q.covariance -= value_gain * q.covariance;
            q.value_variance -= value_gain * q.value_variance;
        }
    }

    /// What a measurement can be compared with: the expected one, as seen through the noise of measurements.
    pub fn gate(&self, noise: MotionNoise) -> MotionGate {
        let deviations = self.measurement_noise(noise);
        let mut gate = MotionGate { expected: [0.0; 4], precision: [0.0; 4] };
        for (i, q) in self.0.iter().enumerate() {
            gate.expected[i] = q.value;
            gate.precision[i] = 1.0 / (q.value_variance + deviations[i] * deviations[i]);
        }
        gate
    }

    /// How much less than a fresh measurement the foreseen place tells: half the logarithm of the ratio between the
    /// determinants of the covariance of the expected measurement and of the measurement noise alone; 0 or more, and growing
    /// while nothing is measured.
    pub fn spread(&self, noise: MotionNoise) -> f64 {
        let deviations = self.measurement_noise(noise);
        let terms = self.0.iter().zip(deviations).map(|(q, d)| (1.0 + q.value_variance / (d * d)).ln());
        0.5 * terms.sum::<f64>()
    }

    /// The box that is believed in. Its width and height are negative where the belief has shrunk below nothing.
    pub fn bbox(&self) -> BBox {
        let [cx, cy, aspect, height] = self.0.map(|q| q.value);
        BBox::from_center(cx, cy, aspect * height, height)
    }

    /// Standard deviations of a measurement.
    fn measurement_noise(&self, noise: MotionNoise) -> [f64; 4] {
        let position = noise.position * self.0[HEIGHT].value;
        [position, position, aspect::MEASUREMENT, position]
    }
}

/// How far measurements are from the one that is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionGate {
    expected: [f64; 4],
    precision: [f64; 4],
}

impl MotionGate {
    /// Squared Mahalanobis distance of a measurement; chi-square with 4 degrees of freedom where the belief is right.
    pub fn squared_mahalanobis(&self, measurement: &Measurement) -> f64 {
        let terms = (0..4).map(|i| (measurement.0[i] - self.expected[i]).powi(2) * self.precision[i]);
        terms.sum()
    }
}

#[cfg(test)]
mod tests {
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

        fn move_camera(&mut self, motion: &CameraMotion) {
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
        let mut motion = Motion::start(&Measurement([50.0, 50.0, 0.5, 100.0]), NOISE);
        motion.predict(NOISE);
        // 100 + 39.0625 + 5² = 164.0625 and covariance 39.0625; with the measurement's 5² the gain is 164.0625/189.0625.
        motion.update(&Measurement([60.0, 50.0, 0.5, 100.0]), NOISE);
        assert!((motion.0[0].value - (50.0 + 10.0 * 164.0625 / 189.0625)).abs() < 1e-12);
        assert!((motion.0[0].velocity - 10.0 * 39.0625 / 189.0625).abs() < 1e-12);
        assert_eq!(motion.0[1].velocity, 0.0, "what was as expected changes nothing");
    }

    #[test]
    fn a_person_who_walks_on_is_foreseen() {
        let walk = |t: f64| BBox::new(10.0 + 4.0 * t, 20.0, 40.0, 100.0);
        let mut motion = Motion::start(&Measurement::of(&walk(0.0)), NOISE);
        for t in 1..60 {
            motion.predict(NOISE);
            motion.update(&Measurement::of(&walk(f64::from(t))), NOISE);
        }
        for _ in 0..5 {
            motion.predict(NOISE);
        }
        assert!((motion.bbox().x - walk(64.0).x).abs() < 0.1, "{:?}", motion.bbox());
    }

    #[test]
    fn who_walks_past_a_camera_that_turns_and_zooms_is_foreseen() {
        // The camera turns by 0.5 degrees a frame about (320, 180), zooms in by 0.2 % and shifts by (7, -3) pixels.
        let (angle, zoom) = (0.5_f64.to_radians(), 1.002);
        let (a, b) = (zoom * angle.cos(), zoom * angle.sin());
        let shift = (320.0 - a * 320.0 + b * 180.0 + 7.0, 180.0 - b * 320.0 - a * 180.0 - 3.0);
        let camera = CameraMotion { a, b, dx: shift.0, dy: shift.1 };
        // In the picture in which it began, a person walks 2 pixels a frame to the right.
        let seen = |t: i32| {
            let start = BBox::from_center(200.0 + 2.0 * f64::from(t), 150.0, 30.0, 80.0);
            (0..t).fold(start, |bbox, _| camera.bbox(&bbox))
        };
        let mut motion = Motion::start(&Measurement::of(&seen(0)), NOISE);
        for t in 1..40 {
            motion.move_camera(&camera);
            motion.predict(NOISE);
            let (foreseen, there) = (motion.bbox(), seen(t));
            if t > 20 {
                assert!((foreseen.center().0 - there.center().0).abs() < 0.1, "{t}: {foreseen:?} {there:?}");
                assert!((foreseen.center().1 - there.center().1).abs() < 0.1, "{t}: {foreseen:?} {there:?}");
                assert!((foreseen.h - there.h).abs() < 0.1, "{t}: {foreseen:?} {there:?}");
            }
            motion.update(&Measurement::of(&there), NOISE);
        }
    }

    fn camera_motion() -> impl Strategy<Value = CameraMotion> {
        (0.8..1.25, -0.5..0.5_f64, -200.0..200.0, -200.0..200.0).prop_map(|(scale, angle, dx, dy)| {
            CameraMotion { a: scale * angle.cos(), b: scale * angle.sin(), dx, dy }
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
            let mut motion = Motion::start(&Measurement(first), NOISE);
            let mut textbook = Textbook::start(first);
            for (camera, step) in steps {
                if let Some(camera) = camera {
                    motion.move_camera(&camera);
                    textbook.move_camera(&camera);
                }
                motion.predict(NOISE);
                textbook.predict();
                let distance = motion.gate(NOISE).squared_mahalanobis(&Measurement(other));
                let expected = textbook.squared_mahalanobis(other);
                prop_assert!((distance - expected).abs() <= 1e-6 * expected.max(1.0), "{distance} {expected}");
                if let Some(z) = step {
                    motion.update(&Measurement(z), NOISE);
                    textbook.update(z);
                }
                for (i, q) in motion.0.iter().enumerate() {
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
}
