//! The named tensors of a weights file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::nn::VarStore;
use tch::{Tensor, no_grad};

use crate::error::{Mismatch, ShapeMismatch, WeightsError};
use crate::{architecture, formats, former_names};

/// The named tensors of a weights file, on the CPU, in the types they have in the file.
#[derive(Debug)]
pub struct StateDict {
    path: PathBuf,
    tensors: BTreeMap<String, Tensor>,
    metadata: BTreeMap<String, String>,
}

impl StateDict {
    /// Reads a `.safetensors` file or a PyTorch checkpoint (`.pth`, `.pt`, `.pth.tar`; written by `torch.save` of any
    /// version since 0.4). The content decides, not the name.
    ///
    /// A checkpoint is parsed, never executed. Its state dict may be the object itself or lie under `ema`,
    /// `state_dict`, `model_state_dict`, `model`, `module` or `net`; anything but tensors is skipped. The prefix
    /// `module.` that data-parallel training puts before every name is removed.
    ///
    /// # Errors
    /// If the file cannot be read, is of another format, is damaged, or holds no state dict.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let mut contents = formats::read(path)?;
        former_names::modernize(&mut contents.metadata);
        let tensors = without_prefix(contents.tensors, "module.").into_iter().collect();
        Ok(Self { path: path.to_path_buf(), tensors, metadata: contents.metadata })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// An entry of the metadata of a safetensors file. Entries that earlier versions of the program wrote have their
    /// present names.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Names and tensors, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The known architecture of these tensors, judged by a few telling names and shapes: `yolox-nano`,
    /// `osnet-x0.25`, `resnet50`, …
    pub fn architecture(&self) -> Option<&'static str> {
        architecture::recognize(self)
    }

    /// The same tensors under other names, for files whose names differ from the network's by a rule.
    pub fn renamed(&self, rename: impl Fn(&str) -> String) -> Self {
        let tensors = self.iter().map(|(name, tensor)| (rename(name), tensor.shallow_clone())).collect();
        Self { path: self.path.clone(), tensors, metadata: self.metadata.clone() }
    }

    /// Copies the tensors into the variables of a network, whatever their types. Either every variable gets its tensor
    /// or none does.
    ///
    /// The file may have more tensors than the network if their names begin with one of `extra` (`classifier.`, say),
    /// or end in `.num_batches_tracked`, which counts training steps and plays no part in any network here.
    ///
    /// # Errors
    /// If a variable has no tensor or one of another shape, or if the file has further tensors: the error names them and
    /// the architecture the file looks like.
    pub fn load_into(&self, network: &VarStore, extra: &[&str]) -> Result<(), WeightsError> {
        let variables: BTreeMap<String, Tensor> = network.variables().into_iter().collect();
        let tolerated = |name: &str| {
            name.ends_with(".num_batches_tracked") || extra.iter().any(|prefix| name.starts_with(prefix))
        };
        let missing: Vec<_> = variables.keys().filter(|name| self.get(name).is_none()).cloned().collect();
        let unexpected: Vec<_> = self
            .tensors
            .keys()
            .filter(|name| !variables.contains_key(*name) && !tolerated(name))
            .cloned()
            .collect();
        let pairs =
            || variables.iter().filter_map(|(name, variable)| Some((name, self.get(name)?, variable)));
        let misshapen: Vec<_> = pairs()
            .filter(|(_, tensor, variable)| tensor.size() != variable.size())
            .map(|(name, tensor, variable)| ShapeMismatch {
                name: name.clone(),
                file: tensor.size(),
                network: variable.size(),
            })
            .collect();
        if !(missing.is_empty() && unexpected.is_empty() && misshapen.is_empty()) {
            let mismatch =
                Box::new(Mismatch { missing, unexpected, misshapen, resembles: self.architecture() });
            return Err(WeightsError::Mismatch { path: self.path.clone(), mismatch });
        }
        no_grad(|| {
            pairs().try_for_each(|(_, tensor, variable)| {
                // A tensor is a handle: this one is the variable's own.
                variable.shallow_clone().f_copy_(tensor)?;
                Ok(())
            })
        })
        .map_err(|source| WeightsError::Torch { path: self.path.clone(), source })
    }
}

/// Removes a prefix from all names, if all have it.
fn without_prefix(mut named: Vec<(String, Tensor)>, prefix: &str) -> Vec<(String, Tensor)> {
    if named.iter().all(|(name, _)| name.starts_with(prefix)) {
        named.iter_mut().for_each(|(name, _)| drop(name.drain(..prefix.len())));
    }
    named
}
