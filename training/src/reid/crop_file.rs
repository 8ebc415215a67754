//! The crops of one camera on disk: images are decoded once, however often their people are looked at.
//!
//! A crop is kept a little larger than its box, so that boxes can be shaken in training. The file holds the crops as
//! JPEG ([`IndexedFile`]); its name has a checksum of everything it was made from.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_detectors::{Image, crop};
use opencv::core::{Mat, Vector};
use opencv::imgcodecs::{IMREAD_COLOR, IMWRITE_JPEG_QUALITY, imdecode, imencode};
use mvmhat_scene::{BBox, FrameNumber};
use serde::{Deserialize, Serialize};

use super::indexed_file::{IndexedFile, IndexedWriter, Place};

/// What a whole file ends with.
const MAGIC: &[u8; 8] = b"mvmcrop2";
/// Of JPEG; what it loses is far below the noise of a camera.
const QUALITY: i32 = 95;

/// One crop of a camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The frame it is of.
    pub(super) frame: FrameNumber,
    /// The box, in pixels of the image.
    pub(super) bbox: BBox,
    /// The box, in pixels of the crop.
    pub(super) inside: BBox,
    place: Place,
}

/// What was not made a crop of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeftOut {
    /// Boxes that lie outside their image.
    pub(super) outside: u64,
    /// Boxes that are too low.
    pub(super) low: u64,
    /// Frames that have boxes and no image that can be read.
    pub(super) without_image: u64,
}

#[derive(Serialize, Deserialize)]
struct Index {
    entries: Vec<Entry>,
    left_out: LeftOut,
}

/// The crops of one camera.
pub(super) struct CropFile {
    file: IndexedFile,
    pub(super) entries: Vec<Entry>,
    pub(super) left_out: LeftOut,
}

impl CropFile {
    /// Opens a whole file.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let (file, Index { entries, left_out }) = IndexedFile::open(path, MAGIC)?;
        Ok(Self { file, entries, left_out })
    }

    /// The image of a crop: blue, green, red.
    ///
    /// # Errors
    /// If it cannot be read or decoded.
    pub(super) fn image(&self, entry: &Entry) -> Result<Image> {
        let bytes = self.file.bytes(entry.place).context("a crop cannot be read")?;
        let image = imdecode(&Mat::from_slice(&bytes)?, IMREAD_COLOR)?;
        Ok(Image::new(image)?)
    }
}

/// How crops are cut.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Cut {
    /// Height and width that a box has in its crop, pixels.
    pub(super) size: [i32; 2],
    /// How far a crop reaches beyond its box on each side, a share of the side.
    pub(super) margin: f64,
    /// Boxes lower than this many pixels are left out.
    pub(super) min_height: f64,
}

/// A file of crops in the making.
pub(super) struct CropWriter {
    file: IndexedWriter,
    cut: Cut,
    entries: Vec<Entry>,
    left_out: LeftOut,
}

impl CropWriter {
    /// Begins a file at `path`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn create(path: &Path, cut: Cut) -> Result<Self> {
        let file = IndexedWriter::create(path)?;
        Ok(Self { file, cut, entries: Vec::new(), left_out: LeftOut::default() })
    }

    /// Cuts the boxes out of an image. Those that lie outside of it or are too low are counted and left out.
    ///
    /// # Errors
    /// If they cannot be cut out or written.
    pub(super) fn push(&mut self, frame: FrameNumber, image: &Image, boxes: &[BBox]) -> Result<()> {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        for bbox in boxes {
            let Some(seen) = bbox.clipped(width, height).filter(|seen| seen.w >= 2.0 && seen.h >= 2.0) else {
                self.left_out.outside += 1;
                continue;
            };
            if seen.h < self.cut.min_height {
                self.left_out.low += 1;
                continue;
            }
            let (dx, dy) = (seen.w * self.cut.margin, seen.h * self.cut.margin);
            let wide = BBox::new(seen.x - dx, seen.y - dy, seen.w + 2.0 * dx, seen.h + 2.0 * dy);
            // Whole pixels, so that where the box lies inside is known exactly.
            let (left, top) = (wide.x.max(0.0).round(), wide.y.max(0.0).round());
            let (right, bottom) = (wide.right().min(width).round(), wide.bottom().min(height).round());
            let wide = BBox::new(left, top, (right - left).max(1.0), (bottom - top).max(1.0));
            let [box_height, box_width] = self.cut.size.map(f64::from);
            let (sx, sy) = (box_width / seen.w, box_height / seen.h);
            let (columns, rows) = ((wide.w * sx).round().max(1.0), (wide.h * sy).round().max(1.0));
            let (sx, sy) = (columns / wide.w, rows / wide.h);
            let inside = BBox::new((seen.x - wide.x) * sx, (seen.y - wide.y) * sy, seen.w * sx, seen.h * sy);
            let mut bytes = Vector::<u8>::new();
            let parameters = Vector::from_slice(&[IMWRITE_JPEG_QUALITY, QUALITY]);
            imencode(".jpg", &crop(image, wide, columns as i32, rows as i32)?, &mut bytes, &parameters)?;
            let place = self.file.push(bytes.as_slice())?;
            self.entries.push(Entry { frame, bbox: *bbox, inside, place });
        }
        Ok(())
    }

    /// Counts a frame that has boxes and no image.
    pub(super) fn missing(&mut self) {
        self.left_out.without_image += 1;
    }

    /// Makes the file appear.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish(self) -> Result<()> {
        self.file.finish(&Index { entries: self.entries, left_out: self.left_out }, MAGIC)
    }
}

