//! Pretrained weights of a [`PersonNetwork`](super::PersonNetwork).

use mvmhat_weights::{DETECTOR_NETWORK, StateDict};
use tch::nn::VarStore;
use tch::{Device, TchError, no_grad};

use super::backbone::YOLOX_NANO;
use super::{BACKBONE, PersonNetworkConfig};
use crate::detect::{Yolox, YoloxConfig};
use crate::inference::{copy_variables, with_variable_names};
use crate::{ConfigError, Error};

/// How much of a network has pretrained weights, from its input on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PretrainedParts {
    /// Nothing: all variables are initialized at random.
    Nothing,
    /// The backbone.
    Backbone,
    /// Backbone and neck.
    Neck,
    /// The whole network.
    Network,
}

impl PersonNetworkConfig {
    /// Copies pretrained weights into a network that was built in `store`, and tells how much of it they were for: all from
    /// a file of `mvmhat train-detector` and from a published YOLOX-nano, without the head where its channels differ; the
    /// backbone from other published ones.
    ///
    /// # Errors
    /// If they are of another network.
    pub fn load_pretrained(&self, weights: &StateDict, store: &VarStore) -> Result<PretrainedParts, Error> {
        if weights.metadata(DETECTOR_NETWORK).is_some() {
            let other = Self::from_weights(weights)?;
            if (other.backbone, other.channels) != (self.backbone, self.channels) {
                return Err(
                    ConfigError::other_network(&self.description(), weights, &other.description()).into()
                );
            }
            weights.load_into(store, &[])?;
            return Ok(PretrainedParts::Network);
        }
        if let Some(name) = weights.architecture().filter(|name| *name != self.backbone.architecture) {
            let value = format!("{}, of {name}", weights.path().display());
            return Err(
                ConfigError { path: "train.weights", value, rule: self.backbone.fitting_weights }.into()
            );
        }
        let published = VarStore::new(Device::Cpu);
        if self.backbone == YOLOX_NANO {
            let _network = Yolox::new(&published.root(), YoloxConfig::NANO);
            weights.load_into(&published, &[])?;
            let with_head = self.channels == YoloxConfig::NANO.hidden();
            copy_yolox(&published, store, with_head)?;
            return Ok(if with_head { PretrainedParts::Network } else { PretrainedParts::Neck });
        }
        let _network = self.backbone.build(&published.root());
        let names = &self.backbone.published;
        with_variable_names(weights, names).load_into(&published, names.left_out)?;
        copy_variables(&published, store, BACKBONE)?;
        Ok(PretrainedParts::Backbone)
    }

    fn description(&self) -> String {
        format!("{} with a head of {} channels", self.backbone.name, self.channels)
    }
}

/// Copies the variables of a YOLOX into a network of the same layers; those of the head, too, if `with_head`. Of the classes
/// the first is copied, which is person.
fn copy_yolox(yolox: &VarStore, network: &VarStore, with_head: bool) -> Result<(), Error> {
    let published = yolox.variables();
    no_grad(|| {
        let variables = network.variables();
        let wanted = variables.iter().filter(|(name, _)| with_head || !name.starts_with("head."));
        for (name, variable) in wanted {
            // YOLOX counts its neck to the backbone.
            let in_yolox = name.strip_prefix("neck.").map(|rest| format!("backbone.{rest}"));
            let in_yolox = in_yolox.as_ref().unwrap_or(name);
            let missing = || TchError::Kind(format!("YOLOX has no {in_yolox}"));
            let tensor = published.get(in_yolox).ok_or_else(missing)?;
            let outputs = variable.size().first().copied().unwrap_or_default();
            variable.shallow_clone().f_copy_(&tensor.f_narrow(0, 0, outputs)?)?;
        }
        Ok(())
    })
}
