//! YOLOX as a detector of people.

use tch::Device;

use crate::grid_detector::GridDetector;
use crate::networks::{Inference, Yolox, YoloxConfig};
use crate::{DetectorConfig, Error, StateDict, locate};

/// Columns of a row that are read: centre, size, objectness, and the first class, which is person.
const COLUMNS: i64 = 6;

/// Where the configuration has no `score` and no `overlap`; as published.
const DEFAULT_SCORE: f32 = 0.25;
const DEFAULT_OVERLAP: f64 = 0.65;

/// A YOLOX with its weights.
pub(crate) fn load(
    config: &DetectorConfig,
    network: YoloxConfig,
    input: [u32; 2],
    device: Device,
) -> Result<GridDetector, Error> {
    let weights = StateDict::read(&locate(config.weights().unwrap_or_default())?)?;
    let network = Inference::load(|path| Yolox::new(path, network), &weights, &[], device)?;
    Ok(GridDetector::new(network, COLUMNS, input, DEFAULT_SCORE, DEFAULT_OVERLAP, config))
}
