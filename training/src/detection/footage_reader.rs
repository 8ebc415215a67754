//! From recordings to footage: which images, and who is in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mvmhat_detectors::{Detector, DetectorConfig, Frame};
use mvmhat_scene::{Camera, Detection, DetectionFile, FrameNumber, Sequence};
use serde_json::json;
use tch::Device;

use super::config::DataConfig;
use super::footage::Footage;
use super::frame_file::{FrameFile, FrameWriter, People};
use crate::commands::eval::inputs;
use crate::sequence_part::SequencePart;
use crate::progress::Progress;
use crate::side_by_side::side_by_side;
use crate::source::{self, Reader};
use crate::stream::Stop;
use crate::threads;
use crate::training::Boxes;
use crate::training::boxes::{keep_timesteps, numbers, stride};
use crate::training::cache_path::{cache_path, identified};

/// What it takes to read footage.
pub(super) struct FootageReader<'a> {
    pub(super) data: &'a DataConfig,
    /// Images whose longer side has more pixels are kept shrunk to it.
    pub(super) longest: i32,
    pub(super) detector: &'a DetectorConfig,
    pub(super) device: Device,
    pub(super) workers: usize,
    /// Where images are kept.
    pub(super) cache: &'a Path,
    pub(super) stop: &'a Stop,
}

/// The frames of one camera that are looked at; nobody in them where a detector is to say who is.
type Frames = BTreeMap<FrameNumber, People>;

