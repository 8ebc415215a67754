//! Canvases as they were decided, painted, and who is to be found on them.

use anyhow::Result;
use mvmhat_detectors::networks::DetectionTargets;
use opencv::core::{BORDER_CONSTANT, CV_8UC3, CV_16SC3, Mat, Rect, Scalar, Size, set_rng_seed};
use opencv::core::{add_weighted, randn};
use opencv::imgproc::{INTER_AREA, INTER_LINEAR, WARP_INVERSE_MAP, gaussian_blur_def, resize, warp_affine};
use opencv::prelude::*;
use mvmhat_scene::BBox;

use super::augmentation::{Canvas, Lens, Region, Tile};
use super::footage::Footage;
use super::frame_file::People;
use crate::training::colors::BGR;

/// Grey where there is no image, as in the input of detectors.
const EMPTY: f64 = 114.0;
/// Somebody of whom the edge of a region leaves less than this share need not be found.
const LEFT: f64 = 0.4;

/// Canvases, ready for the network.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Painted {
    /// Blue, green, red, row by row, canvas by canvas.
    pub(super) pixels: Vec<u8>,
    pub(super) targets: Vec<DetectionTargets>,
}

impl Painted {
    /// Paints one more canvas of `size` (width, height). Whoever is lower than `min_height` pixels on it is ignored.
    ///
    /// # Errors
    /// If an image cannot be read.
    pub(super) fn push(
        &mut self,
        canvas: &Canvas,
        footage: &Footage,
        [width, height]: [i32; 2],
        min_height: f64,
    ) -> Result<()> {
        let mut mat = Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(EMPTY))?;
        let mut targets = DetectionTargets::default();
        for tile in &canvas.tiles {
            let Region { left, top, right, bottom } = tile.region;
            let image = footage.image(tile.shot)?;
            let mut shown = tile.shown(image.mat())?;
            tile.colors.paint(shown.data_bytes_mut()?, BGR);
            shown.copy_to(&mut mat.roi_mut(Rect::new(left, top, right - left, bottom - top))?)?;
            let entry = footage.entry(tile.shot);
            tile.targets(&entry.people, f64::from(entry.size[0]), min_height, &mut targets);
        }
        canvas.lens.apply(&mut mat)?;
        self.pixels.extend_from_slice(mat.data_bytes()?);
        self.targets.push(targets);
        Ok(())
    }
}

impl Tile {
    /// The image as it is in its region.
    fn shown(&self, image: &Mat) -> Result<Mat> {
        // Where an image is made much smaller, every pixel must have its part in it.
        let mut halved = Mat::default();
        let (image, scale) = if self.scale < 0.5 {
            let half = Size::new((image.cols() / 2).max(1), (image.rows() / 2).max(1));
            resize(image, &mut halved, half, 0.0, 0.0, INTER_AREA)?;
            (&halved, 2.0 * self.scale)
        } else {
            (image, self.scale)
        };
        let Region { left, top, right, bottom } = self.region;
        // From pixels of the region to those of the image; pixels are counted at their middles.
        let [x, y] = [self.corner[0] - f64::from(left), self.corner[1] - f64::from(top)];
        let (step, first) = if self.flip {
            (-1.0 / scale, f64::from(image.cols()) - (0.5 - x) / scale - 0.5)
        } else {
            (1.0 / scale, (0.5 - x) / scale - 0.5)
        };
        let map = Mat::from_slice_2d(&[[step, 0.0, first], [0.0, 1.0 / scale, (0.5 - y) / scale - 0.5]])?;
        let mut shown = Mat::default();
        let size = Size::new(right - left, bottom - top);
        let flags = INTER_LINEAR | WARP_INVERSE_MAP;
        warp_affine(image, &mut shown, &map, size, flags, BORDER_CONSTANT, Scalar::all(EMPTY))?;
        Ok(shown)
    }

    /// Who is to be found in the region, of the people in an image of this `width` as it is kept.
    fn targets(&self, people: &People, width: f64, min_height: f64, targets: &mut DetectionTargets) {
        let Region { left, top, right, bottom } = self.region;
        let (left, top) = (f64::from(left), f64::from(top));
        let size = (f64::from(right) - left, f64::from(bottom) - top);
        let within = |bbox: &BBox| {
            let x = if self.flip { width - bbox.right() } else { bbox.x };
            let scaled = [x, bbox.y, bbox.w, bbox.h].map(|side| side * self.scale);
            let [x, y] = [scaled[0] + self.corner[0] - left, scaled[1] + self.corner[1] - top];
            let whole = BBox::new(x, y, scaled[2], scaled[3]);
            let seen = whole.clipped(size.0, size.1)?;
            let share = seen.area() / whole.area();
            Some((BBox::new(seen.x + left, seen.y + top, seen.w, seen.h), share))
        };
        for (seen, share) in people.certain.iter().filter_map(within) {
            let list = if share >= LEFT && seen.h >= min_height {
                &mut targets.people
            } else {
                &mut targets.ignored
            };
            list.push(seen);
        }
        targets.ignored.extend(people.ignored.iter().filter_map(within).map(|(seen, _)| seen));
    }
}

