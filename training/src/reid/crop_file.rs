//! The crops of one camera on disk.
//!
//! A crop is kept a little larger than its box, so that boxes can be jittered in training. The file holds the crops as JPEG in an
//! [`IndexedFile`]; its name has a checksum of everything it was made from.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_detectors::{Image, crop};
use mvmhat_scene::{BBox, Detection, FrameNumber, mot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::boxes::BoxSelection;
use crate::camera_cache::{CameraCache, CameraWriter, LabelledFrames};
use crate::indexed_file::{ByteRange, IndexedFile, IndexedWriter};
use crate::jpeg;

/// What a whole file ends with.
const MAGIC: &[u8; 8] = b"mvmcrop3";

/// One crop of a camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CropEntry {
    /// The frame it is of.
    pub(super) frame: FrameNumber,
    /// The box, in pixels of the image.
    pub(super) bbox: BBox,
    /// The box, in pixels of the crop.
    pub(super) inside: BBox,
    bytes: ByteRange,
}

/// What no crop was made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CropStatistics {
    /// Boxes that lie outside their image.
    pub(super) outside: u64,
    /// Boxes that are too short.
    pub(super) short: u64,
    /// Frames that have boxes and no image that can be read.
    pub(super) without_image: u64,
}

impl CropStatistics {
    pub(super) fn add(&mut self, other: Self) {
        self.outside += other.outside;
        self.short += other.short;
        self.without_image += other.without_image;
    }
}

#[derive(Serialize, Deserialize)]
struct Index {
    entries: Vec<CropEntry>,
    statistics: CropStatistics,
}

/// The crops of one camera.
pub(super) struct CropFile {
    file: IndexedFile,
    pub(super) entries: Vec<CropEntry>,
    pub(super) statistics: CropStatistics,
}

impl CropFile {
    /// Opens a whole file.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let (file, Index { entries, statistics }) = IndexedFile::open(path, MAGIC)?;
        Ok(Self { file, entries, statistics })
    }

    /// The image of a crop: blue, green, red.
    ///
    /// # Errors
    /// If it cannot be read or decoded.
    pub(super) fn image(&self, entry: &CropEntry) -> Result<Image> {
        jpeg::decode(&self.file.bytes(entry.bytes).context("a crop cannot be read")?)
    }
}

/// What a crop is like.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct CropShape {
    /// Height and width that a box has in its crop, pixels.
    pub(crate) size: [i32; 2],
    /// How far a crop reaches beyond its box on each side, relative to the length of the side.
    pub(crate) margin: f64,
    /// Boxes shorter than this many pixels are left out.
    pub(crate) min_height: f64,
}

/// Keeps the crops of the boxes of a frame.
pub(crate) struct CropCache {
    pub(crate) shape: CropShape,
    pub(crate) selection: BoxSelection,
}

impl CameraCache for CropCache {
    type Labels = Vec<BBox>;
    type Writer = CropWriter;
    const SUFFIX: &'static str = "crops";

    fn labels_of_ground_truth(&self, rows: &[mot::Row]) -> LabelledFrames<Vec<BBox>> {
        let mut frames = LabelledFrames::<Vec<BBox>>::new();
        let is_learned_from =
            |row: &&mot::Row| row.score > 0.0 && row.bbox.is_valid() && self.selection.is_visible(row);
        for row in rows.iter().filter(is_learned_from) {
            frames.entry(row.frame).or_default().push(row.bbox);
        }
        frames
    }

    fn labels_of_detections(&self, detections: &[Detection]) -> Vec<BBox> {
        let confident = detections.iter().filter(|found| f64::from(found.score) >= self.selection.conf);
        confident.map(|found| found.bbox).collect()
    }

    fn identity(&self) -> Value {
        json!([String::from_utf8_lossy(MAGIC), self.shape])
    }

    fn create(&self, path: &Path) -> Result<CropWriter> {
        CropWriter::create(path, self.shape)
    }
}

/// A file of crops that is being written.
pub(crate) struct CropWriter {
    file: IndexedWriter,
    shape: CropShape,
    entries: Vec<CropEntry>,
    statistics: CropStatistics,
}

impl CropWriter {
    /// Begins a file at `path`.
    ///
    /// # Errors
    /// If it cannot be written.
    fn create(path: &Path, shape: CropShape) -> Result<Self> {
        let file = IndexedWriter::create(path)?;
        Ok(Self { file, shape, entries: Vec::new(), statistics: CropStatistics::default() })
    }
}