#[cfg(test)]
mod tests {
    use opencv::core::{CV_8UC3, Rect, Scalar};
    use opencv::imgproc::rectangle;
    use opencv::prelude::*;

    use super::*;

    fn image() -> Image {
        let mut mat = Mat::new_rows_cols_with_default(100, 200, CV_8UC3, Scalar::all(0.0)).unwrap();
        rectangle(&mut mat, Rect::new(40, 20, 30, 60), Scalar::all(255.0), -1, 8, 0).unwrap();
        Image::new(mat).unwrap()
    }

    const CUT: Cut = Cut { size: [64, 32], margin: 0.25, min_height: 10.0 };

    #[test]
    fn crops_come_back_with_their_place_inside_and_what_is_no_person_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.crops");
        let mut writer = CropWriter::create(&path, CUT).unwrap();
        let boxes = [
            BBox::new(40.0, 20.0, 30.0, 60.0),
            BBox::new(300.0, 20.0, 30.0, 60.0),
            BBox::new(40.0, 20.0, 30.0, 9.0),
            BBox::new(-10.0, 50.0, 30.0, 80.0),
        ];
        writer.push(FrameNumber(7), &image(), &boxes).unwrap();
        writer.missing();
        writer.finish().unwrap();
        let file = CropFile::open(&path).unwrap();
        assert_eq!(file.left_out, LeftOut { outside: 1, low: 1, without_image: 1 });
        let [whole, cut] = &file.entries[..] else { panic!("{:?}", file.entries) };
        assert_eq!((whole.frame, whole.bbox), (FrameNumber(7), boxes[0]));
        // The white box fills its place in the crop and nothing beside it.
        let crop = file.image(whole).unwrap();
        let BBox { x, y, w, h } = whole.inside;
        assert!((w - 32.0).abs() < 1.0 && (h - 64.0).abs() < 1.0, "{:?}", whole.inside);
        let bright =
            |x: f64, y: f64| crop.mat().at_2d::<opencv::core::Vec3b>(y as i32, x as i32).unwrap()[0] > 127;
        for (dx, dy) in [(3.0, 3.0), (w - 3.0, h - 3.0)] {
            assert!(bright(x + dx, y + dy));
        }
        for (px, py) in [(x - 3.0, y + 3.0), (x + w + 3.0, y + 3.0), (x + 3.0, y - 3.0)] {
            assert!(!bright(px, py));
        }
        // What reaches outside of the image is cut at its edge.
        assert_eq!(cut.inside.x, 0.0);
    }

    #[test]
    fn a_file_cut_short_is_refused_and_an_unfinished_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.crops");
        let mut writer = CropWriter::create(&path, CUT).unwrap();
        writer.push(FrameNumber(1), &image(), &[BBox::new(40.0, 20.0, 30.0, 60.0)]).unwrap();
        assert!(!path.exists());
        writer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 10, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let error = format!("{:#}", CropFile::open(&path).err().unwrap());
            assert!(error.contains("delete the file"), "{error}");
        }
    }
}
