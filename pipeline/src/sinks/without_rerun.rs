//! What stands in for the Rerun viewer in a program that was built without it: every use is refused.

use std::path::Path;

use anyhow::Result;
use mvmhat_evaluation::{Comparison, Crops, EmbeddingScores, Protocol};
use mvmhat_scene::{FrameNumber, FrameSet, Sequence, TrackedBox};

use super::{Sink, viewer};
use crate::config::OutputConfig;

/// The sink that this program was built without.
#[derive(Debug)]
pub enum RerunSink {}

impl RerunSink {
    /// Refused.
    ///
    /// # Errors
    /// Always: the program was built without the feature `rerun`.
    pub fn save(_: &Path, _: &Sequence, _: &OutputConfig) -> Result<Self> {
        Err(viewer::not_built_in("--rrd"))
    }

    /// Refused.
    ///
    /// # Errors
    /// Always: the program was built without the feature `rerun`.
    pub fn view(_: &Sequence, _: &OutputConfig) -> Result<Self> {
        Err(viewer::not_built_in("--view"))
    }
}

impl Sink for RerunSink {
    fn name(&self) -> &'static str {
        match *self {}
    }

    fn write(&mut self, _: &FrameSet<Vec<TrackedBox>>) -> Result<()> {
        match *self {}
    }

    fn finish(&mut self) -> Result<()> {
        match *self {}
    }
}

/// What belongs to a crop beside its embedding.
#[derive(Clone, Debug)]
pub struct EmbeddedCrop {
    /// Its frame as the camera numbers it.
    pub number: FrameNumber,
    /// A small image as JPEG, where there is one.
    pub thumbnail: Option<Vec<u8>>,
}

/// Refused.
///
/// # Errors
/// Always: the program was built without the feature `rerun`.
pub fn save_embedding(
    _: &Path,
    _: &Sequence,
    _: &Crops,
    _: &EmbeddingScores,
    _: &[EmbeddedCrop],
) -> Result<()> {
    Err(viewer::not_built_in("--rrd"))
}

/// Refused.
///
/// # Errors
/// Always: the program was built without the feature `rerun`.
pub fn save_errors(_: &Path, _: &Sequence, _: &Comparison, _: Protocol) -> Result<()> {
    Err(viewer::not_built_in("--rrd"))
}