impl CameraWriter<Vec<BBox>> for CropWriter {
    /// Cuts the boxes out of an image. Those that lie outside of it or are too short are counted and left out.
    fn push(&mut self, frame: FrameNumber, image: &Image, boxes: &Vec<BBox>) -> Result<()> {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        for bbox in boxes {
            let clipped = bbox.clipped(width, height);
            let Some(visible) = clipped.filter(|clipped| clipped.w >= 2.0 && clipped.h >= 2.0) else {
                self.statistics.outside += 1;
                continue;
            };
            if visible.h < self.shape.min_height {
                self.statistics.short += 1;
                continue;
            }
            let (dx, dy) = (visible.w * self.shape.margin, visible.h * self.shape.margin);
            let wide = BBox::new(visible.x - dx, visible.y - dy, visible.w + 2.0 * dx, visible.h + 2.0 * dy);
            // Whole pixels, so that where the box lies inside is known exactly.
            let (left, top) = (wide.x.max(0.0).round(), wide.y.max(0.0).round());
            let (right, bottom) = (wide.right().min(width).round(), wide.bottom().min(height).round());
            let wide = BBox::new(left, top, (right - left).max(1.0), (bottom - top).max(1.0));
            let [box_height, box_width] = self.shape.size.map(f64::from);
            let (sx, sy) = (box_width / visible.w, box_height / visible.h);
            let (columns, rows) = ((wide.w * sx).round().max(1.0), (wide.h * sy).round().max(1.0));
            let (sx, sy) = (columns / wide.w, rows / wide.h);
            let inside = BBox::new(
                (visible.x - wide.x) * sx,
                (visible.y - wide.y) * sy,
                visible.w * sx,
                visible.h * sy,
            );
            let encoded = jpeg::encode(&crop(image, wide, columns as i32, rows as i32)?)?;
            let bytes = self.file.push(encoded.as_slice())?;
            self.entries.push(CropEntry { frame, bbox: *bbox, inside, bytes });
        }
        Ok(())
    }

    fn missing_image(&mut self) {
        self.statistics.without_image += 1;
    }

    fn finish(self) -> Result<()> {
        self.file.finish(&Index { entries: self.entries, statistics: self.statistics }, MAGIC)
    }
}

#[cfg(test)]
mod tests {
    use opencv::core::{CV_8UC3, Mat, Rect, Scalar};
    use opencv::imgproc::rectangle;
    use opencv::prelude::*;

    use super::*;

    fn image() -> Image {
        let mut mat = Mat::new_rows_cols_with_default(100, 200, CV_8UC3, Scalar::all(0.0)).unwrap();
        rectangle(&mut mat, Rect::new(40, 20, 30, 60), Scalar::all(255.0), -1, 8, 0).unwrap();
        Image::new(mat).unwrap()
    }

    const SHAPE: CropShape = CropShape { size: [64, 32], margin: 0.25, min_height: 10.0 };

    #[test]
    fn crops_are_read_back_with_their_boxes_inside_and_boxes_without_a_crop_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.crops");
        let mut writer = CropWriter::create(&path, SHAPE).unwrap();
        let boxes = [
            BBox::new(40.0, 20.0, 30.0, 60.0),
            BBox::new(300.0, 20.0, 30.0, 60.0),
            BBox::new(40.0, 20.0, 30.0, 9.0),
            BBox::new(-10.0, 50.0, 30.0, 80.0),
        ];
        writer.push(FrameNumber(7), &image(), &boxes.to_vec()).unwrap();
        writer.missing_image();
        writer.finish().unwrap();
        let file = CropFile::open(&path).unwrap();
        assert_eq!(file.statistics, CropStatistics { outside: 1, short: 1, without_image: 1 });
        let [whole, clipped] = &file.entries[..] else { panic!("{:?}", file.entries) };
        assert_eq!((whole.frame, whole.bbox), (FrameNumber(7), boxes[0]));
        // The white box fills its part of the crop and nothing beside it.
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
        // A box that reaches outside of the image is clipped at its edge.
        assert_eq!(clipped.inside.x, 0.0);
    }

    #[test]
    fn a_truncated_file_is_refused_and_an_unfinished_one_does_not_appear() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.crops");
        let mut writer = CropWriter::create(&path, SHAPE).unwrap();
        writer.push(FrameNumber(1), &image(), &vec![BBox::new(40.0, 20.0, 30.0, 60.0)]).unwrap();
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
