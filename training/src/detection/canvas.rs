//! Canvases rendered as planned, with the boxes of the people on them.

use anyhow::Result;
use mvmhat_detectors::DetectionTargets;
use mvmhat_scene::BBox;
use opencv::core::{BORDER_CONSTANT, CV_8UC3, CV_16SC3, Mat, Rect, Scalar, Size, set_rng_seed};
use opencv::core::{add_weighted, randn};
use opencv::imgproc::{INTER_AREA, INTER_LINEAR, WARP_INVERSE_MAP, gaussian_blur_def, resize, warp_affine};
use opencv::prelude::*;

use super::augmentation::{CanvasPlan, ImageQuality, Region, Tile};
use super::dataset::ImageDataset;
use super::frame_file::PersonBoxes;
use crate::color_jitter::BGR;
use crate::resampling::down_up_sampled;

/// Gray where there is no image, as in the input of detectors.
const EMPTY: f64 = 114.0;
/// A person becomes an ignore region where the edge of a tile leaves less than this part of the box.
const MIN_VISIBLE_PART: f64 = 0.4;

/// Canvases, ready for the network.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CanvasBatch {
    /// Blue, green, red, row by row, canvas by canvas.
    pub(super) pixels: Vec<u8>,
    pub(super) targets: Vec<DetectionTargets>,
}

impl CanvasBatch {
    /// Renders one more canvas of `size` (width, height). Whoever is shorter than `min_height` pixels on it is an ignore region.
    ///
    /// # Errors
    /// If an image cannot be read.
    pub(super) fn push(
        &mut self,
        canvas: &CanvasPlan,
        dataset: &ImageDataset,
        [width, height]: [i32; 2],
        min_height: f64,
    ) -> Result<()> {
        let mut mat = Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(EMPTY))?;
        let mut targets = DetectionTargets::default();
        for tile in &canvas.tiles {
            let Region { left, top, right, bottom } = tile.region;
            let image = dataset.image(tile.image)?;
            let mut rendered = tile.render(image.mat())?;
            tile.colors.apply(rendered.data_bytes_mut()?, BGR);
            rendered.copy_to(&mut mat.roi_mut(Rect::new(left, top, right - left, bottom - top))?)?;
            let entry = dataset.entry(tile.image);
            tile.add_targets(&entry.people, f64::from(entry.size[0]), min_height, &mut targets);
        }
        canvas.quality.apply(&mut mat)?;
        self.pixels.extend_from_slice(mat.data_bytes()?);
        self.targets.push(targets);
        Ok(())
    }
}

impl Tile {
    /// The image as it is in its region.
    fn render(&self, image: &Mat) -> Result<Mat> {
        // Where an image is made much smaller, every pixel must contribute.
        let mut halved = Mat::default();
        let (image, scale) = if self.scale < 0.5 {
            let half = Size::new((image.cols() / 2).max(1), (image.rows() / 2).max(1));
            resize(image, &mut halved, half, 0.0, 0.0, INTER_AREA)?;
            (&halved, 2.0 * self.scale)
        } else {
            (image, self.scale)
        };
        let Region { left, top, right, bottom } = self.region;
        // From pixels of the region to those of the image; pixels are counted at their centers.
        let [x, y] = [self.corner[0] - f64::from(left), self.corner[1] - f64::from(top)];
        let (step, first) = if self.flip {
            (-1.0 / scale, f64::from(image.cols()) - (0.5 - x) / scale - 0.5)
        } else {
            (1.0 / scale, (0.5 - x) / scale - 0.5)
        };
        let map = Mat::from_slice_2d(&[[step, 0.0, first], [0.0, 1.0 / scale, (0.5 - y) / scale - 0.5]])?;
        let mut rendered = Mat::default();
        let size = Size::new(right - left, bottom - top);
        let flags = INTER_LINEAR | WARP_INVERSE_MAP;
        warp_affine(image, &mut rendered, &map, size, flags, BORDER_CONSTANT, Scalar::all(EMPTY))?;
        Ok(rendered)
    }

    /// Adds the people in the region to `targets`; `people` are in pixels of the image, which is `width` pixels wide.
    fn add_targets(&self, people: &PersonBoxes, width: f64, min_height: f64, targets: &mut DetectionTargets) {
        let Region { left, top, right, bottom } = self.region;
        let (left, top) = (f64::from(left), f64::from(top));
        let size = (f64::from(right) - left, f64::from(bottom) - top);
        let within = |bbox: &BBox| {
            let x = if self.flip { width - bbox.right() } else { bbox.x };
            let scaled = [x, bbox.y, bbox.w, bbox.h].map(|side| side * self.scale);
            let [x, y] = [scaled[0] + self.corner[0] - left, scaled[1] + self.corner[1] - top];
            let whole = BBox::new(x, y, scaled[2], scaled[3]);
            let visible = whole.clipped(size.0, size.1)?;
            let part = visible.area() / whole.area();
            Some((BBox::new(visible.x + left, visible.y + top, visible.w, visible.h), part))
        };
        for (visible, part) in people.certain.iter().filter_map(within) {
            let list = if part >= MIN_VISIBLE_PART && visible.h >= min_height {
                &mut targets.people
            } else {
                &mut targets.ignored
            };
            list.push(visible);
        }
        targets.ignored.extend(people.ignored.iter().filter_map(within).map(|(visible, _)| visible));
    }
}

