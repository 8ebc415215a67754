//! What is done to images in training so that the network learns to overlook it, decided before anything is read.
//!
//! A canvas shows a part of one image, or of four side by side (Bochkovskiy, Wang, Liao, *YOLOv4*, arXiv 2004.10934), each
//! larger or smaller than it is, turned around or not, in colors of its own. The canvas as a whole may be blurred, coarse or
//! noisy, as images of cheap cameras are.

use mvmhat_random::Random;
use serde::{Deserialize, Serialize};

use super::footage::{Footage, Shot};
use crate::training::colors::{ColorBounds, Colors};

/// `train.augmentation`: how much, each 0 for nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AugmentationConfig {
    /// The chance that an image is turned around.
    pub(crate) flip: f64,
    /// How much smaller or larger images are made than the network will see them: the least and the greatest factor.
    pub(crate) scale: [f64; 2],
    /// The chance that a canvas shows four images.
    pub(crate) mosaic: f64,
    /// An image is brighter or darker by up to this share, and each of its colors by the second.
    pub(crate) brightness: f64,
    pub(crate) color: f64,
    /// The logarithm of an image's gamma lies within this.
    pub(crate) gamma: f64,
    /// The colors of an image are paler or stronger by up to this share; the chance that it has none is the second.
    pub(crate) saturation: f64,
    pub(crate) grey: f64,
    /// The chances that a canvas is blurred, is as coarse as a smaller one, is noisy.
    pub(crate) blur: f64,
    pub(crate) coarse: f64,
    pub(crate) noise: f64,
}

impl Default for AugmentationConfig {
    fn default() -> Self {
        Self {
            flip: 0.5,
            scale: [0.5, 3.0],
            mosaic: 0.4,
            brightness: 0.4,
            color: 0.2,
            gamma: 0.3,
            saturation: 0.5,
            grey: 0.05,
            blur: 0.15,
            coarse: 0.15,
            noise: 0.2,
        }
    }
}

impl AugmentationConfig {
    /// The colors of an image.
    fn drawn_colors(&self, random: &mut Random) -> Colors {
        let Self { brightness, color, gamma, saturation, .. } = *self;
        let colors = Colors::drawn(ColorBounds { brightness, color, gamma, saturation }, random);
        if random.uniform() < self.grey { Colors { saturation: 0.0, ..colors } } else { colors }
    }

    /// Checks what types cannot say.
    pub(super) fn validate(&self) -> Result<(), String> {
        let Self { flip, mosaic, brightness, color, gamma, saturation, grey, blur, coarse, noise, .. } =
            *self;
        for (key, value, most) in [
            ("flip", flip, 1.0),
            ("mosaic", mosaic, 1.0),
            ("brightness", brightness, 0.9),
            ("color", color, 0.9),
            ("gamma", gamma, 2.0),
            ("saturation", saturation, 1.0),
            ("grey", grey, 1.0),
            ("blur", blur, 1.0),
            ("coarse", coarse, 1.0),
            ("noise", noise, 1.0),
        ] {
            if !(0.0..=most).contains(&value) {
                return Err(format!("`train.augmentation.{key}` is {value}, but must be from 0 to {most}"));
            }
        }
        let [least, most] = self.scale;
        if !(least > 0.0 && least <= most && most <= 16.0) {
            return Err(format!(
                "`train.augmentation.scale` is [{least}, {most}], but must be two factors above 0 and at most 16, the \
                 smaller one first"
            ));
        }
        Ok(())
    }
}

/// A part of a canvas: columns and rows, from and to.
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
    pub(super) shot: Shot,
    pub(super) region: Region,
    pub(super) flip: bool,
    /// Pixels of the canvas for one of the image as it is kept.
    pub(super) scale: f64,
    /// Where the top left corner of the image, turned around or not, lies in the canvas.
    pub(super) corner: [f64; 2],
    pub(super) colors: Colors,
}

/// What happens to a canvas as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Lens {
    /// Deviation of the blur, pixels.
    pub(super) blur: f64,
    /// It is made so many times smaller and as large as before; 0 for not.
    pub(super) coarse: f64,
    /// Deviation of the noise, and what it is drawn from.
    pub(super) noise: (f64, i32),
}

/// An image to learn from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Canvas {
    pub(super) tiles: Vec<Tile>,
    pub(super) lens: Lens,
}

impl Canvas {
    /// Draws a canvas of `size` (width, height) pixels; images as they are have a longer side of `longest`.
    pub(super) fn drawn(
        config: &AugmentationConfig,
        footage: &Footage,
        [width, height]: [i32; 2],
        longest: u32,
        random: &mut Random,
    ) -> Self {
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
        let tiles =
            regions.into_iter().map(|region| Tile::drawn(config, footage, region, longest, random)).collect();
        let mut chance = |chance: f64, least: f64, most: f64| {
            let (happens, value) = (random.uniform() < chance, random.uniform());
            if happens { least + (most - least) * value } else { 0.0 }
        };
        let (blur, coarse, noise) =
            (chance(config.blur, 0.4, 1.2), chance(config.coarse, 1.2, 2.0), chance(config.noise, 2.0, 12.0));
        Self { tiles, lens: Lens { blur, coarse, noise: (noise, random.bits() as i32) } }
    }
}

impl Tile {
    fn drawn(
        config: &AugmentationConfig,
        footage: &Footage,
        region: Region,
        longest: u32,
        random: &mut Random,
    ) -> Self {
        let shot = footage.draw(random);
        let size = footage.entry(shot).size;
        let [least, most] = config.scale.map(f64::ln);
        let factor = (least + (most - least) * random.uniform()).exp();
        let scale = factor * f64::from(longest) / f64::from(size[0].max(size[1]));
        // An image that is larger than its region covers it, one that is smaller lies in it.
        let mut corner = |from: i32, to: i32, side: i32| {
            f64::from(from) + (f64::from(to - from) - scale * f64::from(side)) * random.uniform()
        };
        let corner = [corner(region.left, region.right, size[0]), corner(region.top, region.bottom, size[1])];
        let flip = random.uniform() < config.flip;
        Self { shot, region, flip, scale, corner, colors: config.drawn_colors(random) }
    }
}
