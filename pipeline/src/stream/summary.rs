//! What came of a run.

use super::{CameraReport, StageReport};

/// What a run did, whole or cut short.
#[derive(Debug)]
pub struct RunSummary {
    /// Timesteps that were tracked and written.
    pub frame_sets: u64,
    /// Identities that were given.
    pub people: usize,
    /// Seconds from the start of the first stage to the end of the last one.
    pub seconds: f64,
    /// Frames of each camera, in the order of the cameras.
    pub cameras: Vec<CameraReport>,
    /// Working time of each stage.
    pub stages: Vec<(String, StageReport)>,
    /// Videos that hold less than they announce: one sentence each.
    pub incomplete: Vec<String>,
    /// What ended the run before its sequence did.
    pub failure: Option<anyhow::Error>,
    /// Whether the user ended the run before its sequence did.
    pub interrupted: bool,
}
