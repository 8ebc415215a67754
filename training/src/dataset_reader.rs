//! Reading the frames that are learned from, with their labels, into files on disk: a video is decoded once, however often its
//! frames are learned from.
//!
//! ```text
//! sequence -> labels of every camera's frames (ground truth, det.txt, detector) at a few timesteps per second
//!          -> one file per camera, named by a checksum of all that it is made of (cache_path), written where it is missing,
//!             the cameras in parallel
//! ```
//!
//! What a recipe keeps of a frame is its [`CameraCache`].

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mvmhat_console::{CancellationToken, Progress, parallel_for_each};
use mvmhat_detectors::{Detector, DetectorConfig, Frame};
use mvmhat_learning::set_libtorch_threads;
use mvmhat_pipeline::source::{self, FrameReader};
use mvmhat_scene::{Camera, Clock, DetectionFile, Sequence, SequencePart};
use serde_json::{Value, json};
use tch::Device;

use crate::boxes::{BoxSelection, BoxSource};
use crate::cache_path::{cache_path, detector_identity};
use crate::camera_cache::{CameraCache, CameraWriter, LabelledFrames};
use crate::timesteps::{Timesteps, frame_numbers};

/// Reads the sequences that are learned from.
pub(crate) struct DatasetReader<'a, C> {
    pub(crate) cache: C,
    /// Where the files of the cameras are kept.
    pub(crate) folder: &'a Path,
    pub(crate) selection: BoxSelection,
    /// Finds the boxes of [`BoxSource::Detect`].
    pub(crate) detector: DetectorConfig,
    pub(crate) device: Device,
    /// Threads, each with a detector of its own.
    pub(crate) workers: usize,
    pub(crate) cancellation: &'a CancellationToken,
}

/// A sequence whose files are complete.
pub(crate) struct CachedSequence<'a> {
    pub(crate) part: &'a SequencePart,
    pub(crate) sequence: &'a Sequence,
    pub(crate) timesteps: Timesteps<'a>,
    /// The file of each camera.
    pub(crate) files: Vec<PathBuf>,
}

