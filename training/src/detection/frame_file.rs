//! The images of one camera on disk, shrunk, with the boxes of the people in them.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_detectors::Image;
use mvmhat_scene::{BBox, Detection, FrameNumber, mot};
use opencv::core::{Mat, Size};
use opencv::imgproc::{INTER_AREA, resize};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::boxes::BoxSelection;
use crate::camera_cache::{CameraCache, CameraWriter, LabelledFrames};
use crate::indexed_file::{ByteRange, IndexedFile, IndexedWriter};
use crate::jpeg;

/// What a whole file ends with.
const MAGIC: &[u8; 8] = b"mvmfram2";

/// The people in an image, in pixels of the image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PersonBoxes {
    /// People to be detected.
    pub(crate) certain: Vec<BBox>,
    /// Ignore regions: a detection there is neither right nor wrong.
    pub(crate) ignored: Vec<BBox>,
}

impl PersonBoxes {
    /// The same in an image `scale` times as large.
    fn scaled(&self, scale: f64) -> Self {
        let scaled = |boxes: &[BBox]| {
            boxes.iter().map(|b| BBox::new(b.x * scale, b.y * scale, b.w * scale, b.h * scale)).collect()
        };
        Self { certain: scaled(&self.certain), ignored: scaled(&self.ignored) }
    }
}

/// One image of a camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FrameEntry {
    pub(super) frame: FrameNumber,
    /// Width and height of the image on disk.
    pub(super) size: [i32; 2],
    /// In pixels of the image on disk.
    pub(super) people: PersonBoxes,
    bytes: ByteRange,
}

/// The images of one camera.
pub(super) struct FrameFile {
    file: IndexedFile,
    pub(super) entries: Vec<FrameEntry>,
}

impl FrameFile {
    /// Opens a whole file.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let (file, entries) = IndexedFile::open(path, MAGIC)?;
        Ok(Self { file, entries })
    }

    /// The image of an entry.
    ///
    /// # Errors
    /// If it cannot be read or decoded.
    pub(super) fn image(&self, entry: &FrameEntry) -> Result<Image> {
        jpeg::decode(&self.file.bytes(entry.bytes).context("an image cannot be read")?)
    }
}

/// Keeps the images with the boxes of the people in them.
pub(crate) struct FrameCache {
    pub(crate) selection: BoxSelection,
    /// Detections of a lower confidence than `selection` asks for, down to this one, are ignore regions.
    pub(crate) ignore_thresh: f64,
    /// Images with a longer side are shrunk to this one, pixels.
    pub(crate) longer_side: i32,
}

impl CameraCache for FrameCache {
    type Labels = PersonBoxes;
    type Writer = FrameWriter;
    const SUFFIX: &'static str = "frames";

    fn labels_of_ground_truth(&self, rows: &[mot::Row]) -> LabelledFrames<PersonBoxes> {
        let mut frames = LabelledFrames::<PersonBoxes>::new();
        for row in rows.iter().filter(|row| row.bbox.is_valid()) {
            let people = frames.entry(row.frame).or_default();
            let is_certain = mvmhat_pipeline::ground_truth::counts(row) && self.selection.is_visible(row);
            let list = if is_certain { &mut people.certain } else { &mut people.ignored };
            list.push(row.bbox);
        }
        frames
    }

    fn labels_of_detections(&self, detections: &[Detection]) -> PersonBoxes {
        let between = |least: f64, end: f64| {
            let within = detections.iter().filter(|found| (least..end).contains(&f64::from(found.score)));
            within.map(|found| found.bbox).collect()
        };
        let conf = self.selection.conf;
        PersonBoxes { certain: between(conf, f64::INFINITY), ignored: between(self.ignore_thresh, conf) }
    }

    fn identity(&self) -> Value {
        json!([String::from_utf8_lossy(MAGIC), self.longer_side])
    }

    fn create(&self, path: &Path) -> Result<FrameWriter> {
        FrameWriter::create(path, self.longer_side)
    }
}

/// A file of images that is being written.
pub(crate) struct FrameWriter {
    file: IndexedWriter,
    longer_side: i32,
    entries: Vec<FrameEntry>,
}

impl FrameWriter {
    /// Begins a file at `path`, of images whose longer side is shrunk to `longer_side` pixels; smaller ones stay.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn create(path: &Path, longer_side: i32) -> Result<Self> {
        Ok(Self { file: IndexedWriter::create(path)?, longer_side, entries: Vec::new() })
    }
}

impl CameraWriter<PersonBoxes> for FrameWriter {
    fn push(&mut self, frame: FrameNumber, image: &Image, people: &PersonBoxes) -> Result<()> {
        let (width, height) = (image.width(), image.height());
        let scale = (f64::from(self.longer_side) / f64::from(width.max(height))).min(1.0);
        let size = [width, height].map(|side| ((f64::from(side) * scale).round() as i32).max(1));
        let mut small = Mat::default();
        let shrunk = if scale < 1.0 {
            resize(image.mat(), &mut small, Size::new(size[0], size[1]), 0.0, 0.0, INTER_AREA)?;
            &small
        } else {
            image.mat()
        };
        let bytes = self.file.push(jpeg::encode(shrunk)?.as_slice())?;
        self.entries.push(FrameEntry { frame, size, people: people.scaled(scale), bytes });
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.file.finish(&self.entries, MAGIC)
    }
}

#[cfg(test)]
mod tests {
    use opencv::core::{CV_8UC3, Rect, Scalar};
    use opencv::imgproc::rectangle;
    use opencv::prelude::*;

    use super::*;

    #[test]
    fn images_are_read_back_shrunk_with_their_boxes_and_a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.frames");
        let mut mat = Mat::new_rows_cols_with_default(100, 200, CV_8UC3, Scalar::all(0.0)).unwrap();
        rectangle(&mut mat, Rect::new(40, 20, 30, 60), Scalar::all(255.0), -1, 8, 0).unwrap();
        let image = Image::new(mat).unwrap();
        let people = PersonBoxes { certain: vec![BBox::new(40.0, 20.0, 30.0, 60.0)], ignored: Vec::new() };
        for (longer_side, size) in [(100, [100, 50]), (400, [200, 100])] {
            let mut writer = FrameWriter::create(&path, longer_side).unwrap();
            writer.push(FrameNumber(7), &image, &people).unwrap();
            writer.finish().unwrap();
            let file = FrameFile::open(&path).unwrap();
            let entry = &file.entries[0];
            assert_eq!((entry.frame, entry.size), (FrameNumber(7), size));
            let image_on_disk = file.image(entry).unwrap();
            assert_eq!([image_on_disk.width(), image_on_disk.height()], size);
            // The box is still where it is bright.
            let BBox { x, y, w, h } = entry.people.certain[0];
            let bright = |x: f64, y: f64| {
                image_on_disk.mat().at_2d::<opencv::core::Vec3b>(y as i32, x as i32).unwrap()[0] > 127
            };
            assert!(bright(x + 2.0, y + 2.0) && bright(x + w - 2.0, y + h - 2.0) && !bright(x - 2.0, y));
        }
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let error = format!("{:#}", FrameFile::open(&path).err().unwrap());
        assert!(error.contains("delete the file"), "{error}");
    }
}
