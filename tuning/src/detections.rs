//! What the detector and the embedder say of a recording: found out once, kept on disk, the same for every trial.
//!
//! ```text
//! <folder>/<camera>/det/det.npy     detections with embeddings, in the DeepSORT layout
//! <folder>/frame_sets.jsonl         which camera has which frame at which timestep, and how it has moved
//! ```

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use mvmhat_association::Associator;
use mvmhat_scene::{AtomicFile, CameraMotion, Detection, DetectionFile, FrameNumber, FrameSet, Sequence, ViewDetections};
use mvmhat_scene::{TrackedBox, ViewFrame};
use tch::Device;

use crate::commands::track;
use crate::config::Config;
use crate::frame_range::FrameRange;
use crate::stream::{Stop, Stream};

/// Everything the cameras of a recording see, timestep by timestep.
pub(super) type Sets = Vec<FrameSet<ViewDetections>>;

/// Detects and describes people in a whole recording, by the stages that `mvmhat track` has.
///
/// # Errors
/// Whatever stops a run: images or weights that cannot be read, a network that fails, Ctrl-C.
pub(super) fn detect(
    recording: &Sequence,
    config: &Config,
    frames: FrameRange,
    device: Device,
    stop: &Stop,
) -> Result<Sets> {
    let workers = track::workers(config, recording, device)?;
    let (queue, camera_motion) = (config.pipeline.queue, config.recording.camera_motion);
    let stream = Stream::open(recording, (frames.first, frames.last), workers, queue, camera_motion)?;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let outcome = stream.run(Box::new(Keep(Arc::clone(&kept))), Vec::new(), stop);
    if let Some(error) = outcome.failure {
        return Err(error);
    }
    if outcome.interrupted {
        return Err(anyhow!(
            "interrupted while people were being detected; nothing of this recording is kept"
        ));
    }
    for reason in &outcome.incomplete {
        tracing::warn!("{reason}: tuned on what could be read");
    }
    let sets = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    anyhow::ensure!(!sets.is_empty(), "no frame from {} to {} could be read", frames.first, frames.last);
    Ok(sets)
}

/// Takes the place of an associator, and keeps what it is given.
struct Keep(Arc<Mutex<Sets>>);

impl Associator for Keep {
    fn associate(&mut self, seen: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>> {
        let nobody = seen.clone().map(|_, _| Vec::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        vec![nobody]
    }

    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>> {
        Vec::new()
    }
}

fn table(folder: &Path, camera: &str) -> PathBuf {
    folder.join(camera).join("det/det.npy")
}

fn index(folder: &Path) -> PathBuf {
    folder.join("frame_sets.jsonl")
}

/// Writes everything into `folder`. The list of frame sets comes last: where it is, everything is.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn save(folder: &Path, recording: &Sequence, sets: &Sets) -> Result<()> {
    for camera in &recording.cameras {
        let path = table(folder, &camera.name);
        let views = sets.iter().filter_map(|set| set.view(camera.id));
        let rows = views.flat_map(|view| view.content.detections.iter().map(|d| (view.number, d)));
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
            DetectionFile::write_npy(&path, rows)
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
    }
    let path = index(folder);
    let write = || -> Result<()> {
        let mut file = AtomicFile::create(&path)?;
        for set in sets {
            let motion = FrameSet {
                index: set.index,
                seconds: set.seconds,
                views: set.views.iter().map(|view| view.as_ref().map(motion_of)).collect(),
            };
            serde_json::to_writer(&mut file, &motion)?;
            file.write_all(b"\n")?;
        }
        Ok(file.commit()?)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn motion_of(view: &ViewFrame<ViewDetections>) -> ViewFrame<Option<CameraMotion>> {
    ViewFrame { number: view.number, content: view.content.camera_motion }
}

/// What [`save`] has written into `folder`; `None` where it did not come to an end.
///
/// # Errors
/// A file that cannot be read, or that belongs to other cameras.
pub(super) fn load(folder: &Path, recording: &Sequence) -> Result<Option<Sets>> {
    let path = index(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let files = recording.cameras.iter().map(|camera| DetectionFile::read(&table(folder, &camera.name)));
    let files: Vec<DetectionFile> = files.collect::<Result<_, _>>()?;
    let mut sets = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let FrameSet { index, seconds, views } = serde_json::from_str::<FrameSet<Option<CameraMotion>>>(line)
            .with_context(|| format!("{}:{}", path.display(), i + 1))?;
        anyhow::ensure!(views.len() == files.len(), "{}:{}: not of these cameras", path.display(), i + 1);
        let seen = |file: &DetectionFile, number: FrameNumber, camera_motion| {
            let detections: Vec<Detection> = file.detections(number).to_vec();
            ViewFrame { number, content: ViewDetections { detections, camera_motion } }
        };
        let views = views.into_iter().zip(&files);
        let views = views.map(|(view, file)| view.map(|view| seen(file, view.number, view.content)));
        sets.push(FrameSet { index, seconds, views: views.collect() });
    }
    Ok(Some(sets))
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{BBox, Embedding, FrameIndex};

    use super::*;

    #[test]
    fn what_is_saved_is_loaded_frames_without_people_and_motion_included() {
        let root = tempfile::tempdir().unwrap();
        for camera in ["a", "b"] {
            std::fs::create_dir_all(root.path().join(camera).join("det")).unwrap();
            std::fs::write(root.path().join(camera).join("det/det.txt"), "1,-1,0,0,9,9,1\n").unwrap();
        }
        let recording = Sequence::open(root.path()).unwrap();
        let detection = Detection {
            bbox: BBox::new(0.1, 0.2, 30.0, 1.0 / 3.0),
            score: 0.9,
            embedding: Some(Embedding::normalized(vec![0.0, 1.0])),
        };
        let motion = CameraMotion { dx: 0.5, ..CameraMotion::STILL };
        let view = |number, detections, camera_motion| {
            Some(ViewFrame { number: FrameNumber(number), content: ViewDetections { detections, camera_motion } })
        };
        let set = |i: u64, views| FrameSet { index: FrameIndex(i), seconds: i as f64 / 25.0, views };
        let sets = vec![
            set(0, vec![view(7, vec![], None), None]),
            set(1, vec![view(8, vec![detection], Some(motion)), view(3, vec![], None)]),
        ];
        let folder = root.path().join("out");
        assert_eq!(load(&folder, &recording).unwrap(), None);
        save(&folder, &recording, &sets).unwrap();
        assert_eq!(load(&folder, &recording).unwrap(), Some(sets));
    }
}
