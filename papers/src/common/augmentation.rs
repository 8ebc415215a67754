//! Images moved, turned and scaled a little, anew in every step: few digits become many.

use mvmhat_random::Random;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// How far images are moved; each value is drawn evenly between its negative and itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Pixels, across and down.
    pub shift: f64,
    /// Degrees.
    pub turn: f64,
    /// Share of the size.
    pub scale: f64,
}

impl Augmentation {
    /// Images, N x C x H x W, each moved in its own way.
    pub(crate) fn apply(&self, images: &Tensor, seed: u64, step: u64) -> Tensor {
        let size = images.size();
        let (count, height, width) = (size[0], size[2] as f64, size[3] as f64);
        let mut random = Random::new(seed, &format!("augmentation {step}"));
        let mut about = |extent: f64| extent * (2.0 * random.uniform() - 1.0);
        let mut rows = Vec::with_capacity(6 * count as usize);
        for _ in 0..count {
            let (sin, cos) = about(self.turn).to_radians().sin_cos();
            let scale = 1.0 + about(self.scale);
            // Places go from -1 to 1 over a side.
            let (x, y) = (2.0 * about(self.shift) / width, 2.0 * about(self.shift) / height);
            rows.extend([cos * scale, -sin * scale, x, sin * scale, cos * scale, y].map(|v| v as f32));
        }
        let grid =
            Tensor::affine_grid_generator(&Tensor::from_slice(&rows).view([count, 2, 3]), &size, false);
        // Bilinear, with zeros around.
        images.grid_sampler(&grid, 0, 0, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn nothing_moves_without_extent_and_everything_with_it() {
        let images = Tensor::rand([3, 1, 28, 28], (Kind::Float, Device::Cpu));
        let none = Augmentation { shift: 0.0, turn: 0.0, scale: 0.0 };
        assert!(none.apply(&images, 1, 5).allclose(&images, 1e-4, 1e-5, false));
        let some = Augmentation { shift: 2.0, turn: 10.0, scale: 0.1 };
        assert_eq!(some.apply(&images, 1, 5), some.apply(&images, 1, 5));
        assert!(!some.apply(&images, 1, 5).allclose(&some.apply(&images, 1, 6), 1e-2, 1e-2, false));
    }
}
