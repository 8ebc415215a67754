//! The augmentation of one crop.

use anyhow::Result;
use mvmhat_detectors::Image;
use mvmhat_random::Random;
use mvmhat_scene::BBox;
use opencv::core::Mat;
use opencv::imgproc::{COLOR_BGR2HSV, COLOR_BGR2RGB, COLOR_HSV2RGB, cvt_color_def};
use opencv::prelude::*;

use super::ReidAugmentationConfig;
use crate::color_jitter::{ColorJitter, RGB};
use crate::resampling::down_up_sampled;

/// Steps of two degrees that OpenCV divides hues into.
const HUES: u8 = 180;

/// The greatest part of a person that a truncated box misses.
const MOST_TRUNCATED: f64 = 0.5;

/// What all crops of a sample have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::reid) struct SampleAugmentation {
    flip: bool,
    /// By how much hues are rotated, in OpenCV's steps of two degrees.
    hue: u8,
}

impl SampleAugmentation {
    pub(in crate::reid) fn draw(config: &ReidAugmentationConfig, random: &mut Random) -> Self {
        let flip = random.uniform() < config.horizontal_flip;
        let hue = if random.uniform() < config.hue { random.below(HUES.into()) as u8 } else { 0 };
        Self { flip, hue }
    }
}

/// The augmentation of one crop.
#[derive(Clone, Debug)]
pub(in crate::reid) struct CropAugmentation {
    sample: SampleAugmentation,
    colors: ColorJitter,
    /// How far left, top, right and bottom of the box move to the right or downwards, relative to its width and height.
    sides: [f64; 4],
    /// What is erased.
    erased: Option<ErasedRectangle>,
    /// The factor of down-up sampling, 1 for none.
    down_up_sampling: f64,
}

/// A rectangle of a crop that is erased.
#[derive(Clone, Copy, Debug)]
struct ErasedRectangle {
    /// Left, top, width and height, relative to those of the crop.
    rectangle: [f64; 4],
    /// What it is filled with.
    gray: u8,
}

impl CropAugmentation {
    /// Changes nothing.
    pub(in crate::reid) fn identity() -> Self {
        Self {
            sample: SampleAugmentation::default(),
            colors: ColorJitter::identity(),
            sides: [0.0; 4],
            erased: None,
            down_up_sampling: 1.0,
        }
    }

    /// Draws the augmentation of a crop of a sample and a camera.
    pub(in crate::reid) fn draw(
        config: &ReidAugmentationConfig,
        sample: SampleAugmentation,
        colors: ColorJitter,
        random: &mut Random,
    ) -> Self {
        let mut sides = [0; 4].map(|_| config.box_jitter * (2.0 * random.uniform() - 1.0));
        if random.uniform() < config.truncation {
            // Mostly the legs are hidden, or a side.
            let missing = MOST_TRUNCATED * random.uniform();
            match random.uniform() {
                side if side < 0.6 => sides[3] -= missing,
                side if side < 0.75 => sides[0] += missing,
                side if side < 0.9 => sides[2] -= missing,
                _ => sides[1] += 0.5 * missing,
            }
        }
        let erased = (random.uniform() < config.random_erasing).then(|| ErasedRectangle::draw(random));
        let down_up_sampling =
            if random.uniform() < config.down_up_sampling { 1.0 + 2.0 * random.uniform() } else { 1.0 };
        Self { sample, colors, sides, erased, down_up_sampling }
    }

    /// Appends the augmented crop to `pixels`: red, green, blue, row by row. `inside` is where in `image` the box is.
    ///
    /// # Errors
    /// If OpenCV cannot resize it.
    pub(in crate::reid) fn push(
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
        if self.down_up_sampling > 1.0 {
            crop = down_up_sampled(&crop, self.down_up_sampling)?;
        }
        let rgb = rgb_with_rotated_hue(&crop, self.sample.hue)?;
        let start = pixels.len();
        pixels.extend_from_slice(rgb.data_bytes()?);
        let (pixels, width) = (&mut pixels[start..], width as usize);
        self.colors.apply(pixels, RGB);
        if self.sample.flip {
            for row in pixels.chunks_exact_mut(width * 3) {
                row.as_chunks_mut::<3>().0.reverse();
            }
        }
        if let Some(erased) = self.erased {
            erased.fill(pixels, width, height as usize);
        }
        Ok(())
    }
}

impl ErasedRectangle {
    /// Zhong et al., *Random Erasing Data Augmentation* (AAAI 2020), with rectangles as wide or as high as occluders.
    fn draw(random: &mut Random) -> Self {
        let (width, height) = (0.2 + 0.8 * random.uniform(), 0.1 + 0.3 * random.uniform());
        let (x, y) = ((1.0 - width) * random.uniform(), (1.0 - height) * random.uniform());
        Self { rectangle: [x, y, width, height], gray: random.below(256) as u8 }
    }

