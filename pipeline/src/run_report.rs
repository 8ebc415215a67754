//! `run.json`: what a run was, and what it did.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_scene::{AtomicFile, Sequence};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::frame_range::FrameRange;
use crate::stream::Outcome;

/// Everything that goes into `run.json`.
pub(crate) struct RunReport<'a> {
    /// What was tracked.
    pub(crate) recording: &'a Sequence,
    /// Which frames were asked for.
    pub(crate) frames: FrameRange,
    /// With which configuration.
    pub(crate) config: &'a Config,
    /// Name and sha256 of every file of weights that was read.
    pub(crate) weights: Vec<(String, String)>,
    /// What came of it.
    pub(crate) outcome: &'a Outcome,
    /// Where the networks ran.
    pub(crate) device: String,
}

impl RunReport<'_> {
    /// Writes the report, by write-then-rename.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.to_json()?)? + "\n";
        let write = || {
            let mut file = AtomicFile::create(path)?;
            file.write_all(text.as_bytes())?;
            file.commit()
        };
        write().with_context(|| format!("{} cannot be written", path.display()))
    }

    fn to_json(&self) -> Result<Value> {
        let outcome = self.outcome;
        let reason = match (&outcome.failure, outcome.interrupted) {
            (Some(error), _) => Some(format!("{error:#}")),
            (None, true) => Some("interrupted by the user".to_owned()),
            (None, false) if !outcome.incomplete.is_empty() => Some(outcome.incomplete.join("; ")),
            (None, false) => None,
        };
        let mut cameras = Map::new();
        for (camera, total) in self.recording.cameras.iter().zip(&outcome.cameras) {
            cameras.insert(camera.name.clone(), serde_json::to_value(total)?);
        }
        let mut stages = Map::new();
        for (name, total) in &outcome.stages {
            stages.insert(name.clone(), serde_json::to_value(total)?);
        }
        Ok(json!({
            "mvmhat": env!("CARGO_PKG_VERSION"),
            "versions": crate::versions::all(),
            "state": {"finished": reason.is_none(), "reason": reason},
            "recording": self.recording.root,
            "frames": self.frames.to_json(),
            "device": self.device,
            "configuration": self.config.to_json()?,
            "weights": self.weights.iter().map(|(file, sha256)| json!({"file": file, "sha256": sha256})).collect::<Vec<_>>(),
            "frame_sets": outcome.frame_sets,
            "seconds": outcome.seconds,
            "frame_sets_per_second": outcome.frame_sets as f64 / outcome.seconds.max(1e-9),
            "cameras": cameras,
            "stages": stages,
        }))
    }
}
