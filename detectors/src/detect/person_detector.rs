//! Our own network as a detector of people.

use tch::Device;
use tch::nn::VarStore;

use crate::grid_detector::GridDetector;
use crate::networks::{Inference, PERSON_COLUMNS, PersonNetworkConfig};
use crate::{Detector, DetectorConfig, Error, StateDict, locate};

/// Where the configuration has no `score` and no `overlap`: where recall and false positives balanced on recordings held out.
const DEFAULT_SCORE: f32 = 0.6;
const DEFAULT_OVERLAP: f64 = 0.4;

/// The network with its weights, whose file says what it was made for.
pub(crate) fn load(config: &DetectorConfig, device: Device) -> Result<GridDetector, Error> {
    let weights = StateDict::read(&locate(config.weights().unwrap_or_default())?)?;
    let network = PersonNetworkConfig::of(&weights)?;
    let inference = Inference::load(|path| network.build(path), &weights, &[], device)?;
    Ok(made(config, &network, inference))
}

/// The detector that the variables of a network make as they are now, in training for instance.
///
/// # Errors
/// If the variables are of another network.
pub fn person_detector(
    config: &DetectorConfig,
    network: &PersonNetworkConfig,
    variables: &VarStore,
) -> Result<Box<dyn Detector>, Error> {
    let inference = Inference::of(|path| network.build(path), variables)?;
    Ok(Box::new(made(config, network, inference)))
}

fn made(config: &DetectorConfig, network: &PersonNetworkConfig, inference: Inference) -> GridDetector {
    let input = config.input.unwrap_or([network.size; 2]);
    GridDetector::new(inference, PERSON_COLUMNS, input, DEFAULT_SCORE, DEFAULT_OVERLAP, config)
}