    fn fill(self, pixels: &mut [u8], width: usize, height: usize) {
        let [x, y, w, h] = self.rectangle;
        let span = |from: f64, length: f64, side: usize| {
            let from = ((from * side as f64) as usize).min(side);
            from..(from + (length * side as f64) as usize).min(side)
        };
        for row in span(y, h, height) {
            let columns = span(x, w, width);
            pixels[3 * (row * width + columns.start)..3 * (row * width + columns.end)].fill(self.gray);
        }
    }
}

/// An image in blue, green, red as one in red, green, blue with rotated hues.
fn rgb_with_rotated_hue(bgr: &Mat, hue: u8) -> opencv::Result<Mat> {
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

    fn pixels(augmentation: &CropAugmentation) -> Vec<u8> {
        let mut pixels = vec![9];
        let whole = BBox::new(0.0, 0.0, 8.0, 16.0);
        augmentation.push(&image(), whole, [16, 8], &mut pixels).unwrap();
        assert_eq!(pixels.len(), 1 + 16 * 8 * 3);
        pixels.split_off(1)
    }

    #[test]
    fn the_identity_leaves_the_crop_as_it_is_in_red_green_blue() {
        let crop = pixels(&CropAugmentation::identity());
        assert_eq!((&crop[..3], &crop[21..24]), (&[0, 0, 200][..], &[100, 0, 0][..]));
    }

    #[test]
    fn flipped_colored_and_erased_by_hand() {
        let sample = SampleAugmentation { flip: true, hue: 0 };
        let crop = pixels(&CropAugmentation { sample, ..CropAugmentation::identity() });
        assert_eq!((&crop[..3], &crop[21..24]), (&[100, 0, 0][..], &[0, 0, 200][..]));
        // Blue is at 240 degrees and red at 0: 120 degrees later they are red and green.
        let sample = SampleAugmentation { flip: false, hue: 60 };
        let crop = pixels(&CropAugmentation { sample, ..CropAugmentation::identity() });
        assert_eq!((&crop[..3], &crop[21..24]), (&[200, 0, 0][..], &[0, 100, 0][..]));
        let colors = ColorJitter { gain: [2.0, 1.0, 0.5], ..ColorJitter::identity() };
        let crop = pixels(&CropAugmentation { colors, ..CropAugmentation::identity() });
        assert_eq!((&crop[..3], &crop[21..24]), (&[0, 0, 100][..], &[200, 0, 0][..]));
        let erased = ErasedRectangle { rectangle: [0.5, 0.0, 0.5, 0.5], gray: 7 };
        let crop = pixels(&CropAugmentation { erased: Some(erased), ..CropAugmentation::identity() });
        assert_eq!(
            (&crop[9..15], &crop[8 * 24 + 12..8 * 24 + 15]),
            (&[0, 0, 200, 7, 7, 7][..], &[100, 0, 0][..])
        );
    }

    #[test]
    fn what_is_drawn_stays_within_its_bounds_and_zeros_give_the_identity() {
        let config = ReidAugmentationConfig::default();
        let mut random = Random::new(1, "augmentation");
        for _ in 0..200 {
            let colors = ColorJitter::draw(config.color_jitter(), &mut random);
            let sample = SampleAugmentation::draw(&config, &mut random);
            let drawn = CropAugmentation::draw(&config, sample, colors, &mut random);
            let moved = drawn.sides.iter().map(|side| side.abs()).fold(0.0, f64::max);
            assert!(moved <= config.box_jitter + MOST_TRUNCATED, "{moved}");
            pixels(&drawn);
        }
        let nothing = ReidAugmentationConfig {
            horizontal_flip: 0.0,
            hue: 0.0,
            brightness: 0.0,
            color: 0.0,
            gamma: 0.0,
            saturation: 0.0,
            box_jitter: 0.0,
            truncation: 0.0,
            random_erasing: 0.0,
            down_up_sampling: 0.0,
            cut_paste_occlusion: 0.0,
        };
        let colors = ColorJitter::draw(nothing.color_jitter(), &mut random);
        let sample = SampleAugmentation::draw(&nothing, &mut random);
        let drawn = CropAugmentation::draw(&nothing, sample, colors, &mut random);
        assert_eq!(pixels(&drawn), pixels(&CropAugmentation::identity()));
        let error = ReidAugmentationConfig { random_erasing: 1.5, ..nothing }.validate().unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("`train.augmentation.random_erasing` is 1.5, but must be from 0 to 1"),
            "{error}"
        );
    }
}
