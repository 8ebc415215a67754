//! What is learned from: crops of people of all recordings, ordered by recording, timestep and camera.

use anyhow::Result;
use mvmhat_association::GroundPlane;
use mvmhat_scene::{BBox, CameraId, FrameNumber};

use super::augmentation::Augmentation;
use super::crop_file::CropFile;

/// One box of one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crop {
    /// Place of its recording.
    pub(super) recording: usize,
    pub(super) camera: CameraId,
    /// The timestep, counted as timesteps are looked at.
    pub(super) timestep: u64,
    pub(super) frame: FrameNumber,
    pub(super) bbox: BBox,
    /// Place of its file, and its place there.
    pub(super) file: usize,
    pub(super) entry: usize,
}

/// What is known of a recording as a whole.
pub(super) struct Filmed {
    pub(super) name: String,
    /// The name with the frames that are learned from, where that is not all.
    pub(super) part: String,
    pub(super) cameras: Vec<String>,
    /// Where its cameras stand, if that is known.
    pub(super) ground: Option<GroundPlane>,
    /// Seconds from timestep to timestep.
    pub(super) seconds: f64,
}

/// All crops there are to learn from.
pub(super) struct Footage {
    pub(super) recordings: Vec<Filmed>,
    pub(super) crops: Vec<Crop>,
    pub(super) files: Vec<CropFile>,
    /// Height and width of crops.
    pub(super) size: [i32; 2],
}

impl Footage {
    /// Appends a crop to `pixels`, red, green, blue, as an augmentation has it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn push(&self, crop: usize, augmentation: &Augmentation, pixels: &mut Vec<u8>) -> Result<()> {
        let crop = &self.crops[crop];
        let file = &self.files[crop.file];
        let entry = &file.entries[crop.entry];
        augmentation.push(&file.image(entry)?, entry.inside, self.size, pixels)
    }

    /// A crop in words.
    pub(super) fn told(&self, crop: usize) -> String {
        let Crop { recording, camera, frame, .. } = self.crops[crop];
        let filmed = &self.recordings[recording];
        format!("{} {} frame {frame}", filmed.name, filmed.cameras[camera.index()])
    }
}
