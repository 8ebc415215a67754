//! Random affine data augmentation: every image is shifted, rotated and scaled anew in every step.

use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// The ranges of the random transformations: each amount is drawn uniformly between the negative value and the value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Shift in pixels, horizontally and vertically.
    pub shift: f64,
    /// Rotation in degrees.
    pub turn: f64,
    /// Relative change of the scale.
    pub scale: f64,
}

impl Augmentation {
    /// Transforms images, N x C x H x W, each in its own way.
    pub(crate) fn apply(&self, images: &Tensor, seed: u64, step: u64) -> Tensor {
        let size = images.size();
        let (count, height, width) = (size[0], size[2] as f64, size[3] as f64);
        let mut random = Random::new(seed, &format!("augmentation {step}"));
        let mut draw = |range: f64| range * (2.0 * random.uniform() - 1.0);
        let mut rows = Vec::with_capacity(6 * count as usize);
        for _ in 0..count {
            let (sin, cos) = draw(self.turn).to_radians().sin_cos();
            let scale = 1.0 + draw(self.scale);
            // Coordinates go from -1 to 1 over the image.
            let (x, y) = (2.0 * draw(self.shift) / width, 2.0 * draw(self.shift) / height);
            rows.extend([cos * scale, -sin * scale, x, sin * scale, cos * scale, y].map(|v| v as f32));
        }
        let grid =
            Tensor::affine_grid_generator(&Tensor::from_slice(&rows).view([count, 2, 3]), &size, false);
        // Bilinear interpolation, zero padding.
        images.grid_sampler(&grid, 0, 0, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn images_change_unless_all_ranges_are_zero() {
        let images = Tensor::rand([3, 1, 28, 28], (Kind::Float, Device::Cpu));
        let none = Augmentation { shift: 0.0, turn: 0.0, scale: 0.0 };
        assert!(none.apply(&images, 1, 5).allclose(&images, 1e-4, 1e-5, false));
        let some = Augmentation { shift: 2.0, turn: 10.0, scale: 0.1 };
        assert_eq!(some.apply(&images, 1, 5), some.apply(&images, 1, 5));
        assert!(!some.apply(&images, 1, 5).allclose(&some.apply(&images, 1, 6), 1e-2, 1e-2, false));
    }
}
