//! The images of one camera on disk, shrunk, with the boxes in them: videos are decoded once.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_detectors::Image;
use opencv::core::{Mat, Size, Vector};
use opencv::imgcodecs::{IMREAD_COLOR, IMWRITE_JPEG_QUALITY, imdecode, imencode};
use opencv::imgproc::{INTER_AREA, resize};
use mvmhat_scene::{BBox, FrameNumber};
use serde::{Deserialize, Serialize};

use crate::training::indexed_file::{IndexedFile, IndexedWriter, Place};

/// What a whole file ends with.
const MAGIC: &[u8; 8] = b"mvmfram1";
/// Of JPEG; what it loses is far below the noise of a camera.
const QUALITY: i32 = 95;

/// Who is in an image, in pixels of the image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct People {
    /// Those to be found.
    pub(super) certain: Vec<BBox>,
    /// Those whom to find is neither right nor wrong.
    pub(super) ignored: Vec<BBox>,
}

impl People {
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
pub(super) struct Entry {
    pub(super) frame: FrameNumber,
    /// Width and height as it is kept.
    pub(super) size: [i32; 2],
    /// In pixels of the image as it is kept.
    pub(super) people: People,
    place: Place,
}

/// The images of one camera.
pub(super) struct FrameFile {
    file: IndexedFile,
    pub(super) entries: Vec<Entry>,
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

    /// An image.
    ///
    /// # Errors
    /// If it cannot be read or decoded.
    pub(super) fn image(&self, entry: &Entry) -> Result<Image> {
        let bytes = self.file.bytes(entry.place).context("an image cannot be read")?;
        Ok(Image::new(imdecode(&Mat::from_slice(&bytes)?, IMREAD_COLOR)?)?)
    }
}

/// A file of images in the making.
pub(super) struct FrameWriter {
    file: IndexedWriter,
    longest: i32,
    entries: Vec<Entry>,
}

impl FrameWriter {
    /// Begins a file at `path`, of images whose longer side is shrunk to `longest` pixels; smaller ones stay.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn create(path: &Path, longest: i32) -> Result<Self> {
        Ok(Self { file: IndexedWriter::create(path)?, longest, entries: Vec::new() })
    }

    /// Adds an image and who is in it.
    ///
    /// # Errors
    /// If it cannot be encoded or written.
    pub(super) fn push(&mut self, frame: FrameNumber, image: &Image, people: &People) -> Result<()> {
        let (width, height) = (image.width(), image.height());
        let scale = (f64::from(self.longest) / f64::from(width.max(height))).min(1.0);
        let size = [width, height].map(|side| ((f64::from(side) * scale).round() as i32).max(1));
        let mut small = Mat::default();
        let shrunk = if scale < 1.0 {
            resize(image.mat(), &mut small, Size::new(size[0], size[1]), 0.0, 0.0, INTER_AREA)?;
            &small
        } else {
            image.mat()
        };
        let mut bytes = Vector::<u8>::new();
        imencode(".jpg", shrunk, &mut bytes, &Vector::from_slice(&[IMWRITE_JPEG_QUALITY, QUALITY]))?;
        let place = self.file.push(bytes.as_slice())?;
        self.entries.push(Entry { frame, size, people: people.scaled(scale), place });
        Ok(())
    }

    /// Makes the file appear.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish(self) -> Result<()> {
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
    fn images_come_back_shrunk_with_their_boxes_and_damage_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.frames");
        let mut mat = Mat::new_rows_cols_with_default(100, 200, CV_8UC3, Scalar::all(0.0)).unwrap();
        rectangle(&mut mat, Rect::new(40, 20, 30, 60), Scalar::all(255.0), -1, 8, 0).unwrap();
        let image = Image::new(mat).unwrap();
        let people = People { certain: vec![BBox::new(40.0, 20.0, 30.0, 60.0)], ignored: Vec::new() };
        for (longest, size) in [(100, [100, 50]), (400, [200, 100])] {
            let mut writer = FrameWriter::create(&path, longest).unwrap();
            writer.push(FrameNumber(7), &image, &people).unwrap();
            writer.finish().unwrap();
            let file = FrameFile::open(&path).unwrap();
            let entry = &file.entries[0];
            assert_eq!((entry.frame, entry.size), (FrameNumber(7), size));
            let kept = file.image(entry).unwrap();
            assert_eq!([kept.width(), kept.height()], size);
            // The box still is where it is bright.
            let BBox { x, y, w, h } = entry.people.certain[0];
            let bright = |x: f64, y: f64| {
                kept.mat().at_2d::<opencv::core::Vec3b>(y as i32, x as i32).unwrap()[0] > 127
            };
            assert!(bright(x + 2.0, y + 2.0) && bright(x + w - 2.0, y + h - 2.0) && !bright(x - 2.0, y));
        }
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let error = format!("{:#}", FrameFile::open(&path).err().unwrap());
        assert!(error.contains("delete the file"), "{error}");
    }
}
