//! Tracking from end to end: the pieces that a configuration names, put together.

use std::path::PathBuf;

use anyhow::Result;
use mvmhat_association::{Associator, Evidence, GroundPlane};
use mvmhat_console::CancellationToken;
use mvmhat_scene::{FrameRange, Sequence};
use tch::Device;

use crate::assignment_model;
use crate::config::Config;
use crate::sinks::Sink;
use crate::stream::{RunSummary, Stream};

/// Follows people through a multi-view sequence and gives every timestep to the sinks, until the sequence ends, a stage
/// fails, or `token` is cancelled.
///
/// # Errors
/// What the configuration names and cannot be opened: cameras, weights, devices. An error on the way is part of the
/// [`RunSummary`].
pub fn track(
    sequence: &Sequence,
    config: &Config,
    frames: FrameRange,
    sinks: Vec<Box<dyn Sink>>,
    token: &CancellationToken,
) -> Result<RunSummary> {
    let device = config.device(None)?;
    let stream = Stream::open(sequence, config, frames, device)?;
    let associator = open_associator(sequence, config, device)?;
    Ok(stream.run(associator, sinks, token))
}

/// The associator that the configuration names, with what is known beside the boxes: where the cameras stand, and an
/// assignment network.
///
/// # Errors
/// A value out of its range, or weights that cannot be read.
pub fn open_associator(sequence: &Sequence, config: &Config, device: Device) -> Result<Box<dyn Associator>> {
    let evidence = Evidence {
        ground_plane: GroundPlane::from_sequence(sequence),
        assignment_model: assignment_model::open_assignment_model(&config.association, device)?,
    };
    Ok(mvmhat_association::build(&config.association, evidence)?)
}

/// A file of weights that a run uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedWeights {
    /// The file.
    pub path: PathBuf,
    /// The sha256 of its content, in hexadecimal.
    pub sha256: String,
}

/// The files of weights that the configuration names.
///
/// # Errors
/// Weights that are not on this machine, with how to get them.
pub fn weights_files(config: &Config) -> Result<Vec<UsedWeights>> {
    let named = [config.detector.weights(), config.embedder.weights()];
    let located = named.into_iter().flatten().map(mvmhat_weights::locate);
    let mut paths: Vec<PathBuf> = located.collect::<Result<_, _>>()?;
    paths.extend(assignment_model::weights(&config.association).map(PathBuf::from));
    let files = paths
        .into_iter()
        .map(|path| Ok(UsedWeights { sha256: mvmhat_weights::sha256_of_file(&path)?, path }));
    files.collect()
}
