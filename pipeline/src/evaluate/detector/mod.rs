//! `mvmhat eval --detections`: how well people are found in images.
//!
//! The detector of the configuration looks at one labelled frame in ten (`--every`); `--set detector=file` takes the detections
//! that the recording has. People of whom no more than half can be seen (`--visibility`) need not be found: to find them is
//! neither right nor wrong.

pub(crate) mod samples;

use std::path::Path;

use anyhow::{Context, Result, bail};
use mvmhat_detectors::{Detector, DetectorConfig, Frame};
use mvmhat_evaluation::{DatasetDetectionScores, DetectionFrame, Table};
use mvmhat_scene::{Camera, Sequence};
use serde_json::{Value, json};
use tch::Device;

use super::groups::{Group, Groups};
use super::{Eval, inputs};
use crate::commands::track::select_cameras;
use crate::config::Config;
use crate::progress::Progress;
use crate::side_by_side::side_by_side;
use crate::source::Reader;
use crate::threads;
use samples::{Limits, View};

/// Where recall is told.
const SCORE: f64 = 0.3;
/// What a detector is asked for where the configuration does not say: average precision is of all boxes.
const LEAST_SCORE: f32 = 0.01;

/// The images of parts of what is scored, by name.
type Parts = Vec<(String, Vec<DetectionFrame>)>;

/// Scores what the command line says; the tables and the JSON of it.
pub(super) fn run(eval: &Eval) -> Result<(Vec<Table>, Value)> {
    let (config, device) = eval.of_embedding.configuration()?;
    let mut detector = config.detector.clone();
    if detector.weights().is_some() {
        detector.score = detector.score.or(Some(LEAST_SCORE));
    }
    let parts = if eval.dataset {
        let groups = Groups::inside(&eval.gt)?;
        let mut parts = Vec::new();
        for name in groups.recordings(&eval.gt)? {
            let folder = eval.gt.join(&name);
            let cameras = score(eval, &config, &detector, device, &folder, groups.of(&folder))?;
            parts.push((name, cameras.into_iter().flat_map(|(_, frames)| frames).collect()));
        }
        parts
    } else {
        let groups = Groups::beside(&eval.gt)?;
        score(eval, &config, &detector, device, &eval.gt, groups.of(&eval.gt))?
    };
    let scores = DatasetDetectionScores::new(parts, eval.score.unwrap_or(SCORE));
    let mut json = scores.to_json();
    json["detector"] =
        json!({ "name": detector.name, "weights": detector.weights(), "input": detector.input });
    if let Some(weights) = detector.weights() {
        json["detector"]["sha256"] = mvmhat_detectors::sha256(&mvmhat_detectors::locate(weights)?)?.into();
    }
    json["every"] = eval.of_embedding.every().get().into();
    json["visibility"] = eval.of_embedding.visibility().into();
    Ok((scores.tables(), json))
}

/// The images of a recording, camera by camera. `group` is what `groups.json` says about it.
fn score(
    eval: &Eval,
    config: &Config,
    detector: &DetectorConfig,
    device: Device,
    folder: &Path,
    group: Option<&Group>,
) -> Result<Parts> {
    let recording = select_cameras(Sequence::open(folder)?, &config.recording.cameras)?;
    let window = group
        .map(Group::window)
        .map(|window| crate::frame_range::FrameRange { first: window.first, last: window.last });
    let limits = Limits {
        frames: eval.frames.or(window),
        views: group.and_then(|group| group.views),
        every: eval.of_embedding.every().get(),
        visibility: eval.of_embedding.visibility(),
    };
    let views = samples::views(&recording, &limits)?;
    let of_cameras: Vec<&[View]> = views.chunk_by(|a, b| a.camera == b.camera).collect();
    threads::of_opencv()?;
    let workers = config.pipeline.worker_count(device).min(of_cameras.len());
    let build = |_| mvmhat_detectors::build_detector(detector, &recording, device);
    let detectors = (0..workers).map(build).collect::<Result<Vec<_>, _>>()?;
    let progress = Progress::new(views.len() as u64, "pictures");
    let mut parts: Parts = of_cameras
        .iter()
        .map(|views| {
            (recording.cameras[views[0].camera.index()].name.clone(), Vec::with_capacity(views.len()))
        })
        .collect();
    let done =
        side_by_side(detectors, of_cameras.iter().zip(&mut parts), |detector, (views, (_, frames))| {
            threads::of_libtorch(config.pipeline.threads);
            let camera = &recording.cameras[views[0].camera.index()];
            detect(detector.as_mut(), camera, views, frames, &progress)
                .with_context(|| format!("people in camera {} cannot be looked for", camera.name))
        });
    progress.finish();
    done.with_context(|| format!("cannot score {}", inputs::name(folder)))?;
    Ok(parts)
}

/// Detects people in the images of one camera.
fn detect(
    detector: &mut dyn Detector,
    camera: &Camera,
    views: &[View],
    frames: &mut Vec<DetectionFrame>,
    progress: &Progress,
) -> Result<()> {
    let wanted = || views.iter().map(|view| view.number).collect();
    let mut images =
        if detector.needs_images() { Some(Reader::open(camera)?.among(wanted())) } else { None };
    for view in views {
        let image = match images.as_mut().map(Iterator::next) {
            None => None,
            Some(Some((number, image))) if number == view.number => Some(image?),
            Some(_) => bail!(
                "there is ground truth of frame {}, but no image; leave it out with --frames",
                view.number
            ),
        };
        let found = detector.detect(&[Frame { camera: camera.id, number: view.number, image }])?;
        frames.push(view.scored(&found.concat()));
        progress.advance();
    }
    Ok(())
}
