//! Our own network as a person detector while it is trained.

use tch::nn::VarStore;

use super::grid_detector::GridDetector;
use super::models::PERSON_THRESHOLDS;
use super::{Detector, DetectorConfig, PersonNetwork, PersonNetworkConfig};
use crate::{Error, Inference};

/// The detector with the variables of a network as they are now, for validation during training.
///
/// # Errors
/// If the variables are of another network.
pub fn person_detector(
    config: &DetectorConfig,
    network: &PersonNetworkConfig,
    variables: &VarStore,
) -> Result<Box<dyn Detector>, Error> {
    let inference = Inference::from_variables(|path| network.build(path), variables)?;
    let input_size = [network.input_size; 2];
    Ok(Box::new(GridDetector::new(inference, PersonNetwork::COLUMNS, input_size, PERSON_THRESHOLDS, config)))
}
