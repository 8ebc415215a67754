//! What is done to crops in training so that the network learns to overlook it.
//!
//! The crops of a sample are turned around or not together, so that what is left and right of a person stays comparable,
//! and their hues are rotated together: the people of the sample become others, as different from each other as before.
//! Each camera of a sample has colors of its own, since that is how cameras differ. Each crop is shaken and partly
//! covered on its own, since boxes are never exact and people stand in front of each other.

use anyhow::Result;
use mvmhat_detectors::Image;
use mvmhat_random::Random;
use opencv::core::Mat;
use opencv::imgproc::{
    COLOR_BGR2HSV, COLOR_BGR2RGB, COLOR_HSV2RGB, INTER_AREA, INTER_LINEAR, cvt_color_def, resize,
};
use opencv::prelude::*;
use mvmhat_scene::BBox;
use serde::{Deserialize, Serialize};

use super::colors::{ColorBounds, Colors, RGB};

/// `train.augmentation`: how much, each 0 for nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AugmentationConfig {
    /// The chance that a sample is turned around.
    pub(crate) flip: f64,
    /// The chance that all hues of a sample are rotated, by any angle.
    pub(crate) hue: f64,
    /// A camera is brighter or darker by up to this share.
    pub(crate) brightness: f64,
    /// Each of the three colors of a camera is stronger or weaker by up to this share.
    pub(crate) color: f64,
    /// The logarithm of a camera's gamma lies within this.
    pub(crate) gamma: f64,
    /// The colors of a camera are paler or stronger by up to this share.
    pub(crate) saturation: f64,
    /// Each side of a box moves by up to this share of its width or height.
    pub(crate) shake: f64,
    /// The chance that a box leaves a part of the person out, as detectors' boxes of people who are half hidden do.
    pub(crate) cut: f64,
    /// The chance that a part of a crop is covered.
    pub(crate) erase: f64,
    /// The chance that a crop is as coarse as that of somebody far away.
    pub(crate) coarse: f64,
    /// The chance that somebody or something stands in front of a person.
    pub(crate) occlude: f64,
}

impl Default for AugmentationConfig {
    fn default() -> Self {
        Self {
            flip: 0.5,
            hue: 0.5,
            brightness: 0.3,
            color: 0.15,
            gamma: 0.3,
            saturation: 0.3,
            shake: 0.08,
            cut: 0.2,
            erase: 0.2,
            coarse: 0.2,
            occlude: 0.7,
        }
    }
}

impl AugmentationConfig {
    /// How far the colors of cameras differ.
    pub(super) fn colors(&self) -> ColorBounds {
        let Self { brightness, color, gamma, saturation, .. } = *self;
        ColorBounds { brightness, color, gamma, saturation }
    }

    /// Checks what types cannot say.
    pub(super) fn validate(&self) -> Result<(), String> {
        let Self { flip, hue, brightness, color, gamma, saturation, shake, cut, erase, coarse, occlude } =
            *self;
        for (key, value, most) in [
            ("flip", flip, 1.0),
            ("hue", hue, 1.0),
            ("brightness", brightness, 0.9),
            ("color", color, 0.9),
            ("gamma", gamma, 2.0),
            ("saturation", saturation, 1.0),
            ("shake", shake, 0.4),
            ("cut", cut, 1.0),
            ("erase", erase, 1.0),
            ("coarse", coarse, 1.0),
            ("occlude", occlude, 1.0),
        ] {
            if !(0.0..=most).contains(&value) {
                return Err(format!("`train.augmentation.{key}` is {value}, but must be from 0 to {most}"));
            }
        }
        Ok(())
    }
}

/// What happens to all crops of a sample alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Together {
    flip: bool,
    /// By how much hues are rotated, steps of two degrees as OpenCV counts them.
    hue: u8,
}

impl Together {
    pub(super) fn drawn(config: &AugmentationConfig, random: &mut Random) -> Self {
        let flip = random.uniform() < config.flip;
        let hue = if random.uniform() < config.hue { random.below(HUES.into()) as u8 } else { 0 };
        Self { flip, hue }
    }
}

/// Steps of two degrees that OpenCV divides hues into.
const HUES: u8 = 180;

/// The greatest share of a person that a box leaves out.
const CUT: f64 = 0.5;