impl ImageQuality {
    fn apply(self, mat: &mut Mat) -> Result<()> {
        let size = mat.size()?;
        if self.down_up_sampling > 0.0 {
            *mat = down_up_sampled(mat, self.down_up_sampling)?;
        }
        if self.blur > 0.0 {
            let sharp = std::mem::take(mat);
            gaussian_blur_def(&sharp, mat, Size::new(0, 0), self.blur)?;
        }
        if self.noise > 0.0 {
            // OpenCV has one generator per thread, so that what is drawn depends on the seed only.
            set_rng_seed(self.noise_seed)?;
            let mut noise = Mat::new_size_with_default(size, CV_16SC3, Scalar::all(0.0))?;
            randn(&mut noise, &Scalar::all(0.0), &Scalar::all(self.noise))?;
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
    use mvmhat_scene::FrameNumber;
    use opencv::imgproc::rectangle;

    use super::*;
    use crate::camera_cache::CameraWriter;
    use crate::detection::augmentation::{CanvasSampler, DetectionAugmentationConfig};
    use crate::detection::dataset::CameraImages;
    use crate::detection::frame_file::{FrameFile, FrameWriter};

    const SIZE: [i32; 2] = [128, 96];

    /// Two black images of 160 x 120 with a white person each, in the second one an ignore region.
    fn dataset(folder: &std::path::Path) -> ImageDataset {
        let path = folder.join("a.frames");
        let mut writer = FrameWriter::create(&path, 160).unwrap();
        for number in 0..2 {
            let mut mat = Mat::new_rows_cols_with_default(120, 160, CV_8UC3, Scalar::all(0.0)).unwrap();
            rectangle(&mut mat, Rect::new(30, 40, 20, 60), Scalar::all(255.0), -1, 8, 0).unwrap();
            let person = vec![BBox::new(30.0, 40.0, 20.0, 60.0)];
            let people = match number {
                0 => PersonBoxes { certain: person, ignored: Vec::new() },
                _ => PersonBoxes { certain: Vec::new(), ignored: person },
            };
            writer.push(FrameNumber(number), &Image::new(mat).unwrap(), &people).unwrap();
        }
        writer.finish().unwrap();
        let camera = CameraImages { name: "a".into(), file: FrameFile::open(&path).unwrap() };
        ImageDataset::new(vec![vec![camera]], 1.0)
    }

    fn rendered(config: &DetectionAugmentationConfig, dataset: &ImageDataset, seed: u64) -> CanvasBatch {
        let mut batch = CanvasBatch::default();
        let sampler = CanvasSampler { config, dataset, size: SIZE, input_size: 128 };
        let canvas = sampler.draw(&mut Random::new(seed, "canvas"));
        batch.push(&canvas, dataset, SIZE, 8.0).unwrap();
        batch
    }

    #[test]
    fn boxes_lie_on_their_people_wherever_these_are_moved() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = dataset(folder.path());
        let plain = DetectionAugmentationConfig {
            brightness: 0.0,
            color: 0.0,
            gamma: 0.0,
            saturation: 0.0,
            grayscale: 0.0,
            blur: 0.0,
            down_up_sampling: 0.0,
            noise: 0.0,
            ..DetectionAugmentationConfig::default()
        };
        let (mut people, mut ignored) = (0, 0);
        for seed in 0..60 {
            let batch = rendered(&plain, &dataset, seed);
            let [width, height] = SIZE.map(f64::from);
            let white = |x: f64, y: f64| batch.pixels[3 * (y as usize * SIZE[0] as usize + x as usize)] > 200;
            // The white pixels are those inside of boxes, but for their edges.
            let boxes: Vec<BBox> =
                batch.targets.iter().flat_map(|t| t.people.iter().chain(&t.ignored)).copied().collect();
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
            people += batch.targets[0].people.len();
            ignored += batch.targets[0].ignored.len();
        }
        assert!(people > 20 && ignored > 20, "{people} {ignored}");
    }

    #[test]
    fn a_canvas_is_a_function_of_its_seed() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = dataset(folder.path());
        let noisy = DetectionAugmentationConfig {
            noise: 1.0,
            blur: 1.0,
            down_up_sampling: 1.0,
            ..DetectionAugmentationConfig::default()
        };
        let first = rendered(&noisy, &dataset, 1);
        assert_eq!(first, rendered(&noisy, &dataset, 1));
        assert_ne!(first.pixels, rendered(&noisy, &dataset, 2).pixels);
        assert_eq!(first.pixels.len(), 128 * 96 * 3);
    }
}
