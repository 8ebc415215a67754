//! The detections and embeddings of a sequence: computed once, kept on disk, the same for every trial.
//!
//! ```text
//! <folder>/<camera>/det/det.npy     detections with embeddings, in the DeepSORT layout
//! <folder>/frame_sets.jsonl         which camera has which frame at which timestep, and its camera motion
//! ```

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use mvmhat_association::Associator;
use mvmhat_console::CancellationToken;
use mvmhat_pipeline::{Config, Stream};
use mvmhat_scene::{
    CameraMotion, Detection, DetectionFile, FrameNumber, FrameRange, FrameSet, Sequence, TrackedBox,
    ViewDetections, ViewFrame, write_atomically_with,
};
use tch::Device;

/// The detections of all cameras, timestep by timestep.
pub(crate) type DetectionSets = Vec<FrameSet<ViewDetections>>;

/// Detects and embeds people in a whole sequence, by the stages that `mvmhat track` has.
///
/// # Errors
/// Whatever stops a run: images or weights that cannot be read, a network that fails, Ctrl-C.
pub(crate) fn detect(
    sequence: &Sequence,
    config: &Config,
    frames: FrameRange,
    device: Device,
    cancellation: &CancellationToken,
) -> Result<DetectionSets> {
    let stream = Stream::open(sequence, config, frames, device)?;
    let sets = Arc::new(Mutex::new(Vec::new()));
    let summary = stream.run(Box::new(Collector(Arc::clone(&sets))), Vec::new(), cancellation);
    if let Some(error) = summary.failure {
        return Err(error);
    }
    if summary.interrupted {
        return Err(anyhow!(
            "interrupted while people were being detected; nothing of this recording is kept"
        ));
    }
    for reason in &summary.incomplete {
        tracing::warn!("{reason}: tuned on what could be read");
    }
    let sets = std::mem::take(&mut *sets.lock().unwrap_or_else(PoisonError::into_inner));
    anyhow::ensure!(!sets.is_empty(), "no frame from {} to {} could be read", frames.first, frames.last);
    Ok(sets)
}

/// Takes the place of an associator, and collects what it is given.
struct Collector(Arc<Mutex<DetectionSets>>);

impl Associator for Collector {
    fn associate(&mut self, detections: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>> {
        let nobody = detections.clone().map(|_, _| Vec::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(detections);
        vec![nobody]
    }

    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>> {
        Vec::new()
    }
}

fn table_path(folder: &Path, camera: &str) -> PathBuf {
    folder.join(camera).join("det/det.npy")
}

fn index_path(folder: &Path) -> PathBuf {
    folder.join("frame_sets.jsonl")
}

/// Writes everything into `folder`. The index of frame sets comes last: where it is, everything is.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn save(folder: &Path, sequence: &Sequence, sets: &DetectionSets) -> Result<()> {
    for camera in &sequence.cameras {
        let path = table_path(folder, &camera.name);
        let views = sets.iter().filter_map(|set| set.view(camera.id));
        let rows = views.flat_map(|view| view.content.detections.iter().map(|d| (view.number, d)));
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
            DetectionFile::write_npy(&path, rows)
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
    }
    let path = index_path(folder);
    let write = write_atomically_with(&path, |file| -> Result<()> {
        for set in sets {
            let motion = FrameSet {
                index: set.index,
                seconds: set.seconds,
                views: set.views.iter().map(|view| view.as_ref().map(camera_motion)).collect(),
            };
            serde_json::to_writer(&mut *file, &motion)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    });
    write.with_context(|| format!("cannot write {}", path.display()))
}

fn camera_motion(view: &ViewFrame<ViewDetections>) -> ViewFrame<Option<CameraMotion>> {
    ViewFrame { number: view.number, content: view.content.camera_motion }
}

/// What [`save`] has written into `folder`; `None` where it was not finished.
///
/// # Errors
/// A file that cannot be read, or that belongs to other cameras.
pub(crate) fn load(folder: &Path, sequence: &Sequence) -> Result<Option<DetectionSets>> {
    let path = index_path(folder);
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let files = sequence.cameras.iter().map(|camera| DetectionFile::read(&table_path(folder, &camera.name)));
    let files: Vec<DetectionFile> = files.collect::<Result<_, _>>()?;
    let mut sets = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let FrameSet { index, seconds, views } = serde_json::from_str::<FrameSet<Option<CameraMotion>>>(line)
            .with_context(|| format!("{}:{}", path.display(), i + 1))?;
        anyhow::ensure!(views.len() == files.len(), "{}:{}: not of these cameras", path.display(), i + 1);
        let with_detections = |file: &DetectionFile, number: FrameNumber, camera_motion| {
            let detections: Vec<Detection> = file.detections(number).to_vec();
            ViewFrame { number, content: ViewDetections { detections, camera_motion } }
        };
        let views = views.into_iter().zip(&files);
        let views =
            views.map(|(view, file)| view.map(|view| with_detections(file, view.number, view.content)));
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
        let sequence = Sequence::open(root.path()).unwrap();
        let detection = Detection {
            bbox: BBox::new(0.1, 0.2, 30.0, 1.0 / 3.0),
            score: 0.9,
            embedding: Some(Embedding::normalized(vec![0.0, 1.0])),
        };
        let motion = CameraMotion { dx: 0.5, ..CameraMotion::STILL };
        let view = |number, detections, camera_motion| {
            Some(ViewFrame {
                number: FrameNumber(number),
                content: ViewDetections { detections, camera_motion },
            })
        };
        let set = |i: u64, views| FrameSet { index: FrameIndex(i), seconds: i as f64 / 25.0, views };
        let sets = vec![
            set(0, vec![view(7, vec![], None), None]),
            set(1, vec![view(8, vec![detection], Some(motion)), view(3, vec![], None)]),
        ];
        let folder = root.path().join("out");
        assert_eq!(load(&folder, &sequence).unwrap(), None);
        save(&folder, &sequence, &sets).unwrap();
        assert_eq!(load(&folder, &sequence).unwrap(), Some(sets));
    }
}