/// What happens to one crop.
#[derive(Clone, Debug)]
pub(super) struct Augmentation {
    together: Together,
    colors: Colors,
    /// How far left, top, right and bottom of the box move to the right or downwards, shares of its width and height.
    sides: [f64; 4],
    /// What is covered, shares of width and height, and with which grey.
    erase: Option<([f64; 4], u8)>,
    /// A crop is made so many times smaller and as large as before.
    coarse: f64,
}

impl Augmentation {
    /// Nothing happens.
    pub(super) fn none() -> Self {
        let colors = Colors::unchanged();
        Self { together: Together::default(), colors, sides: [0.0; 4], erase: None, coarse: 1.0 }
    }

    /// What happens to a crop of a sample and a camera.
    pub(super) fn drawn(
        config: &AugmentationConfig,
        together: Together,
        colors: Colors,
        random: &mut Random,
    ) -> Self {
        let mut sides = [0; 4].map(|_| config.shake * (2.0 * random.uniform() - 1.0));
        if random.uniform() < config.cut {
            // Mostly the legs are hidden, or a side.
            let share = CUT * random.uniform();
            match random.uniform() {
                side if side < 0.6 => sides[3] -= share,
                side if side < 0.75 => sides[0] += share,
                side if side < 0.9 => sides[2] -= share,
                _ => sides[1] += 0.5 * share,
            }
        }
        let erase = (random.uniform() < config.erase).then(|| {
            // Zhong et al., *Random Erasing Data Augmentation* (AAAI 2020), with boxes as wide or as high as occluders.
            let (width, height) = (0.2 + 0.8 * random.uniform(), 0.1 + 0.3 * random.uniform());
            let (x, y) = ((1.0 - width) * random.uniform(), (1.0 - height) * random.uniform());
            ([x, y, width, height], random.below(256) as u8)
        });
        let coarse = if random.uniform() < config.coarse { 1.0 + 2.0 * random.uniform() } else { 1.0 };
        Self { together, colors, sides, erase, coarse }
    }

    /// Appends the crop to `pixels`: red, green, blue, row by row. `inside` is where in `image` the box is.
    ///
    /// # Errors
    /// If OpenCV cannot resize it.
    pub(super) fn push(
        &self,
        image: &Image,
        inside: BBox,
        [height, width]: [i32; 2],
        pixels: &mut Vec<u8>,
    ) -> Result<()> {
        let [left, top, right, bottom] = self.sides;
        let (x, y) = (inside.x + left * inside.w, inside.y + top * inside.h);
        let moved = BBox::new(
            x,
            y,
            (inside.right() + right * inside.w - x).max(1.0),
            (inside.bottom() + bottom * inside.h - y).max(1.0),
        );
        let mut crop = mvmhat_detectors::crop(image, moved, width, height)?;
        if self.coarse > 1.0 {
            let shrunk = |side: i32| ((f64::from(side) / self.coarse).round() as i32).max(1);
            let mut small = Mat::default();
            let size = opencv::core::Size::new(shrunk(width), shrunk(height));
            resize(&crop, &mut small, size, 0.0, 0.0, INTER_AREA)?;
            resize(&small, &mut crop, opencv::core::Size::new(width, height), 0.0, 0.0, INTER_LINEAR)?;
        }
        let rgb = rotated(&crop, self.together.hue)?;
        let start = pixels.len();
        pixels.extend_from_slice(rgb.data_bytes()?);
        let (pixels, width, height) = (&mut pixels[start..], width as usize, height as usize);
        self.colors.paint(pixels, RGB);
        if self.together.flip {
            for row in pixels.chunks_exact_mut(width * 3) {
                row.as_chunks_mut::<3>().0.reverse();
            }
        }
        if let Some(([x, y, w, h], grey)) = self.erase {
            let span = |from: f64, share: f64, side: usize| {
                let from = ((from * side as f64) as usize).min(side);
                from..(from + (share * side as f64) as usize).min(side)
            };
            for row in span(y, h, height) {
                let columns = span(x, w, width);
                pixels[3 * (row * width + columns.start)..3 * (row * width + columns.end)].fill(grey);
            }
        }
        Ok(())
    }
}

/// The image, blue, green, red, in red, green, blue, its hues rotated.
fn rotated(bgr: &Mat, hue: u8) -> opencv::Result<Mat> {
    let mut rgb = Mat::default();
    if hue == 0 {
        cvt_color_def(bgr, &mut rgb, COLOR_BGR2RGB)?;
        return Ok(rgb);
    }
    let mut hsv = Mat::default();
    cvt_color_def(bgr, &mut hsv, COLOR_BGR2HSV)?;
    for pixel in hsv.data_bytes_mut()?.as_chunks_mut::<3>().0 {
        pixel[0] = ((u16::from(pixel[0]) + u16::from(hue)) % u16::from(HUES)) as u8;
    }
    cvt_color_def(&hsv, &mut rgb, COLOR_HSV2RGB)?;
    Ok(rgb)
}

