//! Color jitter: brightness, color cast, gamma and saturation, which is how images of different cameras differ.

use mvmhat_random::Random;
use mvmhat_settings::ConfigError;

use crate::rules::Rules;

/// The luma weights of ITU-R BT.601 for pixels in the order red, green, blue.
pub(crate) const RGB: [f32; 3] = [0.299, 0.587, 0.114];
/// The same for pixels in the order blue, green, red.
pub(crate) const BGR: [f32; 3] = [0.114, 0.587, 0.299];

/// How far colors are changed at most, each 0 for not at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColorJitterBounds {
    /// The relative change of all channels together.
    pub(crate) brightness: f64,
    /// The relative change of each channel by itself.
    pub(crate) color: f64,
    /// The absolute value of the logarithm of gamma.
    pub(crate) gamma: f64,
    /// The relative change of the saturation.
    pub(crate) saturation: f64,
}

impl ColorJitterBounds {
    /// Checks the keys of `train.augmentation` that it was made from.
    pub(crate) fn validate(&self, rules: &Rules) -> Result<(), ConfigError> {
        rules.at_most("brightness", self.brightness, 0.9)?;
        rules.at_most("color", self.color, 0.9)?;
        rules.at_most("gamma", self.gamma, 2.0)?;
        rules.at_most("saturation", self.saturation, 1.0)
    }
}

/// One change of colors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColorJitter {
    /// Factors of the three channels, in the order of the pixels.
    pub(crate) gain: [f64; 3],
    pub(crate) gamma: f64,
    /// 0 gives a grayscale image.
    pub(crate) saturation: f64,
}

impl ColorJitter {
    /// Changes nothing.
    pub(crate) fn identity() -> Self {
        Self { gain: [1.0; 3], gamma: 1.0, saturation: 1.0 }
    }

    /// Draws a change within `bounds`.
    pub(crate) fn draw(bounds: ColorJitterBounds, random: &mut Random) -> Self {
        let mut within = |bound: f64| bound * (2.0 * random.uniform() - 1.0);
        let brightness = 1.0 + within(bounds.brightness);
        let gain = [0; 3].map(|_| brightness * (1.0 + within(bounds.color)));
        Self { gain, gamma: within(bounds.gamma).exp(), saturation: 1.0 + within(bounds.saturation) }
    }

    /// Changes pixels of three bytes. `luma` are the weights for their channel order: [`RGB`] or [`BGR`].
    pub(crate) fn apply(&self, pixels: &mut [u8], luma: [f32; 3]) {
        if *self == Self::identity() {
            return;
        }
        let table = |gain: f64| -> [f32; 256] {
            std::array::from_fn(|value| (255.0 * gain * (value as f64 / 255.0).powf(self.gamma)) as f32)
        };
        let tables = self.gain.map(table);
        let saturation = self.saturation as f32;
        for pixel in pixels.as_chunks_mut::<3>().0 {
            let color: [f32; 3] = std::array::from_fn(|channel| tables[channel][pixel[channel] as usize]);
            let gray = luma[0] * color[0] + luma[1] * color[1] + luma[2] * color[2];
            // The conversion saturates at 0 and 255.
            *pixel = color.map(|value| (gray + saturation * (value - gray) + 0.5) as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(jitter: &ColorJitter, luma: [f32; 3]) -> [u8; 3] {
        let mut pixel = [100, 50, 200];
        jitter.apply(&mut pixel, luma);
        pixel
    }

    #[test]
    fn by_hand() {
        assert_eq!(changed(&ColorJitter::identity(), RGB), [100, 50, 200]);
        let brighter = ColorJitter { gain: [2.0, 1.0, 0.5], ..ColorJitter::identity() };
        assert_eq!(changed(&brighter, RGB), [200, 50, 100]);
        let gray = ColorJitter { saturation: 0.0, ..ColorJitter::identity() };
        assert_eq!(changed(&gray, RGB), [82; 3], "29.9 + 29.35 + 22.8");
        assert_eq!(changed(&gray, BGR), [101; 3], "11.4 + 29.35 + 59.8");
        let darker = ColorJitter { gamma: 2.0, ..ColorJitter::identity() };
        assert_eq!(changed(&darker, RGB), [39, 10, 157], "255 (v / 255)^2");
        let stronger = ColorJitter { gain: [9.0; 3], saturation: 2.0, ..ColorJitter::identity() };
        assert_eq!(changed(&stronger, RGB), [255, 162, 255], "nothing wraps around");
    }

    #[test]
    fn what_is_drawn_stays_within_its_bounds() {
        let bounds = ColorJitterBounds { brightness: 0.3, color: 0.15, gamma: 0.3, saturation: 0.2 };
        let mut random = Random::new(1, "colors");
        for _ in 0..200 {
            let ColorJitter { gain, gamma, saturation } = ColorJitter::draw(bounds, &mut random);
            assert!(gain.iter().all(|gain| (0.7 * 0.85..=1.3 * 1.15).contains(gain)), "{gain:?}");
            assert!(gamma.ln().abs() <= 0.3 && (0.8..=1.2).contains(&saturation));
        }
        let none = ColorJitterBounds { brightness: 0.0, color: 0.0, gamma: 0.0, saturation: 0.0 };
        assert_eq!(ColorJitter::draw(none, &mut random), ColorJitter::identity());
    }
}
