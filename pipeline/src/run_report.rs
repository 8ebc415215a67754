//! `run.json`: what a run was, and what it did.

use std::path::Path;

use anyhow::Result;
use mvmhat_scene::{FrameRange, Sequence};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::stream::RunSummary;
use crate::track::UsedWeights;

/// Everything that goes into `run.json`.
pub struct RunReport<'a> {
    /// What was tracked.
    pub sequence: &'a Sequence,
    /// Which frames were asked for.
    pub frames: FrameRange,
    /// With which configuration.
    pub config: &'a Config,
    /// Every file of weights that was read.
    pub weights: Vec<UsedWeights>,
    /// What came of it.
    pub summary: &'a RunSummary,
    /// Where the networks ran.
    pub device: String,
}

impl RunReport<'_> {
    /// Writes the report, by write-then-rename.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.to_json()?)? + "\n";
        mvmhat_console::outputs::write_file(path, text)
    }

    fn to_json(&self) -> Result<Value> {
        let summary = self.summary;
        let reason = match (&summary.failure, summary.interrupted) {
            (Some(error), _) => Some(format!("{error:#}")),
            (None, true) => Some("interrupted by the user".to_owned()),
            (None, false) if !summary.incomplete.is_empty() => Some(summary.incomplete.join("; ")),
            (None, false) => None,
        };
        let weights =
            |file: &UsedWeights| json!({"file": file.path.display().to_string(), "sha256": file.sha256});
        let mut cameras = Map::new();
        for (camera, report) in self.sequence.cameras.iter().zip(&summary.cameras) {
            cameras.insert(camera.name.clone(), serde_json::to_value(report)?);
        }
        let mut stages = Map::new();
        for (name, report) in &summary.stages {
            stages.insert(name.clone(), serde_json::to_value(report)?);
        }
        Ok(json!({
            "mvmhat": env!("CARGO_PKG_VERSION"),
            "versions": crate::versions::all(),
            "state": {"finished": reason.is_none(), "reason": reason},
            "recording": self.sequence.root,
            "frames": self.frames.to_json(),
            "device": self.device,
            "configuration": self.config.to_json()?,
            "weights": self.weights.iter().map(weights).collect::<Vec<_>>(),
            "frame_sets": summary.frame_sets,
            "seconds": summary.seconds,
            "frame_sets_per_second": summary.frame_sets as f64 / summary.seconds.max(1e-9),
            "cameras": cameras,
            "stages": stages,
        }))
    }
}
