//! How images are augmented, decided before anything is read.
//!
//! A canvas shows a part of one image, or of four in a mosaic (Bochkovskiy, Wang, Liao, *YOLOv4*, arXiv 2004.10934), each scaled,
//! flipped or not, with a color jitter of its own. The canvas as a whole may be blurred, down-up sampled or noisy, as images of
//! cheap cameras are.

use mvmhat_random::Random;
use mvmhat_settings::ConfigError;
use serde::{Deserialize, Serialize};

use super::dataset::{ImageDataset, ImageId};
use crate::color_jitter::{ColorJitter, ColorJitterBounds};
use crate::rules::Rules;

/// `train.augmentation` with `task: detection`: how images are augmented, each value 0 for not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectionAugmentationConfig {
    /// The probability that an image is flipped.
    pub horizontal_flip: f64,
    /// The least and the greatest scale of an image, relative to what the network processes.
    pub scale: [f64; 2],
    /// The probability that a canvas is a mosaic of four images.
    pub mosaic: f64,
    /// The largest relative change of an image's brightness.
    pub brightness: f64,
    /// The largest relative change of each color channel.
    pub color: f64,
    /// The largest logarithm of an image's gamma.
    pub gamma: f64,
    /// The largest relative change of an image's saturation.
    pub saturation: f64,
    /// The probability that an image is in grayscale.
    pub grayscale: f64,
    /// The probability that a canvas is blurred.
    pub blur: f64,
    /// The probability that a canvas has the resolution of a smaller one.
    pub down_up_sampling: f64,
    /// The probability that a canvas is noisy.
    pub noise: f64,
}

impl Default for DetectionAugmentationConfig {
    fn default() -> Self {
        Self {
            horizontal_flip: 0.5,
            scale: [0.5, 3.0],
            mosaic: 0.4,
            brightness: 0.4,
            color: 0.2,
            gamma: 0.3,
            saturation: 0.5,
            grayscale: 0.05,
            blur: 0.15,
            down_up_sampling: 0.15,
            noise: 0.2,
        }
    }
}

impl DetectionAugmentationConfig {
    fn color_jitter(&self) -> ColorJitterBounds {
        let Self { brightness, color, gamma, saturation, .. } = *self;
        ColorJitterBounds { brightness, color, gamma, saturation }
    }

    /// Draws the colors of an image.
    fn draw_colors(&self, random: &mut Random) -> ColorJitter {
        let colors = ColorJitter::draw(self.color_jitter(), random);
        if random.uniform() < self.grayscale { ColorJitter { saturation: 0.0, ..colors } } else { colors }
    }

    /// Checks what types cannot say.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let rules = Rules::new("train.augmentation");
        self.color_jitter().validate(&rules)?;
        for (key, probability) in [
            ("horizontal_flip", self.horizontal_flip),
            ("mosaic", self.mosaic),
            ("grayscale", self.grayscale),
            ("blur", self.blur),
            ("down_up_sampling", self.down_up_sampling),
            ("noise", self.noise),
        ] {
            rules.fraction(key, probability)?;
        }
        let [least, most] = self.scale;
        let is_valid = least > 0.0 && least <= most && most <= 16.0;
        let rule = "two factors above 0 and at most 16, the smaller one first";
        rules.check("scale", format!("[{least}, {most}]"), is_valid, rule)
    }
}

/// A rectangle of a canvas, in pixels; right and bottom lie outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

/// Where and how an image is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tile {
    pub(super) image: ImageId,
    pub(super) region: Region,
    pub(super) flip: bool,
    /// Pixels of the canvas per pixel of the image.
    pub(super) scale: f64,
    /// Where the top left corner of the image, flipped or not, lies in the canvas.
    pub(super) corner: [f64; 2],
    pub(super) colors: ColorJitter,
}

/// What a canvas as a whole looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ImageQuality {
    /// The standard deviation of the blur, pixels; 0 for none.
    pub(super) blur: f64,
    /// The factor of down-up sampling; 0 for none.
    pub(super) down_up_sampling: f64,
    /// The standard deviation of the noise; 0 for none.
    pub(super) noise: f64,
    /// What the noise is drawn from.
    pub(super) noise_seed: i32,
}

/// An image to learn from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CanvasPlan {
    pub(super) tiles: Vec<Tile>,
    pub(super) quality: ImageQuality,
}

/// What canvases are drawn from.
#[derive(Clone, Copy)]
pub(super) struct CanvasSampler<'a> {
    pub(super) config: &'a DetectionAugmentationConfig,
    pub(super) dataset: &'a ImageDataset,
    /// Width and height of a canvas, pixels.
    pub(super) size: [i32; 2],
    /// The longer side of an image at scale 1, pixels.
    pub(super) input_size: u32,
}

impl CanvasSampler<'_> {
    /// Draws a canvas.
    pub(super) fn draw(self, random: &mut Random) -> CanvasPlan {
        let Self { config, size: [width, height], .. } = self;
        let whole = Region { left: 0, top: 0, right: width, bottom: height };
        let regions = if random.uniform() < config.mosaic {
            let mut between = |side: i32| (f64::from(side) * (0.3 + 0.4 * random.uniform())).round() as i32;
            let (x, y) = (between(width), between(height));
            vec![
                Region { right: x, bottom: y, ..whole },
                Region { left: x, bottom: y, ..whole },
                Region { right: x, top: y, ..whole },
                Region { left: x, top: y, ..whole },
            ]
        } else {
            vec![whole]
        };
        let tiles = regions.into_iter().map(|region| self.draw_tile(region, random)).collect();
        let mut chance = |probability: f64, least: f64, most: f64| {
            let (happens, value) = (random.uniform() < probability, random.uniform());
            if happens { least + (most - least) * value } else { 0.0 }
        };
        let blur = chance(config.blur, 0.4, 1.2);
        let down_up_sampling = chance(config.down_up_sampling, 1.2, 2.0);
        let noise = chance(config.noise, 2.0, 12.0);
        let quality = ImageQuality { blur, down_up_sampling, noise, noise_seed: random.bits() as i32 };
        CanvasPlan { tiles, quality }
    }

    fn draw_tile(self, region: Region, random: &mut Random) -> Tile {
        let Self { config, dataset, input_size, .. } = self;
        let image = dataset.draw(random);
        let size = dataset.entry(image).size;
        let [least, most] = config.scale.map(f64::ln);
        let factor = (least + (most - least) * random.uniform()).exp();
        let scale = factor * f64::from(input_size) / f64::from(size[0].max(size[1]));
        // An image that is larger than its region covers it, one that is smaller lies in it.
        let mut corner = |from: i32, to: i32, side: i32| {
            f64::from(from) + (f64::from(to - from) - scale * f64::from(side)) * random.uniform()
        };
        let corner = [corner(region.left, region.right, size[0]), corner(region.top, region.bottom, size[1])];
        let flip = random.uniform() < config.horizontal_flip;
        Tile { image, region, flip, scale, corner, colors: config.draw_colors(random) }
    }
}
