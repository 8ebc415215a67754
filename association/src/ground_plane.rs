//! Ground-plane positions of people, for calibrated cameras.

use mvmhat_scene::{BBox, Camera, Pinhole, Plane, Sequence};

/// A position on the ground plane, and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroundPosition {
    /// x and y in the world, in metres.
    pub position: (f64, f64),
    /// Variance of each coordinate, in square metres.
    pub variance: f64,
}

impl GroundPosition {
    /// Squared distance to another position, in square metres.
    pub fn squared_distance(&self, other: &Self) -> f64 {
        let (dx, dy) = (self.position.0 - other.position.0, self.position.1 - other.position.1);
        dx * dx + dy * dy
    }
}

/// The calibrated cameras of a sequence above their common ground plane.
#[derive(Clone, Debug, PartialEq)]
pub struct GroundPlane {
    plane: Plane,
    /// One entry per camera, in their order; `None` where a camera is not calibrated.
    cameras: Vec<Option<Pinhole>>,
}

/// Standard deviation of the lower edge of a box, relative to its height.
const FOOT_DEVIATION: f64 = 0.05;
/// A lower edge this near to that of the image, in pixels, is where the image ends and not where the feet are.
const IMAGE_MARGIN: f64 = 3.0;

impl GroundPlane {
    /// The cameras of a sequence; `None` where fewer than two of them are calibrated.
    pub fn from_sequence(sequence: &Sequence) -> Option<Self> {
        let calibration = sequence.calibration.as_ref()?;
        let pinhole = |camera: &Camera| calibration.cameras.get(&camera.name).cloned();
        let cameras: Vec<_> = sequence.cameras.iter().map(pinhole).collect();
        let enough = cameras.iter().flatten().count() >= 2;
        enough.then_some(Self { plane: calibration.ground, cameras })
    }

    /// Where the person in a box of a camera stands; `None` where the camera is not calibrated or does not see the feet.
    ///
    /// `deviation` is the standard deviation, in metres, between the person's center and the foot point of a perfect box.
    /// The uncertainty of the lower edge itself is propagated to the ground, where it grows with the distance.
    pub fn position(&self, camera: usize, bbox: &BBox, deviation: f64) -> Option<GroundPosition> {
        let pinhole = self.cameras.get(camera)?.as_ref()?;
        if bbox.bottom() > f64::from(pinhole.image_size.1) - IMAGE_MARGIN {
            return None;
        }
        let (x, y) = bbox.foot();
        let position = pinhole.ground_position((x, y), &self.plane)?;
        let lower = pinhole.ground_position((x, y + FOOT_DEVIATION * bbox.h), &self.plane)?;
        let (dx, dy) = (position.0 - lower.0, position.1 - lower.1);
        Some(GroundPosition { position, variance: deviation * deviation + dx * dx + dy * dy })
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::Calibration;

    use super::*;

    /// A camera 4 m above the ground facing along y and 45 degrees down, with a focal length of 100 pixels.
    fn ground_plane() -> GroundPlane {
        let yaml = "units: metres
ground_plane: [0, 0, 1, 0]
cameras:
  a:
    image_size: [200, 200]
    K: [[100, 0, 100], [0, 100, 100], [0, 0, 1]]
    dist: [0, 0, 0, 0, 0]
    R: [[1, 0, 0], [0, -0.7071067811865476, -0.7071067811865476], [0, 0.7071067811865476, -0.7071067811865476]]
    t: [0, 2.8284271247461903, 2.8284271247461903]
";
        let calibration = Calibration::parse(yaml.as_bytes()).unwrap();
        GroundPlane { plane: calibration.ground, cameras: vec![calibration.cameras.get("a").cloned(), None] }
    }

    #[test]
    fn feet_in_the_middle_of_the_image_stand_where_the_optical_axis_intersects_the_ground() {
        let found = ground_plane().position(0, &BBox::new(90.0, 60.0, 20.0, 40.0), 0.3).unwrap();
        assert!(found.position.0.abs() < 1e-9 && (found.position.1 - 4.0).abs() < 1e-9, "{found:?}");
        // Two pixels lower the ray falls by 45 degrees and atan(0.02): 4 / tan of that is 3.843 m.
        let nearer = 4.0 / (std::f64::consts::FRAC_PI_4 + 0.02f64.atan()).tan();
        assert!((found.variance - (0.09 + (4.0 - nearer).powi(2))).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn feet_that_are_not_seen_have_no_position() {
        assert_eq!(
            ground_plane().position(0, &BBox::new(90.0, 150.0, 20.0, 49.0), 0.3),
            None,
            "cut off by the image"
        );
        assert_eq!(
            ground_plane().position(1, &BBox::new(90.0, 60.0, 20.0, 40.0), 0.3),
            None,
            "not calibrated"
        );
        assert_eq!(ground_plane().position(0, &BBox::new(90.0, -60.0, 20.0, 40.0), 0.3), None, "in the sky");
    }
}
