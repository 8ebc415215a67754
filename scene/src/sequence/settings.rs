//! `recording.yaml`: what was found in a folder, corrected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::camera_folder::{camera, camera_in};
use super::images::is_video;
use super::{Camera, Rotation, SequenceError, Source};
use crate::suggest::{nearest, with_nearest_key};

/// The file; see [the layouts](super) for what its keys mean.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) name: Option<String>,
    pub(super) calibration: Option<PathBuf>,
    #[serde(default)]
    cameras: BTreeMap<String, CameraSettings>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CameraSettings {
    path: Option<PathBuf>,
    fps: Option<f64>,
    start: f64,
    rotation: Rotation,
    detections: Option<PathBuf>,
    ground_truth: Option<PathBuf>,
}

impl Settings {
    pub(super) const FILE: &str = "recording.yaml";

    /// Reads the file in the folder of a recording.
    pub(super) fn read(root: &Path) -> Result<Self, SequenceError> {
        let path = root.join(Self::FILE);
        let text = std::fs::read(&path);
        let text = text.map_err(|error| SequenceError::Unreadable { path: path.clone(), error })?;
        Self::parse(&text).map_err(|problem| SequenceError::content(path, problem))
    }

    pub(super) fn parse(yaml: &[u8]) -> Result<Self, String> {
        let settings: Self = serde_yaml::from_slice(yaml).map_err(|e| with_nearest_key(&e.to_string()))?;
        for (name, camera) in &settings.cameras {
            // The name becomes the name of a file of tracks.
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
                return Err(format!(
                    "cameras: {name:?} cannot be the name of a camera, as it cannot be that of a file"
                ));
            }
            if let Some(fps) = camera.fps.filter(|fps| !(fps.is_finite() && *fps > 0.0)) {
                return Err(format!("cameras.{name}.fps: {fps} is no frame rate"));
            }
            if !camera.start.is_finite() {
                return Err(format!("cameras.{name}.start: {} is no time", camera.start));
            }
        }
        Ok(settings)
    }

    /// The cameras found in `root` with everything this file says of them.
    pub(super) fn apply(&self, root: &Path, mut found: Vec<Camera>) -> Result<Vec<Camera>, SequenceError> {
        let error = |problem: String| SequenceError::content(root.join(Self::FILE), problem);
        for (name, settings) in &self.cameras {
            if let Some(path) = &settings.path {
                let path = root.join(path);
                let named = named_camera(&path, name).map_err(|problem| match problem {
                    Problem::Message(m) => error(format!("cameras.{name}.path: {m}")),
                    Problem::Sequence(error) => error,
                })?;
                found.retain(|other| other.name != *name && !same_images(other, &named));
                found.push(named);
            }
            let names = || found.iter().map(|c| c.name.as_str());
            let Some(at) = names().position(|n| n == name) else {
                let hint = match nearest(name, names()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "give it a path".to_owned(),
                };
                return Err(error(format!("cameras.{name}: no such camera was found; {hint}")));
            };
            let camera = &mut found[at];
            camera.fps = settings.fps.or(camera.fps);
            camera.start = settings.start;
            camera.rotation = settings.rotation;
            for (to, from) in [
                (&mut camera.detections, &settings.detections),
                (&mut camera.ground_truth, &settings.ground_truth),
            ] {
                if let Some(path) = from {
                    let path = root.join(path);
                    if !path.exists() {
                        return Err(error(format!("cameras.{name}: {} does not exist", path.display())));
                    }
                    *to = Some(path);
                }
            }
        }
        Ok(found)
    }
}

enum Problem {
    Message(String),
    Sequence(SequenceError),
}

/// The camera at a path: a video or a folder.
fn named_camera(path: &Path, name: &str) -> Result<Camera, Problem> {
    let message = |text: &str| Problem::Message(format!("{} {text}", path.display()));
    if path.is_dir() {
        let camera = camera_in(path, name).map_err(Problem::Sequence)?;
        camera.ok_or_else(|| message("holds no video, no images, no detections and no ground truth"))
    } else if !path.exists() {
        Err(message("does not exist"))
    } else if is_video(&path.to_string_lossy()) {
        Ok(camera(name, Source::Video(path.to_owned()), None))
    } else {
        Err(message("is neither a video nor a folder"))
    }
}

/// Whether two cameras are one, told by a file that only one camera can have.
fn same_images(a: &Camera, b: &Camera) -> bool {
    let file = |camera: &Camera| match &camera.source {
        Source::Video(path) => path.canonicalize().ok(),
        Source::Images(images) => images.first()?.1.canonicalize().ok(),
        Source::Detections => {
            camera.detections.as_ref().or(camera.ground_truth.as_ref())?.canonicalize().ok()
        }
    };
    file(a).is_some_and(|path| Some(path) == file(b))
}
