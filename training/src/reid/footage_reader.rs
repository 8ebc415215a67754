//! From recordings to footage: which boxes, their crops, and what is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mvmhat_association::GroundPlane;
use mvmhat_detectors::{Detector, DetectorConfig, Frame};
use mvmhat_scene::{BBox, Camera, CameraId, Sequence};
use serde_json::json;
use tch::Device;

use super::DataConfig;
use super::boxes::{self, Boxes, FrameBoxes};
use super::cache_path::{cache_path, identified};
use super::crop_file::{CropFile, CropWriter, Cut, Entry, LeftOut};
use super::footage::{Crop, Filmed, Footage};
use crate::sequence_part::SequencePart;
use crate::progress::Progress;
use crate::side_by_side::side_by_side;
use crate::source::{self, Reader};
use crate::stream::Stop;
use crate::threads;

/// What it takes to read footage.
pub(super) struct FootageReader<'a> {
    pub(super) data: &'a DataConfig,
    /// Height and width of crops.
    pub(super) size: [i32; 2],
    /// How far boxes will be shaken: as much is kept around them.
    pub(super) margin: f64,
    pub(super) detector: &'a DetectorConfig,
    pub(super) device: Device,
    pub(super) workers: usize,
    /// Where crops are kept.
    pub(super) cache: &'a Path,
    pub(super) stop: &'a Stop,
}

