//! The images that a detector learns from, of all sequences, and how often each is drawn.

use anyhow::{Result, bail};
use mvmhat_detectors::Image;
use mvmhat_random::Random;
use mvmhat_scene::SequencePart;

use super::frame_file::{FrameCache, FrameEntry, FrameFile};
use crate::dataset_reader::{CachedSequence, DatasetReader};

/// One image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImageId {
    /// Index of its file.
    pub(super) file: usize,
    /// Index in that file.
    pub(super) entry: usize,
}

/// The images of a camera.
pub(super) struct CameraImages {
    /// The names of sequence and camera.
    pub(super) name: String,
    pub(super) file: FrameFile,
}

/// All images that are learned from.
pub(super) struct ImageDataset {
    pub(super) cameras: Vec<CameraImages>,
    /// The images of each sequence.
    sequences: Vec<Vec<ImageId>>,
    /// The cumulative probabilities of the sequences.
    cumulative_probabilities: Vec<f64>,
}

impl ImageDataset {
    /// Reads sequences, or parts of them. See `train.data.balance`.
    ///
    /// # Errors
    /// Sequences that cannot be read, or that have no image to learn from.
    pub(super) fn read(
        reader: &DatasetReader<'_, FrameCache>,
        parts: &[SequencePart],
        balance: f64,
    ) -> Result<Self> {
        let mut sequences = Vec::new();
        reader.read(parts, |cached| {
            sequences.push(open_cameras(&cached)?);
            Ok(())
        })?;
        let dataset = Self::new(sequences, balance);
        if dataset.len() == 0 {
            bail!("too little to learn from: there is no image with boxes in these recordings");
        }
        Ok(dataset)
    }

    /// `sequences` are the cameras of each. See `train.data.balance`.
    pub(super) fn new(sequences: Vec<Vec<CameraImages>>, balance: f64) -> Self {
        let (mut all_cameras, mut images) = (Vec::new(), Vec::new());
        for cameras in sequences {
            let mut of_sequence = Vec::new();
            for camera in cameras {
                let file = all_cameras.len();
                of_sequence.extend((0..camera.file.entries.len()).map(|entry| ImageId { file, entry }));
                all_cameras.push(camera);
            }
            images.push(of_sequence);
        }
        images.retain(|images| !images.is_empty());
        let weights: Vec<f64> = images.iter().map(|images| (images.len() as f64).powf(balance)).collect();
        let sum: f64 = weights.iter().sum();
        let cumulative = weights.iter().scan(0.0, |end, weight| {
            *end += weight / sum;
            Some(*end)
        });
        Self { cameras: all_cameras, cumulative_probabilities: cumulative.collect(), sequences: images }
    }

    /// The number of images.
    pub(super) fn len(&self) -> usize {
        self.sequences.iter().map(Vec::len).sum()
    }

    /// Draws an image.
    pub(super) fn draw(&self, random: &mut Random) -> ImageId {
        let drawn = random.uniform();
        let sequence = self.cumulative_probabilities.partition_point(|end| *end <= drawn);
        let images = &self.sequences[sequence.min(self.sequences.len() - 1)];
        images[random.below(images.len())]
    }

    pub(super) fn entry(&self, image: ImageId) -> &FrameEntry {
        &self.cameras[image.file].file.entries[image.entry]
    }

    /// The pixels of an image.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn image(&self, image: ImageId) -> Result<Image> {
        self.cameras[image.file].file.image(self.entry(image))
    }

    /// Which image it is, for a message.
    pub(super) fn describe(&self, image: ImageId) -> String {
        format!("{} frame {}", self.cameras[image.file].name, self.entry(image).frame)
    }
}

/// Opens the files of a sequence, and logs what it contributes.
fn open_cameras(cached: &CachedSequence<'_>) -> Result<Vec<CameraImages>> {
    let CachedSequence { part, sequence, files, .. } = cached;
    let mut cameras = Vec::with_capacity(files.len());
    for (camera, path) in sequence.cameras.iter().zip(files) {
        let name = format!("{} {}", part.named(&sequence.name), camera.name);
        cameras.push(CameraImages { name, file: FrameFile::open(path)? });
    }
    let entries = || cameras.iter().flat_map(|camera| &camera.file.entries);
    tracing::info!(
        "{}: {} images of {} cameras with {} people, and {} ignore regions",
        sequence.name,
        entries().count(),
        cameras.len(),
        entries().map(|entry| entry.people.certain.len()).sum::<usize>(),
        entries().map(|entry| entry.people.ignored.len()).sum::<usize>(),
    );
    Ok(cameras)
}

#[cfg(test)]
mod tests {
    use mvmhat_detectors::Image;
    use mvmhat_scene::FrameNumber;
    use opencv::core::{CV_8UC3, Mat, Scalar};

    use super::*;
    use crate::camera_cache::CameraWriter;
    use crate::detection::frame_file::{FrameWriter, PersonBoxes};

    #[test]
    fn sequences_are_drawn_as_often_as_the_balance_says() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, images: u32| {
            let path = folder.path().join(name);
            let mut writer = FrameWriter::create(&path, 32).unwrap();
            for number in 0..images {
                let mat = Mat::new_rows_cols_with_default(8, 8, CV_8UC3, Scalar::all(0.0)).unwrap();
                writer.push(FrameNumber(number), &Image::new(mat).unwrap(), &PersonBoxes::default()).unwrap();
            }
            writer.finish().unwrap();
            CameraImages { name: name.to_owned(), file: FrameFile::open(&path).unwrap() }
        };
        for (balance, expected) in [(0.0, 0.5), (0.5, 0.25), (1.0, 0.1)] {
            let dataset =
                ImageDataset::new(vec![vec![file("a", 1)], Vec::new(), vec![file("b", 9)]], balance);
            assert_eq!(dataset.len(), 10);
            let mut random = Random::new(0, "draw");
            let of_first = (0..4000).filter(|_| dataset.draw(&mut random).file == 0).count();
            assert!((of_first as f64 / 4000.0 - expected).abs() < 0.03, "{balance}: {of_first}");
        }
    }
}