impl<C: CameraCache> DatasetReader<'_, C> {
    /// Reads sequences, or parts of them, and hands each over once its files are complete.
    ///
    /// # Errors
    /// Sequences that cannot be read, and those of `add`.
    pub(crate) fn read(
        &self,
        parts: &[SequencePart],
        mut add: impl FnMut(CachedSequence<'_>) -> Result<()>,
    ) -> Result<()> {
        std::fs::create_dir_all(self.folder)
            .with_context(|| format!("cannot write {}", self.folder.display()))?;
        for part in parts {
            let sequence = Sequence::open(&part.folder)?;
            let mut read = || {
                let clock = sequence.clock(source::fps).context("the recording has no clock")?;
                let files = self.files(part, &sequence, &clock)?;
                let timesteps = Timesteps::new(&clock, self.selection.rate);
                add(CachedSequence { part, sequence: &sequence, timesteps, files })
            };
            read().with_context(|| format!("{part}: cannot be learned from"))?;
        }
        Ok(())
    }

    /// The file of each camera, written where it is missing.
    fn files(&self, part: &SequencePart, sequence: &Sequence, clock: &Clock) -> Result<Vec<PathBuf>> {
        let mut frames = self.frames(sequence)?;
        let timesteps = Timesteps::new(clock, self.selection.rate);
        for (camera, frames) in sequence.cameras.iter().zip(&mut frames) {
            timesteps.keep_nearest(frames, camera, part.frames.unwrap_or_default());
        }
        let cameras = sequence.cameras.iter().zip(&frames);
        let files: Vec<PathBuf> =
            cameras.map(|(camera, frames)| self.path(sequence, camera, frames)).collect::<Result<_>>()?;
        self.write_missing(sequence, &frames, &files)?;
        Ok(files)
    }

    /// The labelled frames of every camera.
    fn frames(&self, sequence: &Sequence) -> Result<Vec<LabelledFrames<C::Labels>>> {
        let cameras = sequence.cameras.iter();
        match self.selection.source {
            BoxSource::Gt => {
                let rows = sequence.ground_truth()?;
                ensure!(
                    rows.iter().any(Option::is_some),
                    "{} has no ground truth (<camera>/gt/gt.txt): take --boxes det or --boxes detect",
                    sequence.root.display()
                );
                let labels =
                    |rows: Option<Vec<_>>| self.cache.labels_of_ground_truth(&rows.unwrap_or_default());
                Ok(rows.into_iter().map(labels).collect())
            }
            BoxSource::Det => cameras.map(|camera| self.detected_frames(camera)).collect(),
            BoxSource::Detect => cameras
                .map(|camera| {
                    Ok(frame_numbers(camera)?.into_iter().map(|n| (n, C::Labels::default())).collect())
                })
                .collect(),
        }
    }

    fn detected_frames(&self, camera: &Camera) -> Result<LabelledFrames<C::Labels>> {
        let path = camera.detections.as_ref().with_context(|| {
            format!(
                "camera {} has no det/det.txt or det/det.npy: take --boxes gt or --boxes detect",
                camera.name
            )
        })?;
        let file = DetectionFile::read(path)?;
        Ok(file
            .numbers()
            .map(|number| (number, self.cache.labels_of_detections(file.detections(number))))
            .collect())
    }

    /// The file of a camera: a name that changes with anything it is made of.
    fn path(
        &self,
        sequence: &Sequence,
        camera: &Camera,
        frames: &LabelledFrames<C::Labels>,
    ) -> Result<PathBuf> {
        let detector = match self.selection.source {
            BoxSource::Detect => json!([detector_identity(&self.detector)?, self.selection.conf]),
            BoxSource::Gt | BoxSource::Det => Value::Null,
        };
        let frames: Vec<_> = frames.iter().collect();
        let content = json!([frames, detector, self.cache.identity()]);
        cache_path(self.folder, sequence, camera, &content, C::SUFFIX)
    }

    /// Writes the files that are missing, the cameras in parallel.
    fn write_missing(
        &self,
        sequence: &Sequence,
        frames: &[LabelledFrames<C::Labels>],
        files: &[PathBuf],
    ) -> Result<()> {
        let cameras = sequence.cameras.iter().zip(frames).zip(files);
        let missing: Vec<_> = cameras.filter(|(_, file)| !file.exists()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        mvmhat_detectors::limit_opencv_threads()?;
        let images = missing.iter().map(|((_, frames), _)| frames.len() as u64).sum();
        let progress = Progress::new(images, "images");
        let build = |_| {
            let detect = self.selection.source == BoxSource::Detect;
            detect
                .then(|| mvmhat_detectors::build_detector(&self.detector, sequence, self.device))
                .transpose()
        };
        let workers = self.workers.clamp(1, missing.len());
        let detectors = (0..workers).map(build).collect::<Result<Vec<_>, _>>()?;
        let written =
            parallel_for_each(detectors, missing.into_iter(), |detector, ((camera, frames), file)| {
                set_libtorch_threads(1);
                self.write(camera, frames, file, detector.as_deref_mut(), &progress)
                    .with_context(|| format!("camera {}", camera.name))
            });
        progress.finish();
        written
    }

    /// Writes the file of one camera.
    fn write(
        &self,
        camera: &Camera,
        frames: &LabelledFrames<C::Labels>,
        file: &Path,
        mut detector: Option<&mut (dyn Detector + 'static)>,
        progress: &Progress,
    ) -> Result<()> {
        let mut writer = self.cache.create(file)?;
        let mut wanted = frames.iter().peekable();
        for (number, image) in FrameReader::open(camera)?.only(frames.keys().copied().collect()) {
            if self.cancellation.is_cancelled() {
                bail!(
                    "interrupted while images were being read; those of whole cameras are kept for the next time"
                );
            }
            while wanted.next_if(|(frame, _)| **frame < number).is_some() {
                writer.missing_image();
            }
            let Some((_, labels)) = wanted.next_if(|(frame, _)| **frame == number) else { continue };
            progress.advance();
            let image = match image {
                Ok(image) => image,
                Err(error) => {
                    tracing::warn!("camera {}: {error}", camera.name);
                    writer.missing_image();
                    continue;
                }
            };
            let Some(detector) = &mut detector else {
                writer.push(number, &image, labels)?;
                continue;
            };
            let frame = Frame { camera: camera.id, number, image: Some(image) };
            let detections = detector.detect(std::slice::from_ref(&frame))?.concat();
            if let Some(image) = &frame.image {
                writer.push(number, image, &self.cache.labels_of_detections(&detections))?;
            }
        }
        wanted.for_each(|_| writer.missing_image());
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mvmhat_scene::{FrameNumber, FrameRange};

    use super::*;
    use crate::reid::{CropCache, CropShape};

    #[test]
    fn frames_nearest_to_each_timestep_and_boxes_that_are_visible_enough() {
        let folder = tempfile::tempdir().unwrap();
        let row = |frame, visibility| format!("{frame},7,10,10,20,40,1,1,{visibility}\n");
        let rows: String = (1..=12).map(|frame| row(frame, if frame == 5 { 0.1 } else { 0.9 })).collect();
        for camera in ["a", "b"] {
            fs::create_dir_all(folder.path().join(camera).join("gt")).unwrap();
            fs::create_dir_all(folder.path().join(camera).join("det")).unwrap();
            fs::write(folder.path().join(camera).join("gt/gt.txt"), &rows).unwrap();
            fs::write(
                folder.path().join(camera).join("det/det.txt"),
                "5,-1,1,1,9,30,0.2\n5,-1,1,1,9,30,0.9\n",
            )
            .unwrap();
        }
        let sequence = Sequence::open(folder.path()).unwrap();
        let clock = sequence.clock(source::fps).unwrap();
        let cancellation = CancellationToken::default();
        let frames = |source, range: FrameRange| {
            let selection = BoxSelection { source, rate: 5.0, min_visibility: 0.3, conf: 0.5 };
            let shape = CropShape { size: [128, 64], margin: 0.1, min_height: 32.0 };
            let reader = DatasetReader {
                cache: CropCache { shape, selection },
                folder: folder.path(),
                selection,
                detector: DetectorConfig::default(),
                device: Device::Cpu,
                workers: 1,
                cancellation: &cancellation,
            };
            let mut frames = reader.frames(&sequence)?;
            for (camera, frames) in sequence.cameras.iter().zip(&mut frames) {
                Timesteps::new(&clock, selection.rate).keep_nearest(frames, camera, range);
            }
            anyhow::Ok(frames)
        };
        let whole = FrameRange::default();
        let numbers = |range| frames(BoxSource::Gt, range).unwrap().remove(0).into_keys().collect::<Vec<_>>();
        // At 25 frames per second every fifth: 5 and 10, and frame 1 as the nearest to 0; of frame 5 nobody is visible.
        assert_eq!(numbers(whole), [1, 4, 10].map(FrameNumber));
        let part = FrameRange { first: FrameNumber(7), last: FrameNumber(12) };
        assert_eq!(numbers(part), [7, 10].map(FrameNumber), "of a part, nearest to 5 and 10");
        assert_eq!(frames(BoxSource::Det, whole).unwrap()[1][&FrameNumber(5)].len(), 1);
        assert!(frames(BoxSource::Detect, whole).is_err(), "no images");
    }
}
