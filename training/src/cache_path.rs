//! Where what was taken out of a recording is kept: names that change with anything it is made of.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};
use mvmhat_detectors::DetectorConfig;
use mvmhat_scene::{Camera, Sequence, Source};
use serde_json::{Value, json};

/// The file of a camera in the folder `cache`. `made_of` is what its content depends on beside the images.
///
/// # Errors
/// Images that cannot be looked up, or a camera without any.
pub(super) fn cache_path(
    cache: &Path,
    recording: &Sequence,
    camera: &Camera,
    made_of: &Value,
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
        let changed = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        stamps.push((path, file.len(), changed.map(|time| time.as_nanos().to_string())));
    }
    let key = json!([stamps, format!("{:?}", camera.rotation), made_of]);
    let sum = mvmhat_detectors::sha256_of(key.to_string().as_bytes());
    // A recording may be called anything.
    let name = format!("{}-{}", recording.name, camera.name).replace(['/', '\\'], "-");
    Ok(cache.join(format!("{name}-{}.{suffix}", &sum[..16])))
}

/// A detector and what its weights are.
///
/// # Errors
/// Weights that are not there or cannot be read.
pub(super) fn identified(detector: &DetectorConfig) -> Result<Value> {
    let weights = detector.weights().map(mvmhat_detectors::locate).transpose()?;
    let sum = weights.map(|path| mvmhat_detectors::sha256(&path)).transpose()?;
    Ok(json!([detector, sum]))
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{CameraId, Rotation};

    use super::*;

    #[test]
    fn a_name_is_no_path() {
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
        let recording = Sequence {
            name: "../hall/north".into(),
            root: "hall".into(),
            cameras: vec![camera.clone()],
            calibration: None,
        };
        let path = cache_path(Path::new("cache"), &recording, &camera, &Value::Null, "crops").unwrap();
        let name = path.strip_prefix("cache").unwrap().to_str().unwrap();
        assert!(name.starts_with("..-hall-north-a-") && name.ends_with(".crops"), "{name}");
    }
}