#[cfg(test)]
mod tests {
    use opencv::core::{CV_8UC3, Rect, Scalar};
    use opencv::imgproc::rectangle;

    use super::*;

    /// 16 x 8: blue left, red right.
    fn image() -> Image {
        let mut mat =
            Mat::new_rows_cols_with_default(16, 8, CV_8UC3, Scalar::new(200.0, 0.0, 0.0, 0.0)).unwrap();
        let red = Scalar::new(0.0, 0.0, 100.0, 0.0);
        rectangle(&mut mat, Rect::new(4, 0, 4, 16), red, -1, 8, 0).unwrap();
        Image::new(mat).unwrap()
    }

    fn pixels(augmentation: &Augmentation) -> Vec<u8> {
        let mut pixels = vec![9];
        let whole = BBox::new(0.0, 0.0, 8.0, 16.0);
        augmentation.push(&image(), whole, [16, 8], &mut pixels).unwrap();
        assert_eq!(pixels.len(), 1 + 16 * 8 * 3);
        pixels.split_off(1)
    }

    #[test]
    fn nothing_leaves_the_crop_as_it_is_in_red_green_blue() {
        let crop = pixels(&Augmentation::none());
        assert_eq!((&crop[..3], &crop[21..24]), (&[0, 0, 200][..], &[100, 0, 0][..]));
    }

    #[test]
    fn turned_around_colored_and_covered_by_hand() {
        let together = Together { flip: true, hue: 0 };
        let crop = pixels(&Augmentation { together, ..Augmentation::none() });
        assert_eq!((&crop[..3], &crop[21..24]), (&[100, 0, 0][..], &[0, 0, 200][..]));
        // Blue is at 240 degrees and red at 0: 120 degrees later they are red and green.
        let together = Together { flip: false, hue: 60 };
        let crop = pixels(&Augmentation { together, ..Augmentation::none() });
        assert_eq!((&crop[..3], &crop[21..24]), (&[200, 0, 0][..], &[0, 100, 0][..]));
        let colors = Colors { gain: [2.0, 1.0, 0.5], ..Colors::unchanged() };
        let crop = pixels(&Augmentation { colors, ..Augmentation::none() });
        assert_eq!((&crop[..3], &crop[21..24]), (&[0, 0, 100][..], &[200, 0, 0][..]));
        let crop = pixels(&Augmentation { erase: Some(([0.5, 0.0, 0.5, 0.5], 7)), ..Augmentation::none() });
        assert_eq!(
            (&crop[9..15], &crop[8 * 24 + 12..8 * 24 + 15]),
            (&[0, 0, 200, 7, 7, 7][..], &[100, 0, 0][..])
        );
    }

    #[test]
    fn what_is_drawn_stays_within_its_bounds_and_nothing_is_drawn_of_nothing() {
        let config = AugmentationConfig::default();
        let mut random = Random::new(1, "augmentation");
        for _ in 0..200 {
            let colors = Colors::drawn(config.colors(), &mut random);
            let together = Together::drawn(&config, &mut random);
            let drawn = Augmentation::drawn(&config, together, colors, &mut random);
            let moved = drawn.sides.iter().map(|side| side.abs()).fold(0.0, f64::max);
            assert!(moved <= config.shake + CUT, "{moved}");
            pixels(&drawn);
        }
        let nothing = AugmentationConfig {
            flip: 0.0,
            hue: 0.0,
            brightness: 0.0,
            color: 0.0,
            gamma: 0.0,
            saturation: 0.0,
            shake: 0.0,
            cut: 0.0,
            erase: 0.0,
            coarse: 0.0,
            occlude: 0.0,
        };
        let colors = Colors::drawn(nothing.colors(), &mut random);
        let together = Together::drawn(&nothing, &mut random);
        let drawn = Augmentation::drawn(&nothing, together, colors, &mut random);
        assert_eq!(pixels(&drawn), pixels(&Augmentation::none()));
        let error = AugmentationConfig { erase: 1.5, ..nothing }.validate().unwrap_err();
        assert_eq!(error, "`train.augmentation.erase` is 1.5, but must be from 0 to 1");
    }
}
