//! What is trained, and how: the section `train` of a configuration.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use mvmhat_console::CancellationToken;
use mvmhat_learning::{Task, TrainerConfig};
use mvmhat_pipeline::{Config, Section};
use mvmhat_scene::SequencePart;
use serde::Serialize;
use serde_json::{Value, json};
use tch::Device;

/// A training recipe: the section `train` of a configuration whose `task` is [`TASK`](Section::TASK).
pub trait Recipe: Section {
    /// The built-in preset, which is laid over that of tracking.
    const PRESET: &'static str;
    /// How `mvmhat track --set` is told of the weights, up to their path.
    const USED_AS: &'static str;

    /// What the training loop runs.
    type Task: TimedTask;

    /// The section `train.trainer`.
    fn trainer(&self) -> &TrainerConfig;

    /// Intra-op threads of libtorch; 0: one per processor core.
    fn threads(&self) -> usize;

    /// Sets the sequence that is validated on.
    fn validate_on(&mut self, part: SequencePart);

    /// Reads the dataset and builds the network: all that a trainer needs.
    ///
    /// # Errors
    /// Sequences or weights that cannot be read, or too little to learn from.
    fn task(&self, session: &Session<'_>) -> Result<Self::Task>;
}

/// What a recipe is applied to.
pub struct Session<'a> {
    /// What is learned from.
    pub parts: &'a [SequencePart],
    /// The folder of the run.
    pub out: &'a Path,
    /// The folder of the cached crops or images.
    pub cache: &'a Path,
    /// The sections beside `train`.
    pub config: &'a Config,
    /// Where the network runs.
    pub device: Device,
    /// Ends the session early.
    pub cancellation: &'a CancellationToken,
}

/// A task that knows where its time went.
pub trait TimedTask: Task {
    /// Parts of the time of a run, each with what it was spent on.
    fn time_spent(&self) -> Vec<(Duration, &'static str)>;
}

/// What of a recipe a checkpoint has to fit.
pub(crate) fn recipe_identity(recipe: &impl Serialize) -> Value {
    let mut keys = json!(recipe);
    if let Some(keys) = keys.as_object_mut() {
        // The trainer compares its own keys; threads change the speed only.
        keys.retain(|key, _| !["trainer", "threads", "workers", "fp16"].contains(&key.as_str()));
    }
    keys
}
