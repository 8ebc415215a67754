//! The crops that are learned from, of all sequences, ordered by sequence, timestep and camera.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use mvmhat_association::GroundPlane;
use mvmhat_scene::{BBox, CameraId, FrameNumber, SequencePart};

use super::augmentation::CropAugmentation;
use super::crop_file::CropCache;
use super::crop_file::{CropFile, CropStatistics};
use crate::dataset_reader::{CachedSequence, DatasetReader};

/// One box of one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crop {
    /// Index of its sequence.
    pub(super) sequence: usize,
    pub(super) camera: CameraId,
    /// Counted in the timesteps that are learned from.
    pub(super) timestep: u64,
    pub(super) frame: FrameNumber,
    pub(super) bbox: BBox,
    /// Index of its file, and its index in that file.
    pub(super) file: usize,
    pub(super) entry: usize,
}

/// What all crops of a sequence have in common.
pub(super) struct SequenceInfo {
    pub(super) name: String,
    /// The name, with the frames that are learned from where these are not all.
    pub(super) part: String,
    pub(super) cameras: Vec<String>,
    /// The calibration of its cameras on the ground plane, if it is calibrated.
    pub(super) ground: Option<GroundPlane>,
    /// Seconds from one timestep to the next.
    pub(super) seconds: f64,
}

/// All crops that are learned from.
pub(super) struct CropDataset {
    pub(super) sequences: Vec<SequenceInfo>,
    pub(super) crops: Vec<Crop>,
    files: Vec<CropFile>,
    /// Height and width of a crop for the network, pixels.
    pub(super) size: [i32; 2],
}

impl CropDataset {
    /// Reads sequences, or parts of them.
    ///
    /// # Errors
    /// Sequences that cannot be read.
    pub(super) fn read(reader: &DatasetReader<'_, CropCache>, parts: &[SequencePart]) -> Result<Self> {
        let size = reader.cache.shape.size;
        let mut dataset = Self { sequences: Vec::new(), crops: Vec::new(), files: Vec::new(), size };
        reader.read(parts, |cached| dataset.add(&cached))?;
        dataset.crops.sort_by_key(|crop| (crop.sequence, crop.timestep, crop.camera, crop.file, crop.entry));
        Ok(dataset)
    }

    fn add(&mut self, cached: &CachedSequence<'_>) -> Result<()> {
        let CachedSequence { part, sequence, timesteps, files } = cached;
        let first = self.crops.len();
        let mut statistics = CropStatistics::default();
        for (camera, path) in sequence.cameras.iter().zip(files) {
            let file = CropFile::open(path)?;
            self.crops.extend(file.entries.iter().enumerate().map(|(index, entry)| Crop {
                sequence: self.sequences.len(),
                camera: camera.id,
                timestep: timesteps.nearest(camera, entry.frame),
                frame: entry.frame,
                bbox: entry.bbox,
                file: self.files.len(),
                entry: index,
            }));
            statistics.add(file.statistics);
            self.files.push(file);
        }
        let info = SequenceInfo {
            name: sequence.name.clone(),
            part: part.named(&sequence.name),
            cameras: sequence.cameras.iter().map(|camera| camera.name.clone()).collect(),
            ground: GroundPlane::from_sequence(sequence),
            seconds: timesteps.seconds(),
        };
        log_sequence(&info, &self.crops[first..], statistics);
        self.sequences.push(info);
        Ok(())
    }

    /// Appends an augmented crop to `pixels`: red, green, blue, row by row.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn push(
        &self,
        crop: usize,
        augmentation: &CropAugmentation,
        pixels: &mut Vec<u8>,
    ) -> Result<()> {
        let crop = &self.crops[crop];
        let file = &self.files[crop.file];
        let entry = &file.entries[crop.entry];
        augmentation.push(&file.image(entry)?, entry.inside, self.size, pixels)
    }

    /// Which crop it is, for a message.
    pub(super) fn describe(&self, crop: usize) -> String {
        let Crop { sequence, camera, frame, .. } = self.crops[crop];
        let info = &self.sequences[sequence];
        format!("{} {} frame {frame}", info.name, info.cameras[camera.index()])
    }
}

/// Logs what a sequence contributes, and what was left out.
fn log_sequence(info: &SequenceInfo, crops: &[Crop], statistics: CropStatistics) {
    let mut timesteps = BTreeMap::<u64, CameraId>::new();
    let mut shared = BTreeSet::new();
    for crop in crops {
        let first = *timesteps.entry(crop.timestep).or_insert(crop.camera);
        if first != crop.camera {
            shared.insert(crop.timestep);
        }
    }
    let CropStatistics { outside, short, without_image } = statistics;
    let skipped = [
        (outside, "boxes outside their image"),
        (short, "boxes too short"),
        (without_image, "frames without an image"),
    ];
    let skipped: Vec<String> = skipped
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let skipped =
        if skipped.is_empty() { String::new() } else { format!("; left out: {}", skipped.join(", ")) };
    tracing::info!(
        "{}: {} crops of {} cameras at {} timesteps, of which {} show people to two cameras or more{}{skipped}",
        info.name,
        crops.len(),
        info.cameras.len(),
        timesteps.len(),
        shared.len(),
        if info.ground.is_some() { "; calibrated" } else { "" },
    );
}
