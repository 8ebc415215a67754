//! The result of a run: selecting and writing the final weights.

use std::collections::HashMap;

use mvmhat_scene::write_atomically;
use tch::{Kind, Tensor};
use tracing::warn;

use super::progress::Progress;
use super::state::{EMA, MODEL};
use super::trainer::check_count;
use super::{TrainError, Trainer, TrainingStep, checkpoint};
use crate::sorted_variables;

const WEIGHTS: &str = "weights.safetensors";
/// The largest number of half precision (IEEE 754 binary16).
const LARGEST_FP16: f64 = 65504.0;

impl Trainer<'_> {
    /// Copies the resulting weights into the network, writes them to `weights.safetensors`, and returns their validation
    /// metrics.
    pub(super) fn write_result(&mut self) -> Result<Vec<f64>, TrainError> {
        let step = self.progress.step;
        let chosen = self.chosen_weights()?;
        let variables = sorted_variables(self.task.store());
        copy(&chosen, &variables)?;
        let at = TrainingStep::new(step, self.task.steps_per_epoch());
        self.seed_libtorch("finish", step);
        self.task.finish(at).map_err(|source| TrainError::Task { step, source })?;
        let mut weights: Vec<_> =
            variables.iter().map(|(name, variable)| (name.clone(), variable.detach().copy())).collect();
        if self.task.fp16() {
            // The weights are validated as they are written.
            round_to_fp16(&mut weights);
            copy(&weights, &variables)?;
        }
        let path = self.folder.join(WEIGHTS);
        let metadata = self.task.metadata_entry().map(|entry| HashMap::from([entry]));
        let bytes = checkpoint::serialize(&weights, metadata, &path)?;
        write_atomically(&path, bytes).map_err(TrainError::io("write", &path))?;
        if self.task.validation_metrics().is_empty() {
            return Ok(Vec::new());
        }
        self.seed_libtorch("validation of the result", step);
        let scores = self.task.validate().map_err(|source| TrainError::Task { step, source })?;
        check_count("validation", self.task.validation_metrics().len(), scores.len())?;
        Ok(scores)
    }

    /// The weights of the best validation, or the last ones; of the EMA if there is one.
    fn chosen_weights(&self) -> Result<Vec<(String, Tensor)>, TrainError> {
        let Progress { step, best } = self.progress;
        let checkpoint = match self.checkpoints.read(best.map_or(step, |best| best.step)) {
            Err(error) if best.is_some() => {
                warn!("{error}; the last weights are taken instead of the best");
                self.checkpoints.read(step)?
            }
            read => read?,
        };
        Ok(checkpoint.with_prefix(if self.ema.is_some() { EMA } else { MODEL }))
    }
}

/// Copies weights into variables, both in the order of their names.
fn copy(weights: &[(String, Tensor)], variables: &[(String, Tensor)]) -> Result<(), TrainError> {
    tch::no_grad(|| {
        variables.iter().zip(weights).try_for_each(|((_, variable), (_, weight))| {
            variable.shallow_clone().f_copy_(weight).map(drop).map_err(TrainError::from)
        })
    })
}

/// Rounds weights to half precision. Tensors with values beyond its range, such as running statistics, keep single
/// precision.
fn round_to_fp16(weights: &mut [(String, Tensor)]) {
    let fits = |weight: &Tensor| {
        weight.kind() == Kind::Float
            && weight.numel() > 0
            && weight.abs().max().double_value(&[]) < LARGEST_FP16
    };
    for (_, weight) in weights.iter_mut().filter(|(_, weight)| fits(weight)) {
        *weight = weight.to_kind(Kind::Half);
    }
}
