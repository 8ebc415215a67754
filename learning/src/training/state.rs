//! The state of training as named tensors.

use tch::Tensor;
use tch::nn::VarStore;

use crate::{Ema, Optimizer, Parameters, sorted_variables};

/// Prefix of the network's variables in a checkpoint.
pub(super) const MODEL: &str = "model.";
/// Prefix of the averaged weights in a checkpoint.
pub(super) const EMA: &str = "ema.";

/// All tensors that training changes, under their names in a checkpoint. The tensors are handles.
pub(super) fn state(
    store: &VarStore,
    parameters: &Parameters,
    optimizer: &dyn Optimizer,
    ema: Option<&Ema>,
) -> Vec<(String, Tensor)> {
    let model = sorted_variables(store).into_iter().map(|(name, tensor)| (format!("{MODEL}{name}"), tensor));
    let optimizer = optimizer.slots().into_iter().flat_map(|(slot, tensors)| {
        parameters.iter().zip(tensors).map(move |(parameter, tensor)| {
            (format!("optimizer.{slot}.{}", parameter.name), tensor.shallow_clone())
        })
    });
    let ema = ema.into_iter().flat_map(Ema::iter);
    let ema = ema.map(|(name, tensor)| (format!("{EMA}{name}"), tensor.shallow_clone()));
    model.chain(optimizer).chain(ema).collect()
}
