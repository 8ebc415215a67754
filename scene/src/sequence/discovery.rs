//! Finds the cameras in a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::camera_folder::{camera, camera_in, is_camera, may_hold_images};
use super::images::{is_video, stem};
use super::listing::{Listing, natural};
use super::settings::Settings;
use super::{Camera, Sequence, SequenceError, Source};
use crate::{Calibration, CameraId};

/// WILDTRACK's folder of images.
const WILDTRACK_IMAGES: &str = "Image_subsets";
/// WILDTRACK's folder of ground truth.
pub(super) const WILDTRACK_ANNOTATIONS: &str = "annotations_positions";
/// WILDTRACK shows every fifth image of 10 per second, and numbers them 0, 5, 10, ...
const WILDTRACK_FPS: f64 = 10.0;

pub(super) fn open(root: &Path) -> Result<Sequence, SequenceError> {
    match root.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(SequenceError::NotAFolder(root.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SequenceError::NotFound(root.to_owned()));
        }
        Err(error) => return Err(SequenceError::Unreadable { path: root.to_owned(), error }),
    }
    let listing = Listing::read(root)?;
    let settings = match listing.has_file(Settings::FILE) {
        true => Settings::read(root)?,
        false => Settings::default(),
    };
    let mut cameras = settings.apply(root, find(&listing)?)?;
    if cameras.is_empty() {
        return Err(SequenceError::NoCamera { path: root.to_owned(), found: what_is_there(&listing)? });
    }
    cameras.sort_by(|a, b| natural(&a.name, &b.name));
    if let Some(twice) = cameras.windows(2).find(|w| w[0].name == w[1].name) {
        let problem = format!("two cameras are called {}: rename one", twice[0].name);
        return Err(SequenceError::content(root, problem));
    }
    let count = cameras.len();
    for (i, camera) in cameras.iter_mut().enumerate() {
        let id =
            u16::try_from(i).map_err(|_| SequenceError::TooManyCameras { path: root.to_owned(), count })?;
        camera.id = CameraId(id);
    }
    let calibration = match &settings.calibration {
        Some(path) => Some(Calibration::read(&root.join(path))?),
        None if listing.has_file("calibration.yaml") => {
            Some(Calibration::read(&root.join("calibration.yaml"))?)
        }
        None => None,
    };
    let name = settings.name.unwrap_or_else(|| folder_name(root));
    Ok(Sequence { name, root: root.to_owned(), cameras, calibration })
}

/// The cameras of whichever layout this is.
fn find(root: &Listing) -> Result<Vec<Camera>, SequenceError> {
    if root.has_folder(WILDTRACK_IMAGES) {
        return wildtrack(root);
    }
    if is_camera(root)? {
        return single_camera(root);
    }
    let cameras = cameras_and_videos(root)?;
    if cameras.is_empty() { single_camera(root) } else { Ok(cameras) }
}

fn wildtrack(root: &Listing) -> Result<Vec<Camera>, SequenceError> {
    let annotations = root.path.join(WILDTRACK_ANNOTATIONS);
    let mut cameras = camera_folders(&Listing::read(&root.path.join(WILDTRACK_IMAGES))?)?;
    for camera in &mut cameras {
        camera.fps = Some(WILDTRACK_FPS);
        camera.ground_truth = annotations.is_dir().then(|| annotations.clone());
    }
    Ok(cameras)
}

/// The folder itself as a camera.
fn single_camera(root: &Listing) -> Result<Vec<Camera>, SequenceError> {
    let camera = camera_in(&root.path, &folder_name(&root.path))?;
    Ok(camera.into_iter().collect())
}

/// One folder per camera, one video per camera, or both: the video beside a folder of its name that has no images.
fn cameras_and_videos(root: &Listing) -> Result<Vec<Camera>, SequenceError> {
    let mut cameras = camera_folders(root)?;
    let mut videos: BTreeMap<&str, &str> = BTreeMap::new();
    for video in root.files.iter().filter(|name| is_video(name)) {
        if let Some(other) = videos.insert(stem(video), video) {
            let problem = format!("both {other} and {video} are the camera {}: rename one", stem(video));
            return Err(SequenceError::content(&root.path, problem));
        }
    }
    let mut images_in_folders = false;
    for camera in &mut cameras {
        match videos.remove(camera.name.as_str()) {
            Some(video) if camera.source == Source::Detections => {
                camera.source = Source::Video(root.path.join(video));
                camera.fps = None;
            }
            Some(video) => {
                let problem =
                    format!("both {video} and the folder {} have the images of one camera", camera.name);
                return Err(SequenceError::content(&root.path, problem));
            }
            None => images_in_folders |= camera.source != Source::Detections,
        }
    }
    if images_in_folders {
        // An overview or an earlier result more often than a camera that is kept in another way.
        for video in videos.values() {
            tracing::warn!("{}: {video} is left out, the cameras here are folders", root.path.display());
        }
        return Ok(cameras);
    }
    for (name, video) in videos {
        cameras.push(camera(name, Source::Video(root.path.join(video)), None));
    }
    Ok(cameras)
}

fn camera_folders(root: &Listing) -> Result<Vec<Camera>, SequenceError> {
    let mut cameras = Vec::new();
    for name in root.folders.iter().filter(|name| may_hold_images(name) && *name != "images") {
        // What a run left (tracks, an overlay video, plots) may lie beside the cameras it was made of.
        let folder = root.path.join(name);
        if !["run.json", "tune.json"].iter().any(|file| folder.join(file).is_file()) {
            cameras.extend(camera_in(&folder, name)?);
        }
    }
    Ok(cameras)
}

/// What a folder without cameras holds; maybe recordings, of which one was meant.
fn what_is_there(root: &Listing) -> Result<String, SequenceError> {
    let mut sequences = Vec::new();
    for name in &root.folders {
        if !find(&Listing::read(&root.path.join(name))?).unwrap_or_default().is_empty() {
            sequences.push(name.as_str());
        }
    }
    Ok(match sequences[..] {
        [] => root.in_short(),
        [first, ..] => format!(
            "{} recordings instead, give one of them: {}",
            sequences.len(),
            root.path.join(first).display()
        ),
    })
}

/// The name of a folder, also of `.` and `..`.
fn folder_name(path: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let absolute = || path.canonicalize().ok().and_then(|path| name(&path));
    name(path).or_else(absolute).unwrap_or_else(|| "recording".to_owned())
}