impl FootageReader<'_> {
    /// Reads recordings: their images are taken from the cache, or decoded and put there.
    ///
    /// # Errors
    /// Recordings that cannot be read, or that have no image to learn from.
    pub(super) fn read(&self, parts: &[SequencePart]) -> Result<Footage> {
        std::fs::create_dir_all(self.cache)
            .with_context(|| format!("cannot write {}", self.cache.display()))?;
        let mut recordings = Vec::new();
        for part in parts {
            let recording = Sequence::open(&part.folder)?;
            let at = || format!("{part}: cannot be learned from");
            recordings.push(self.files(&recording, part).with_context(at)?);
        }
        let footage = Footage::new(recordings, self.data.balance);
        if footage.len() == 0 {
            bail!("too little to learn from: there is no image with boxes in these recordings");
        }
        Ok(footage)
    }

    fn files(&self, recording: &Sequence, part: &SequencePart) -> Result<Vec<(String, FrameFile)>> {
        let clock = recording.clock(source::fps).context("the recording has no clock")?;
        let mut all = self.frames(recording)?;
        for (camera, frames) in recording.cameras.iter().zip(&mut all) {
            keep_timesteps(
                frames,
                part.frames.unwrap_or_default(),
                camera.id,
                &clock,
                stride(&clock, self.data.rate),
            );
        }
        let cameras = recording.cameras.iter().zip(&all);
        let paths = cameras
            .map(|(camera, frames)| self.path(recording, camera, frames))
            .collect::<Result<Vec<_>>>()?;
        self.write_missing(recording, &all, &paths)?;
        let mut files = Vec::with_capacity(paths.len());
        for (camera, path) in recording.cameras.iter().zip(&paths) {
            files.push((format!("{} {}", part.named(&recording.name), camera.name), FrameFile::open(path)?));
        }
        let count = |of: &dyn Fn(&People) -> usize| -> usize {
            files.iter().flat_map(|(_, file)| &file.entries).map(|entry| of(&entry.people)).sum()
        };
        tracing::info!(
            "{}: {} images of {} cameras with {} people, and {} who need not be found",
            recording.name,
            count(&|_| 1),
            files.len(),
            count(&|people| people.certain.len()),
            count(&|people| people.ignored.len()),
        );
        Ok(files)
    }

    /// The frames of every camera, with who is in them.
    fn frames(&self, recording: &Sequence) -> Result<Vec<Frames>> {
        match self.data.boxes {
            Boxes::Gt => self.truth(recording),
            Boxes::Det => recording.cameras.iter().map(|camera| self.detections(camera)).collect(),
            Boxes::Detect => {
                let of = |camera: &Camera| {
                    Ok(numbers(camera)?.map(|number| (number, People::default())).collect())
                };
                recording.cameras.iter().map(of).collect()
            }
        }
    }

    fn truth(&self, recording: &Sequence) -> Result<Vec<Frames>> {
        let all = recording.ground_truth()?;
        anyhow::ensure!(
            all.iter().any(Option::is_some),
            "{} has no ground truth (<camera>/gt/gt.txt): take --boxes det or --boxes detect",
            recording.root.display()
        );
        let mut cameras = Vec::with_capacity(all.len());
        for rows in all {
            let mut frames = Frames::new();
            for row in rows.into_iter().flatten().filter(|row| row.bbox.is_valid()) {
                let people = frames.entry(row.frame).or_default();
                let seen = row.visibility.is_none_or(|share| share >= self.data.visibility);
                let list =
                    if inputs::counts(&row) && seen { &mut people.certain } else { &mut people.ignored };
                list.push(row.bbox);
            }
            cameras.push(frames);
        }
        Ok(cameras)
    }

    fn detections(&self, camera: &Camera) -> Result<Frames> {
        let path = camera.detections.as_ref().with_context(|| {
            format!(
                "camera {} has no det/det.txt or det/det.npy: take --boxes gt or --boxes detect",
                camera.name
            )
        })?;
        let file = DetectionFile::read(path)?;
        Ok(file.numbers().map(|number| (number, self.people(file.detections(number)))).collect())
    }

    /// Whom detections show.
    fn people(&self, found: &[Detection]) -> People {
        let of = |from: f64, to: f64| {
            let within = found.iter().filter(|found| (from..to).contains(&f64::from(found.score)));
            within.map(|found| found.bbox).collect()
        };
        People { certain: of(self.data.score, f64::INFINITY), ignored: of(self.data.doubt, self.data.score) }
    }

    /// Writes the files of the cameras that have none in the cache, the cameras side by side.
    fn write_missing(&self, recording: &Sequence, all: &[Frames], paths: &[PathBuf]) -> Result<()> {
        let cameras = recording.cameras.iter().zip(all).zip(paths);
        let missing: Vec<_> = cameras.filter(|(_, path)| !path.exists()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        threads::of_opencv()?;
        let progress =
            Progress::new(missing.iter().map(|((_, frames), _)| frames.len() as u64).sum(), "pictures");
        let detector = self.teacher();
        let build = |_| {
            let detect = self.data.boxes == Boxes::Detect;
            detect.then(|| mvmhat_detectors::build_detector(&detector, recording, self.device)).transpose()
        };
        let workers = (0..self.workers.clamp(1, missing.len())).map(build).collect::<Result<Vec<_>, _>>()?;
        let done = side_by_side(workers, missing.into_iter(), |detector, ((camera, frames), path)| {
            threads::of_libtorch(1);
            self.write(camera, frames, path, detector.as_deref_mut(), &progress)
                .with_context(|| format!("camera {}", camera.name))
        });
        progress.finish();
        done
    }

    /// The detector that says who is in images, which must also say of whom it is in doubt.
    fn teacher(&self) -> DetectorConfig {
        DetectorConfig { score: Some(self.data.doubt as f32), ..self.detector.clone() }
    }

    /// Writes the images of one camera.
    fn write(
        &self,
        camera: &Camera,
        frames: &Frames,
        path: &Path,
        mut detector: Option<&mut (dyn Detector + 'static)>,
        progress: &Progress,
    ) -> Result<()> {
        let mut writer = FrameWriter::create(path, self.longest)?;
        for (number, image) in Reader::open(camera)?.among(frames.keys().copied().collect()) {
            if self.stop.is_requested() {
                bail!(
                    "interrupted while images were being read; those of whole cameras are kept for the next time"
                );
            }
            let Some(people) = frames.get(&number) else { continue };
            progress.advance();
            let image = match image {
                Ok(image) => image,
                Err(error) => {
                    tracing::warn!("camera {}: {error}", camera.name);
                    continue;
                }
            };
            let Some(detector) = &mut detector else {
                writer.push(number, &image, people)?;
                continue;
            };
            let frame = Frame { camera: camera.id, number, image: Some(image) };
            let found = detector.detect(std::slice::from_ref(&frame))?;
            let people = self.people(&found.concat());
            if let Some(image) = &frame.image {
                writer.push(number, image, &people)?;
            }
        }
        writer.finish()
    }

    /// Where the images of a camera are: a name that changes with anything they are made of.
    fn path(&self, recording: &Sequence, camera: &Camera, frames: &Frames) -> Result<PathBuf> {
        let detector = match self.data.boxes {
            Boxes::Detect => json!([identified(&self.teacher())?, self.data.score]),
            Boxes::Gt | Boxes::Det => json!(null),
        };
        let frames: Vec<_> = frames.iter().collect();
        cache_path(self.cache, recording, camera, &json!([frames, detector, self.longest]), "frames")
    }
}