impl FootageReader<'_> {
    /// Reads the recordings: their crops are taken from the cache, or cut out and put there.
    ///
    /// # Errors
    /// Recordings that cannot be read, or too little to learn from: the error says how much is needed.
    pub(super) fn read(&self, parts: &[SequencePart]) -> Result<Footage> {
        std::fs::create_dir_all(self.cache)
            .with_context(|| format!("cannot write {}", self.cache.display()))?;
        let mut footage =
            Footage { recordings: Vec::new(), crops: Vec::new(), files: Vec::new(), size: self.size };
        for part in parts {
            let recording = Sequence::open(&part.folder)?;
            let at = || format!("{part}: cannot be learned from");
            self.add(&mut footage, &recording, part).with_context(at)?;
        }
        footage.crops.sort_by_key(|crop| (crop.recording, crop.timestep, crop.camera, crop.file, crop.entry));
        Ok(footage)
    }

    fn add(&self, footage: &mut Footage, recording: &Sequence, part: &SequencePart) -> Result<()> {
        let clock = recording.clock(source::fps).context("the recording has no clock")?;
        let stride = boxes::stride(&clock, self.data.rate);
        let frames = boxes::boxes(recording, part.frames.unwrap_or_default(), self.data, &clock)?;
        let paths: Vec<_> = recording
            .cameras
            .iter()
            .zip(&frames)
            .map(|(camera, frames)| self.path(recording, camera, frames))
            .collect::<Result<_>>()?;
        self.cut_missing(recording, &frames, &paths)?;
        let place = footage.recordings.len();
        let first = footage.crops.len();
        let mut left_out = LeftOut::default();
        for (camera, path) in recording.cameras.iter().zip(&paths) {
            let file = CropFile::open(path)?;
            let timestep = |frame| (clock.index(camera.id, frame).0 + stride / 2) / stride;
            let crop = |(entry, Entry { frame, bbox, .. }): (usize, &Entry)| Crop {
                recording: place,
                camera: camera.id,
                timestep: timestep(*frame),
                frame: *frame,
                bbox: *bbox,
                file: footage.files.len(),
                entry,
            };
            footage.crops.extend(file.entries.iter().enumerate().map(crop));
            left_out.add(file.left_out);
            footage.files.push(file);
        }
        let filmed = Filmed {
            name: recording.name.clone(),
            part: part.named(&recording.name),
            cameras: recording.cameras.iter().map(|camera| camera.name.clone()).collect(),
            ground: GroundPlane::from_sequence(recording),
            seconds: stride as f64 / clock.fps(),
        };
        tell(&filmed, &footage.crops[first..], left_out);
        footage.recordings.push(filmed);
        Ok(())
    }

    /// Cuts the crops of the cameras that have none in the cache, the cameras side by side.
    fn cut_missing(&self, recording: &Sequence, frames: &[FrameBoxes], paths: &[PathBuf]) -> Result<()> {
        let cameras = recording.cameras.iter().zip(frames).zip(paths);
        let missing: Vec<_> = cameras.filter(|(_, path)| !path.exists()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        threads::of_opencv()?;
        let images = missing.iter().map(|((_, frames), _)| frames.len() as u64).sum();
        let progress = Progress::new(images, "pictures");
        let build = |_| {
            let detect = self.data.boxes == Boxes::Detect;
            detect.then(|| mvmhat_detectors::build_detector(self.detector, recording, self.device)).transpose()
        };
        let detectors =
            (0..self.workers.clamp(1, missing.len())).map(build).collect::<Result<Vec<_>, _>>()?;
        let done = side_by_side(detectors, missing.into_iter(), |detector, ((camera, frames), path)| {
            threads::of_libtorch(1);
            self.cut(camera, frames, path, detector.as_deref_mut(), &progress)
                .with_context(|| format!("camera {}", camera.name))
        });
        progress.finish();
        done
    }

    /// Cuts the crops of one camera.
    fn cut(
        &self,
        camera: &Camera,
        frames: &FrameBoxes,
        path: &Path,
        mut detector: Option<&mut (dyn Detector + 'static)>,
        progress: &Progress,
    ) -> Result<()> {
        let mut writer = CropWriter::create(path, self.cut_of())?;
        let mut wanted = frames.iter().peekable();
        let reader = Reader::open(camera)?.among(frames.keys().copied().collect());
        for (number, image) in reader {
            if self.stop.is_requested() {
                bail!(
                    "interrupted while crops were being cut; those of whole cameras are kept for the next time"
                );
            }
            while wanted.next_if(|(frame, _)| **frame < number).is_some() {
                writer.missing();
            }
            let Some((_, boxes)) = wanted.next_if(|(frame, _)| **frame == number) else { continue };
            progress.advance();
            let image = match image {
                Ok(image) => image,
                Err(error) => {
                    tracing::warn!("camera {}: {error}", camera.name);
                    writer.missing();
                    continue;
                }
            };
            let Some(detector) = &mut detector else {
                writer.push(number, &image, boxes)?;
                continue;
            };
            let frames = [Frame { camera: camera.id, number, image: Some(image) }];
            let found = detector.detect(&frames)?;
            let sure = found.iter().flatten().filter(|found| f64::from(found.score) >= self.data.score);
            let boxes: Vec<BBox> = sure.map(|found| found.bbox).collect();
            if let Some(image) = &frames[0].image {
                writer.push(number, image, &boxes)?;
            }
        }
        wanted.for_each(|_| writer.missing());
        writer.finish()
    }

    fn cut_of(&self) -> Cut {
        Cut { size: self.size, margin: self.margin, min_height: self.data.min_height }
    }

    /// Where the crops of a camera are: a name that changes with anything they are made of.
    fn path(&self, recording: &Sequence, camera: &Camera, frames: &FrameBoxes) -> Result<PathBuf> {
        let detector = match self.data.boxes {
            Boxes::Detect => json!([identified(self.detector)?, self.data.score]),
            Boxes::Gt | Boxes::Det => json!(null),
        };
        let frames: Vec<_> = frames.iter().collect();
        cache_path(self.cache, recording, camera, &json!([frames, detector, self.cut_of()]), "crops")
    }
}

impl LeftOut {
    fn add(&mut self, other: Self) {
        self.outside += other.outside;
        self.low += other.low;
        self.without_image += other.without_image;
    }
}

/// Says what a recording gives, and what was left out.
fn tell(filmed: &Filmed, crops: &[Crop], left_out: LeftOut) {
    let mut timesteps = BTreeMap::<u64, CameraId>::new();
    let mut shared = BTreeSet::new();
    for crop in crops {
        let first = *timesteps.entry(crop.timestep).or_insert(crop.camera);
        if first != crop.camera {
            shared.insert(crop.timestep);
        }
    }
    let LeftOut { outside, low, without_image } = left_out;
    let skipped = [
        (outside, "boxes outside their image"),
        (low, "boxes too low"),
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
        filmed.name,
        crops.len(),
        filmed.cameras.len(),
        timesteps.len(),
        shared.len(),
        if filmed.ground.is_some() { "; calibrated" } else { "" },
    );
}
