//! The trait of detectors, and how one is built from a configuration.

use std::time::Duration;

use mvmhat_scene::{Detection, Sequence};
use mvmhat_weights::{StateDict, locate};
use tch::Device;

use super::file_detector::FileDetector;
use super::grid_detector::GridDetector;
use super::{Architecture, DetectorConfig, PersonNetwork, PersonNetworkConfig, Yolox};
use crate::{Error, Frame, Inference};

/// Finds people in images.
pub trait Detector: Send {
    /// Whether [`detect`](Self::detect) reads the images at all; if not, they need not be decoded.
    fn needs_images(&self) -> bool;

    /// How long the forward passes of its network took so far, without pre- and postprocessing.
    fn forward_time(&self) -> Duration {
        Duration::ZERO
    }

    /// The detections of every frame: one list per frame, in the order of the frames, by descending confidence. Frames of
    /// several cameras are one batch.
    ///
    /// # Errors
    /// If a frame has no image where one is needed, or the network cannot be run.
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, Error>;
}

/// The detector of a configuration, for the cameras of `sequence`.
///
/// Every worker builds its own.
///
/// # Errors
/// If the configuration is out of range, or weights or detections cannot be found or read.
pub fn build_detector(
    config: &DetectorConfig,
    sequence: &Sequence,
    device: Device,
) -> Result<Box<dyn Detector>, Error> {
    config.validate()?;
    let Some(network) = config.name.network else {
        return Ok(Box::new(FileDetector::open(config, sequence)?));
    };
    let weights = StateDict::read(&locate(config.weights.as_deref().unwrap_or(network.weights))?)?;
    let (inference, columns, input_size) = match network.architecture {
        Architecture::Yolox { config: yolox, input_size } => {
            let inference = Inference::load(|path| Yolox::new(path, yolox), &weights, &[], device)?;
            (inference, Yolox::PERSON_COLUMNS, input_size)
        }
        Architecture::Person => {
            let person = PersonNetworkConfig::from_weights(&weights)?;
            let inference = Inference::load(|path| person.build(path), &weights, &[], device)?;
            (inference, PersonNetwork::COLUMNS, [person.input_size; 2])
        }
    };
    Ok(Box::new(GridDetector::new(inference, columns, input_size, network.thresholds, config)))
}
