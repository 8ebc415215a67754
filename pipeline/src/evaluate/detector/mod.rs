//! How well a detector finds people in images.
//!
//! The detector of the configuration processes one labelled frame in so many; `detector: file` takes the detections that
//! come with the recording. People of whom no more than `min_visibility` can be seen are ignored: to find them is neither
//! right nor wrong.

mod images;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mvmhat_console::{Progress, parallel_for_each};
use mvmhat_detectors::{Detector, DetectorConfig, Frame};
use mvmhat_evaluation::{DatasetDetectionScores, DetectionFrame};
use mvmhat_learning::set_libtorch_threads;
use mvmhat_scene::Camera;
use serde_json::json;
use tch::Device;

use super::{FrameSelection, NetworkScores, named};
use crate::config::Config;
use crate::ground_truth::{Group, Groups, LabelledImages, folder_name};
pub use images::{LabelledImage, LabelledImageSelection, labelled_images};

/// What a detector is asked for where the configuration does not say: average precision is of all boxes.
pub const LEAST_CONF: f32 = 0.01;

/// The detector of a configuration, to be scored.
#[derive(Clone, Copy, Debug)]
pub struct DetectorEvaluation<'a> {
    /// Its section `detector` is what is scored.
    pub config: &'a Config,
    /// Where the network runs.
    pub device: Device,
    /// The labelled frames it is scored on.
    pub selection: FrameSelection,
    /// The score from which boxes count where recall by visibility and height is told.
    pub recall_conf: f64,
}

/// The images of parts of what is scored, by name.
type Parts = Vec<(String, Vec<DetectionFrame>)>;

impl DetectorEvaluation<'_> {
    /// Scores one sequence camera by camera, or several one by one, and all of it together.
    ///
    /// # Errors
    /// A sequence without ground truth, images or weights that cannot be read.
    pub fn run(&self, folders: &[PathBuf]) -> Result<NetworkScores> {
        let mut detector = self.config.detector.clone();
        if detector.weights().is_some() {
            detector.conf = detector.conf.or(Some(LEAST_CONF));
        }
        let parts = match folders {
            [folder] => self.cameras(&detector, folder)?,
            _ => {
                let mut parts = Vec::new();
                for (name, folder) in named(folders) {
                    let cameras = self.cameras(&detector, folder)?;
                    parts.push((name, cameras.into_iter().flat_map(|(_, frames)| frames).collect()));
                }
                parts
            }
        };
        let scores = DatasetDetectionScores::new(parts, self.recall_conf);
        let mut json = scores.to_json();
        json["detector"] =
            json!({ "name": detector.name, "weights": detector.weights(), "input": detector.input_size });
        if let Some(weights) = detector.weights() {
            json["detector"]["sha256"] =
                mvmhat_weights::sha256_of_file(&mvmhat_weights::locate(weights)?)?.into();
        }
        json["every"] = self.selection.every.get().into();
        json["visibility"] = self.selection.min_visibility.into();
        Ok(NetworkScores { tables: scores.tables(), json })
    }

    /// The images of a sequence, camera by camera.
    fn cameras(&self, detector: &DetectorConfig, folder: &Path) -> Result<Parts> {
        let groups = Groups::of_dataset_around(folder)?;
        let group = groups.group(folder);
        let sequence = self.config.open_sequence(folder)?;
        let selection = LabelledImageSelection {
            frames: self.selection.frames.or(group.map(Group::frames)).unwrap_or_default(),
            views: group.and_then(|group| group.views),
            every: self.selection.every,
            min_visibility: self.selection.min_visibility,
        };
        let images = labelled_images(&sequence, &selection)?;
        let by_camera: Vec<&[LabelledImage]> = images.chunk_by(|a, b| a.camera == b.camera).collect();
        mvmhat_detectors::limit_opencv_threads()?;
        let workers = self.config.pipeline.worker_count(self.device).min(by_camera.len());
        let build = |_| mvmhat_detectors::build_detector(detector, &sequence, self.device);
        let detectors = (0..workers).map(build).collect::<Result<Vec<_>, _>>()?;
        let progress = Progress::new(images.len() as u64, "images");
        let camera_of = |images: &[LabelledImage]| &sequence.cameras[images[0].camera.index()];
        let mut parts: Parts = by_camera
            .iter()
            .map(|images| (camera_of(images).name.clone(), Vec::with_capacity(images.len())))
            .collect();
        let work = by_camera.iter().zip(&mut parts);
        let done = parallel_for_each(detectors, work, |detector, (images, (_, frames))| {
            set_libtorch_threads(self.config.pipeline.threads);
            let camera = camera_of(images);
            detect(detector.as_mut(), camera, images, frames, &progress)
                .with_context(|| format!("people in camera {} cannot be looked for", camera.name))
        });
        progress.finish();
        done.with_context(|| format!("cannot score {}", folder_name(folder)))?;
        Ok(parts)
    }
}

/// Detects people in the images of one camera.
fn detect(
    detector: &mut dyn Detector,
    camera: &Camera,
    labelled: &[LabelledImage],
    frames: &mut Vec<DetectionFrame>,
    progress: &Progress,
) -> Result<()> {
    let mut images = match detector.needs_images() {
        true => LabelledImages::required(camera, labelled.iter().map(|image| image.number).collect())?,
        false => LabelledImages::none(),
    };
    for labelled in labelled {
        let image = images.image(labelled.number)?;
        let found = detector.detect(&[Frame { camera: camera.id, number: labelled.number, image }])?;
        frames.push(labelled.scored(&found.concat()));
        progress.advance();
    }
    Ok(())
}
