//! The names of cached files: they change with anything that the files are made of.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};
use mvmhat_detectors::DetectorConfig;
use mvmhat_scene::{Camera, Sequence, Source};
use serde_json::{Value, json};

/// The file of a camera in `folder`. `content` is what it holds beside the images themselves.
///
/// # Errors
/// Images whose files cannot be found, or a camera without any.
pub(crate) fn cache_path(
    folder: &Path,
    sequence: &Sequence,
    camera: &Camera,
    content: &Value,
    suffix: &str,
) -> Result<PathBuf> {
    let files: Vec<&PathBuf> = match &camera.source {
        Source::Video(path) => vec![path],
        Source::Images(files) => files.iter().map(|(_, path)| path).collect(),
        Source::Detections => bail!("camera {} has no images, only boxes", camera.name),
    };
    let mut stamps = Vec::with_capacity(files.len());
    for path in files {
        let file = path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
        let modified = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        stamps.push((path, file.len(), modified.map(|time| time.as_nanos().to_string())));
    }
    let key = json!([stamps, format!("{:?}", camera.rotation), content]);
    let sum = mvmhat_weights::sha256_of_bytes(key.to_string().as_bytes());
    // A sequence may have any name.
    let name = format!("{}-{}", sequence.name, camera.name).replace(['/', '\\'], "-");
    Ok(folder.join(format!("{name}-{}.{suffix}", &sum[..16])))
}

/// The configuration of a detector with the checksum of its weights.
///
/// # Errors
/// Weights that are not there or cannot be read.
pub(crate) fn detector_identity(detector: &DetectorConfig) -> Result<Value> {
    let weights = detector.weights().map(mvmhat_weights::locate).transpose()?;
    let sum = weights.map(|path| mvmhat_weights::sha256_of_file(&path)).transpose()?;
    Ok(json!([detector, sum]))
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{CameraId, Rotation};

    use super::*;

    #[test]
    fn the_name_of_a_sequence_is_no_path() {
        let camera = Camera {
            id: CameraId(0),
            name: "a".into(),
            source: Source::Images(Vec::new()),
            fps: None,
            start: 0.0,
            rotation: Rotation::default(),
            detections: None,
            ground_truth: None,
        };
        let sequence = Sequence {
            name: "../hall/north".into(),
            root: "hall".into(),
            cameras: vec![camera.clone()],
            calibration: None,
        };
        let path = cache_path(Path::new("cache"), &sequence, &camera, &Value::Null, "crops").unwrap();
        let name = path.strip_prefix("cache").unwrap().to_str().unwrap();
        assert!(name.starts_with("..-hall-north-a-") && name.ends_with(".crops"), "{name}");
    }
}
