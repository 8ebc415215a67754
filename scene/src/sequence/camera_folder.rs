//! What one folder holds of one camera.

use std::path::{Path, PathBuf};

use super::images::{is_image, is_video, numbered_images};
use super::listing::Listing;
use super::seqinfo::SeqInfo;
use super::{Camera, DEFAULT_FPS, Rotation, SequenceError, Source};
use crate::CameraId;

/// Folders of images that are known by their names.
const IMAGE_FOLDERS: [&str; 2] = ["img1", "images"];

/// Whether a folder of this name may be a camera, or the images of one.
pub(super) fn may_hold_images(name: &str) -> bool {
    !matches!(name, "gt" | "det" | "gt_det" | "tracks")
        && !name.starts_with("calibration")
        && !name.starts_with("annotations")
}

/// Whether a folder holds what only the folder of one camera holds: so a recording of one camera is known.
pub(super) fn is_camera(listing: &Listing) -> Result<bool, SequenceError> {
    let known =
        listing.has_file("seqinfo.ini") || listing.has_folder("img1") || detections_in(listing).is_some();
    Ok(known || ground_truth_in(listing)?.is_some())
}

/// The camera in `folder`, `None` where there is nothing of one.
pub(super) fn camera_in(folder: &Path, name: &str) -> Result<Option<Camera>, SequenceError> {
    let listing = Listing::read(folder)?;
    let info = match listing.has_file("seqinfo.ini") {
        true => SeqInfo::read(folder)?,
        false => SeqInfo::default(),
    };
    let detections = detections_in(&listing);
    let ground_truth = ground_truth_in(&listing)?;
    let source = match source_in(&listing, &info)? {
        Some(source) => source,
        None if detections.is_some() || ground_truth.is_some() => Source::Detections,
        None => return Ok(None),
    };
    let camera = camera(name, source, info.fps);
    Ok(Some(Camera { detections, ground_truth, ..camera }))
}

/// A camera with nothing but its images.
pub(super) fn camera(name: &str, source: Source, fps: Option<f64>) -> Camera {
    let fps = match source {
        Source::Video(_) => fps,
        Source::Images(_) | Source::Detections => fps.or(Some(DEFAULT_FPS)),
    };
    Camera {
        id: CameraId::default(),
        name: name.to_owned(),
        source,
        fps,
        start: 0.0,
        rotation: Rotation::None,
        detections: None,
        ground_truth: None,
    }
}

/// The images: where seqinfo.ini says, in the folders known by name, a video, images right here, or the only
/// folder of images there is.
fn source_in(listing: &Listing, info: &SeqInfo) -> Result<Option<Source>, SequenceError> {
    let video = info.video.as_ref().map(|video| listing.path.join(video));
    if let Some(video) = video.filter(|video| video.is_file()) {
        return Ok(Some(Source::Video(video)));
    }
    for name in info.images.iter().map(String::as_str).chain(IMAGE_FOLDERS) {
        let images = numbered_images(&Listing::if_any(&listing.path.join(name))?)?;
        if !images.is_empty() {
            return Ok(Some(Source::Images(images)));
        }
    }
    let videos: Vec<&String> = listing.files.iter().filter(|name| is_video(name)).collect();
    match videos[..] {
        [] => {}
        [video] => return Ok(Some(Source::Video(listing.path.join(video)))),
        [first, second, ..] => return Err(ambiguous(listing, first, second)),
    }
    let images = numbered_images(listing)?;
    if !images.is_empty() {
        return Ok(Some(Source::Images(images)));
    }
    let mut found: Option<(&str, Listing)> = None;
    for name in listing.folders.iter().filter(|name| may_hold_images(name)) {
        let inner = Listing::read(&listing.path.join(name))?;
        if inner.files.iter().any(|file| is_image(file)) {
            if let Some((first, _)) = found {
                return Err(ambiguous(listing, first, name));
            }
            found = Some((name, inner));
        }
    }
    found.map(|(_, inner)| numbered_images(&inner).map(Source::Images)).transpose()
}

fn ambiguous(listing: &Listing, first: &str, second: &str) -> SequenceError {
    let problem = format!(
        "both {first} and {second} could be the images of this camera: move one away, or name the one that counts in \
         recording.yaml; if they are cameras, this folder is the recording to give"
    );
    SequenceError::content(&listing.path, problem)
}

/// Embeddings are worth more than text: the table comes first.
fn detections_in(listing: &Listing) -> Option<PathBuf> {
    let folder = listing.has_folder("det").then(|| listing.path.join("det"))?;
    ["det.npy", "det.txt"].into_iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

fn ground_truth_in(listing: &Listing) -> Result<Option<PathBuf>, SequenceError> {
    for name in ["gt/gt.txt", "gt_det/gt.txt", "gt.txt"] {
        let path = listing.path.join(name);
        if path.is_file() {
            return Ok(Some(path));
        }
    }
    let gt_det = Listing::if_any(&listing.path.join("gt_det"))?;
    let texts: Vec<&String> = gt_det.files.iter().filter(|name| name.ends_with(".txt")).collect();
    match texts[..] {
        [] => Ok(None),
        [text] => Ok(Some(gt_det.path.join(text))),
        [first, second, ..] => {
            let problem = format!("both {first} and {second} could be the ground truth: name it gt.txt");
            Err(SequenceError::content(gt_det.path, problem))
        }
    }
}
