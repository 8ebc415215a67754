//! Where a person will be: a Kalman filter with constant velocity on the box.
//!
//! State and noise are DeepSORT's (Wojke et al., ICIP 2017, section 2.1): centre x and y, aspect ratio w/h and height,
//! each with its velocity per frame; standard deviations in proportion to the height. In that model no quantity
//! influences another: transition, measurement and all noise join a quantity with its own velocity only, so the 8 x 8
//! covariance stays block diagonal for ever. The filter is therefore kept as what it is, four filters of two
//! numbers each. The result is the same, at a thirtieth of the arithmetic; the tests hold it against the 8 x 8 matrices.

use mvmhat_scene::{BBox, CameraMotion};

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

    /// Carries the belief over into the image as it is after the camera has moved, before it is moved on and compared
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
mod tests;