impl Lens {
    fn apply(self, mat: &mut Mat) -> Result<()> {
        let size = mat.size()?;
        if self.coarse > 0.0 {
            let shrunk = |side: i32| ((f64::from(side) / self.coarse).round() as i32).max(1);
            let mut small = Mat::default();
            resize(
                mat,
                &mut small,
                Size::new(shrunk(size.width), shrunk(size.height)),
                0.0,
                0.0,
                INTER_AREA,
            )?;
            resize(&small, mat, size, 0.0, 0.0, INTER_LINEAR)?;
        }
        if self.blur > 0.0 {
            let sharp = std::mem::take(mat);
            gaussian_blur_def(&sharp, mat, Size::new(0, 0), self.blur)?;
        }
        let (deviation, seed) = self.noise;
        if deviation > 0.0 {
            // OpenCV has one generator a thread, so that what is drawn depends on the seed only.
            set_rng_seed(seed)?;
            let mut noise = Mat::new_size_with_default(size, CV_16SC3, Scalar::all(0.0))?;
            randn(&mut noise, &Scalar::all(0.0), &Scalar::all(deviation))?;
            let clean = std::mem::take(mat);
            add_weighted(&clean, 1.0, &noise, 1.0, 0.0, mat, CV_8UC3 & 7)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_detectors::Image;
    use mvmhat_random::Random;
    use opencv::imgproc::rectangle;
    use mvmhat_scene::FrameNumber;

    use super::*;
    use crate::training::detection::augmentation::AugmentationConfig;
    use crate::training::detection::frame_file::{FrameFile, FrameWriter};

    const SIZE: [i32; 2] = [128, 96];

    /// Two black images of 160 x 120 with a white person each, in the second one who need not be found.
    fn footage(folder: &std::path::Path) -> Footage {
        let path = folder.join("a.frames");
        let mut writer = FrameWriter::create(&path, 160).unwrap();
        for number in 0..2 {
            let mut mat = Mat::new_rows_cols_with_default(120, 160, CV_8UC3, Scalar::all(0.0)).unwrap();
            rectangle(&mut mat, Rect::new(30, 40, 20, 60), Scalar::all(255.0), -1, 8, 0).unwrap();
            let person = vec![BBox::new(30.0, 40.0, 20.0, 60.0)];
            let people = match number {
                0 => People { certain: person, ignored: Vec::new() },
                _ => People { certain: Vec::new(), ignored: person },
            };
            writer.push(FrameNumber(number), &Image::new(mat).unwrap(), &people).unwrap();
        }
        writer.finish().unwrap();
        Footage::new(vec![vec![("a".into(), FrameFile::open(&path).unwrap())]], 1.0)
    }

    fn painted(config: &AugmentationConfig, footage: &Footage, seed: u64) -> Painted {
        let mut painted = Painted::default();
        let canvas = Canvas::drawn(config, footage, SIZE, 128, &mut Random::new(seed, "canvas"));
        painted.push(&canvas, footage, SIZE, 8.0).unwrap();
        painted
    }

    #[test]
    fn boxes_lie_on_their_people_however_they_are_moved() {
        let folder = tempfile::tempdir().unwrap();
        let footage = footage(folder.path());
        let plain = AugmentationConfig {
            brightness: 0.0,
            color: 0.0,
            gamma: 0.0,
            saturation: 0.0,
            grey: 0.0,
            blur: 0.0,
            coarse: 0.0,
            noise: 0.0,
            ..AugmentationConfig::default()
        };
        let (mut people, mut ignored) = (0, 0);
        for seed in 0..60 {
            let painted = painted(&plain, &footage, seed);
            let [width, height] = SIZE.map(f64::from);
            let white =
                |x: f64, y: f64| painted.pixels[3 * (y as usize * SIZE[0] as usize + x as usize)] > 200;
            // The white pixels are those inside of boxes, but for their edges.
            let boxes: Vec<BBox> =
                painted.targets.iter().flat_map(|t| t.people.iter().chain(&t.ignored)).copied().collect();
            let inside = |x: f64, y: f64, by: f64| {
                boxes
                    .iter()
                    .any(|b| x > b.x - by && x < b.right() + by && y > b.y - by && y < b.bottom() + by)
            };
            for y in 0..SIZE[1] {
                for x in 0..SIZE[0] {
                    let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
                    if inside(x, y, -1.5) {
                        assert!(white(x, y), "seed {seed}, {x} {y}: {boxes:?}");
                    } else if !inside(x, y, 1.5) {
                        assert!(!white(x, y), "seed {seed}, {x} {y}: {boxes:?}");
                    }
                }
            }
            assert!(boxes.iter().all(|b| b.x >= 0.0 && b.right() <= width && b.bottom() <= height));
            people += painted.targets[0].people.len();
            ignored += painted.targets[0].ignored.len();
        }
        assert!(people > 20 && ignored > 20, "{people} {ignored}");
    }

    #[test]
    fn a_canvas_is_a_function_of_its_seed() {
        let folder = tempfile::tempdir().unwrap();
        let footage = footage(folder.path());
        let noisy =
            AugmentationConfig { noise: 1.0, blur: 1.0, coarse: 1.0, ..AugmentationConfig::default() };
        let first = painted(&noisy, &footage, 1);
        assert_eq!(first, painted(&noisy, &footage, 1));
        assert_ne!(first.pixels, painted(&noisy, &footage, 2).pixels);
        assert_eq!(first.pixels.len(), 128 * 96 * 3);
    }
}
