//! Where a person will be: a Kalman filter with constant velocity on the bounding box.
//!
//! State and noise are DeepSORT's (Wojke et al., ICIP 2017, section 2.1): center x and y, aspect ratio w/h and height,
//! each with its velocity per frame; standard deviations in proportion to the height. In that model no quantity
//! influences another: transition, measurement and all noise join a quantity with its own velocity only, so the 8 x 8
//! covariance always stays block diagonal. The filter is therefore implemented as four filters of two dimensions each.
//! The result is the same, at a thirtieth of the arithmetic; the tests compare it with the 8 x 8 matrices.

use mvmhat_scene::{BBox, CameraMotion};

/// Standard deviations of process and measurement noise, relative to the height of the box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionNoise {
    /// Of positions and heights.
    pub position: f64,
    /// Of their velocities per frame.
    pub velocity: f64,
}

/// Standard deviations of the aspect ratio, which does not scale with the height (DeepSORT's public code).
mod aspect {
    /// Of the state, initially and added per frame.
    pub(super) const STATE: f64 = 1e-2;
    /// Of its velocity, initially and added per frame.
    pub(super) const VELOCITY: f64 = 1e-5;
    /// Of a measurement.
    pub(super) const MEASUREMENT: f64 = 1e-1;
}

/// Index of the aspect ratio and of the height in the four quantities.
const ASPECT: usize = 2;
const HEIGHT: usize = 3;

/// A box as the filter measures it: center x, center y, aspect ratio w/h, height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxMeasurement([f64; 4]);

impl From<&BBox> for BoxMeasurement {
    /// The measurement of a box with an area ([`BBox::is_valid`]).
    fn from(bbox: &BBox) -> Self {
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

/// The Kalman filter of one box: the Gaussian state estimate of where it is and how it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxKalmanFilter([Quantity; 4]);

impl BoxKalmanFilter {
    /// The state after a first measurement: at rest, with a wide uncertainty.
    pub fn start(measurement: &BoxMeasurement, noise: MotionNoise) -> Self {
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

    /// Predicts the state one frame on.
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

    /// Camera motion compensation: transforms the state into the image after the camera has moved, before the prediction
    /// and the comparison with what is detected there (Aharon et al., *BoT-SORT*, 2022, section 3.1).
    ///
    /// This is what the 8 x 8 filter does with a linear map, rotations included: x and y have the same noise and the same
    /// gains and so always the same variance, and an isotropic covariance stays isotropic when it is rotated. The box
    /// stays upright, as boxes do.
    pub fn compensate_camera_motion(&mut self, motion: &CameraMotion) {
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

    /// Corrects the state by a measurement.
    pub fn update(&mut self, measurement: &BoxMeasurement, noise: MotionNoise) {
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

    /// The gate for measurements: the expected one, with the innovation covariance.
    pub fn gate(&self, noise: MotionNoise) -> MahalanobisGate {
        let deviations = self.measurement_noise(noise);
        let mut gate = MahalanobisGate { expected: [0.0; 4], precision: [0.0; 4] };
        for (i, q) in self.0.iter().enumerate() {
            gate.expected[i] = q.value;
            gate.precision[i] = 1.0 / (q.value_variance + deviations[i] * deviations[i]);
        }
        gate
    }

    /// How uncertain the predicted box is, in nats: half the logarithm of the ratio between the determinants of the
    /// innovation covariance and of the measurement noise alone. 0 or more, and growing while nothing is measured.
    pub fn uncertainty(&self, noise: MotionNoise) -> f64 {
        let deviations = self.measurement_noise(noise);
        let terms = self.0.iter().zip(deviations).map(|(q, d)| (1.0 + q.value_variance / (d * d)).ln());
        0.5 * terms.sum::<f64>()
    }

    /// The estimated box. Its width and height are negative where the estimate of the height has fallen below 0.
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

/// How far measurements are from the expected one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MahalanobisGate {
    expected: [f64; 4],
    precision: [f64; 4],
}

impl MahalanobisGate {
    /// Squared Mahalanobis distance of a measurement; chi-square with 4 degrees of freedom where the model is right.
    pub fn squared_mahalanobis(&self, measurement: &BoxMeasurement) -> f64 {
        let terms = (0..4).map(|i| (measurement.0[i] - self.expected[i]).powi(2) * self.precision[i]);
        terms.sum()
    }
}

#[cfg(test)]
mod tests;
