//! The trait of embedders, and how one is built from a configuration.

use std::time::Duration;

use mvmhat_scene::{Detection, Sequence};
use tch::Device;

use super::color_histogram::ColorHistogram;
use super::file_embedder::FileEmbedder;
use super::network_embedder::NetworkEmbedder;
use super::{EmbedderConfig, EmbedderName};
use crate::{Error, Frame};

/// Describes the appearance of people.
pub trait Embedder: Send {
    /// Whether [`embed`](Self::embed) reads the images at all; if not, they need not be decoded.
    fn needs_images(&self) -> bool;

    /// How long the forward passes of its network took so far, without pre- and postprocessing.
    fn forward_time(&self) -> Duration {
        Duration::ZERO
    }

    /// Fills the embedding of every detection: one list of detections per frame. The crops of all frames of all cameras
    /// are one batch.
    ///
    /// # Errors
    /// If a frame has no image where one is needed, or the embeddings cannot be computed or found.
    fn embed(&mut self, frames: &[Frame], detections: &mut [Vec<Detection>]) -> Result<(), Error>;
}

/// The embedder of a configuration, for the cameras of `sequence`.
///
/// Every worker builds its own.
///
/// # Errors
/// If the configuration is out of range, or weights or embeddings cannot be found or read.
pub fn build_embedder(
    config: &EmbedderConfig,
    sequence: &Sequence,
    device: Device,
) -> Result<Box<dyn Embedder>, Error> {
    config.validate()?;
    Ok(match config.name {
        EmbedderName::ColorHistogram => Box::new(ColorHistogram),
        EmbedderName::File => Box::new(FileEmbedder::open(sequence)?),
        EmbedderName::Network(backbone) => Box::new(NetworkEmbedder::load(&backbone, config, device)?),
    })
}
