//! What all stages of a run share.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use mvmhat_console::CancellationToken;

use super::RunSummary;
use super::counters::{CameraCounters, StageTimer};

/// What all stages of a run share.
pub(super) struct Shared<'a> {
    pub(super) token: &'a CancellationToken,
    pub(super) cameras: Vec<CameraCounters>,
    pub(super) decode: StageTimer,
    pub(super) camera_motion: StageTimer,
    pub(super) detect: StageTimer,
    pub(super) embed: StageTimer,
    /// The networks' own part of `detect` and `embed`.
    pub(super) forward: StageTimer,
    pub(super) associate: StageTimer,
    /// Whether a stage left something of the sequence out because of `token`.
    pub(super) cut_short: AtomicBool,
    pub(super) incomplete: Mutex<Vec<String>>,
}

impl<'a> Shared<'a> {
    /// Nothing done yet, by this many cameras.
    pub(super) fn new(token: &'a CancellationToken, cameras: usize) -> Self {
        Self {
            token,
            cameras: (0..cameras).map(|_| CameraCounters::default()).collect(),
            decode: StageTimer::default(),
            camera_motion: StageTimer::default(),
            detect: StageTimer::default(),
            embed: StageTimer::default(),
            forward: StageTimer::default(),
            associate: StageTimer::default(),
            cut_short: AtomicBool::new(false),
            incomplete: Mutex::default(),
        }
    }

    /// What came of the run, but for what the association counts. `sinks` are timers with the names of their sinks.
    pub(super) fn into_summary(self, seconds: f64, sinks: Vec<(&'static str, StageTimer)>) -> RunSummary {
        let failure = self.token.take_failure();
        let cut_short =
            if failure.is_some() { "the run ended with an error" } else { "the run was interrupted" };
        let stages = [
            ("decode", self.decode),
            ("camera_motion", self.camera_motion),
            ("detect", self.detect),
            ("embed", self.embed),
            ("forward", self.forward),
            ("associate", self.associate),
        ];
        let stages = stages.into_iter().chain(sinks);
        RunSummary {
            frame_sets: 0,
            people: 0,
            seconds,
            cameras: self.cameras.iter().map(|camera| camera.report(cut_short)).collect(),
            stages: stages.map(|(name, timer)| (name.to_owned(), timer.report())).collect(),
            incomplete: self.incomplete.into_inner().unwrap_or_else(PoisonError::into_inner),
            interrupted: failure.is_none() && self.cut_short.into_inner(),
            failure,
        }
    }
}
