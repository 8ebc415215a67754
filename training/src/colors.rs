//! How a camera sees colors: brighter or darker, with a cast, another gamma, paler or stronger. What training makes images
//! differ by, since it is how cameras do.

use mvmhat_random::Random;

/// What the three colors of a pixel add to its grey (ITU-R BT.601), in the order red, green, blue.
pub(super) const RGB: [f32; 3] = [0.299, 0.587, 0.114];
/// The same in the order blue, green, red.
pub(super) const BGR: [f32; 3] = [0.114, 0.587, 0.299];

/// How far colors are changed at most, each 0 for not at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColorBounds {
    /// The share by which all are brighter or darker.
    pub(super) brightness: f64,
    /// The share by which each of the three is stronger or weaker.
    pub(super) color: f64,
    /// The logarithm of the gamma.
    pub(super) gamma: f64,
    /// The share by which they are paler or stronger.
    pub(super) saturation: f64,
}

/// How colors are changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Colors {
    /// Factors of the three colors, in the order of the pixels.
    pub(super) gain: [f64; 3],
    pub(super) gamma: f64,
    /// 0 for greys.
    pub(super) saturation: f64,
}

impl Colors {
    /// As they are.
    pub(super) fn unchanged() -> Self {
        Self { gain: [1.0; 3], gamma: 1.0, saturation: 1.0 }
    }

    /// Those of a camera.
    pub(super) fn drawn(bounds: ColorBounds, random: &mut Random) -> Self {
        let mut within = |bound: f64| bound * (2.0 * random.uniform() - 1.0);
        let brightness = 1.0 + within(bounds.brightness);
        let gain = [0; 3].map(|_| brightness * (1.0 + within(bounds.color)));
        Self { gain, gamma: within(bounds.gamma).exp(), saturation: 1.0 + within(bounds.saturation) }
    }

    /// Changes pixels of three bytes, whose colors add to grey as `order` says: [`RGB`] or [`BGR`].
    pub(super) fn paint(&self, pixels: &mut [u8], order: [f32; 3]) {
        if *self == Self::unchanged() {
            return;
        }
        let table = |gain: f64| -> [f32; 256] {
            std::array::from_fn(|value| (255.0 * gain * (value as f64 / 255.0).powf(self.gamma)) as f32)
        };
        let tables = self.gain.map(table);
        let saturation = self.saturation as f32;
        for pixel in pixels.as_chunks_mut::<3>().0 {
            let color: [f32; 3] = std::array::from_fn(|channel| tables[channel][pixel[channel] as usize]);
            let grey = order[0] * color[0] + order[1] * color[1] + order[2] * color[2];
            // The conversion stays within 0 and 255.
            *pixel = color.map(|value| (grey + saturation * (value - grey) + 0.5) as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(colors: &Colors, order: [f32; 3]) -> [u8; 3] {
        let mut pixel = [100, 50, 200];
        colors.paint(&mut pixel, order);
        pixel
    }

    #[test]
    fn by_hand() {
        assert_eq!(painted(&Colors::unchanged(), RGB), [100, 50, 200]);
        let brighter = Colors { gain: [2.0, 1.0, 0.5], ..Colors::unchanged() };
        assert_eq!(painted(&brighter, RGB), [200, 50, 100]);
        let grey = Colors { saturation: 0.0, ..Colors::unchanged() };
        assert_eq!(painted(&grey, RGB), [82; 3], "29.9 + 29.35 + 22.8");
        assert_eq!(painted(&grey, BGR), [101; 3], "11.4 + 29.35 + 59.8");
        let darker = Colors { gamma: 2.0, ..Colors::unchanged() };
        assert_eq!(painted(&darker, RGB), [39, 10, 157], "255 (v / 255)^2");
        let stronger = Colors { gain: [9.0; 3], saturation: 2.0, ..Colors::unchanged() };
        assert_eq!(painted(&stronger, RGB), [255, 162, 255], "nothing wraps around");
    }

    #[test]
    fn what_is_drawn_stays_within_its_bounds() {
        let bounds = ColorBounds { brightness: 0.3, color: 0.15, gamma: 0.3, saturation: 0.2 };
        let mut random = Random::new(1, "colours");
        for _ in 0..200 {
            let Colors { gain, gamma, saturation } = Colors::drawn(bounds, &mut random);
            assert!(gain.iter().all(|gain| (0.7 * 0.85..=1.3 * 1.15).contains(gain)), "{gain:?}");
            assert!(gamma.ln().abs() <= 0.3 && (0.8..=1.2).contains(&saturation));
        }
        let none = ColorBounds { brightness: 0.0, color: 0.0, gamma: 0.0, saturation: 0.0 };
        assert_eq!(Colors::drawn(none, &mut random), Colors::unchanged());
    }
}
