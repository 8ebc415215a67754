//! A checkpoint: the state of a run as a file.
//!
//! It is a safetensors file: `model.*` are the variables of the network, `optimizer.*.*` the optimizer state,
//! `ema.*` the averaged weights. The file's metadata has one entry, `checkpoint`, a JSON object with the sha256 of
//! the file, the progress and the configuration. The sha256 is that of the file with zeros in its own place.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor, no_grad};

use super::TrainError;
use super::progress::Progress;

/// The entry of the metadata.
const ENTRY: &str = "checkpoint";
/// The placeholder of the checksum while it is computed.
const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The most tensors of a kind that an error lists.
const NAMED: usize = 3;

/// The metadata of a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    sha256: String,
    pub(super) progress: Progress,
    pub(super) configuration: Value,
}

/// The state of a run after a step.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) note: Note,
    tensors: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    /// The bytes of a file.
    pub(super) fn encode(
        progress: Progress,
        configuration: &Value,
        tensors: &[(String, Tensor)],
        path: &Path,
    ) -> Result<Vec<u8>, TrainError> {
        let note = Note { sha256: BLANK.into(), progress, configuration: configuration.clone() };
        let note = serde_json::to_string(&note).map_err(|e| TrainError::io("write", path)(e.into()))?;
        // One entry: more would come in another order every time.
        let mut bytes = serialize(tensors, Some(HashMap::from([(ENTRY.into(), note)])), path)?;
        let digest = hex(&Sha256::digest(&bytes));
        if let Some(at) = find(&bytes, BLANK) {
            bytes[at..at + BLANK.len()].copy_from_slice(digest.as_bytes());
        }
        Ok(bytes)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// If they are not what was written.
    pub(super) fn decode(mut bytes: Vec<u8>, path: &Path) -> Result<Self, TrainError> {
        let damaged = |reason: &dyn ToString| TrainError::damaged(path, reason);
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(&e))?;
        let note = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let note = note.ok_or_else(|| damaged(&"it is not a checkpoint of a training run"))?;
        let note: Note = serde_json::from_str(note).map_err(|e| damaged(&e))?;
        match find(&bytes, &note.sha256).filter(|_| note.sha256.len() == BLANK.len()) {
            Some(at) => bytes[at..at + BLANK.len()].copy_from_slice(BLANK.as_bytes()),
            None => return Err(damaged(&"its checksum is not where it should be")),
        }
        let digest = hex(&Sha256::digest(&bytes));
        if digest != note.sha256 {
            return Err(damaged(&format!("its sha256 is {digest}, not {}", note.sha256)));
        }
        let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&e))?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            let kind = kind_of(view.dtype()).ok_or_else(|| damaged(&"a tensor of unknown type"))?;
            let size: Vec<_> = view.shape().iter().map(|&n| n as i64).collect();
            tensors.insert(name.to_owned(), Tensor::f_from_data_size(view.data(), &size, kind)?);
        }
        Ok(Self { note, tensors })
    }

    /// Copies the tensors into `state`, handles under the names they were saved with: all of them, or none.
    ///
    /// # Errors
    /// If the names or shapes differ.
    pub(super) fn restore(&self, state: &[(String, Tensor)], path: &Path) -> Result<(), TrainError> {
        let names: BTreeMap<_, _> = state.iter().map(|(name, tensor)| (name, tensor)).collect();
        let missing = state.iter().filter(|(name, _)| !self.tensors.contains_key(name));
        let unexpected = self.tensors.keys().filter(|name| !names.contains_key(name));
        let misshapen = state.iter().filter_map(|(name, tensor)| {
            let (saved, wanted) = (self.tensors.get(name)?.size(), tensor.size());
            (saved != wanted).then(|| format!("{name} is {saved:?} there and {wanted:?} here"))
        });
        let differences: Vec<_> = [
            ("not in the checkpoint", missing.map(|(name, _)| name.clone()).collect::<Vec<_>>()),
            ("only in the checkpoint", unexpected.cloned().collect()),
            ("of another shape", misshapen.collect()),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| {
            let more = if names.len() > NAMED { ", …" } else { "" };
            format!("{} tensors {what} ({}{more})", names.len(), names[..names.len().min(NAMED)].join(", "))
        })
        .collect();
        if !differences.is_empty() {
            return Err(TrainError::Mismatch { path: path.to_path_buf(), differences });
        }
        no_grad(|| {
            state.iter().try_for_each(|(name, tensor)| match self.tensors.get(name) {
                Some(saved) => tensor.shallow_clone().f_copy_(saved).map_err(TrainError::from),
                None => Ok(()),
            })
        })
    }

    /// The tensors whose names begin with `prefix`, without it.
    pub(super) fn with_prefix(&self, prefix: &str) -> Vec<(String, Tensor)> {
        let stripped = |(name, tensor): (&String, &Tensor)| {
            Some((name.strip_prefix(prefix)?.to_owned(), tensor.shallow_clone()))
        };
        self.tensors.iter().filter_map(stripped).collect()
    }
}

/// Named tensors in the safetensors format.
///
/// # Errors
/// If a tensor is of a type the format does not have.
pub(super) fn serialize(
    tensors: &[(String, Tensor)],
    metadata: Option<HashMap<String, String>>,
    path: &Path,
) -> Result<Vec<u8>, TrainError> {
    let refused = |reason: String| TrainError::io("write", path)(std::io::Error::other(reason));
    let mut parts = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let kind = tensor.kind();
        let dtype = dtype_of(kind).ok_or_else(|| refused(format!("{name} is of type {kind:?}")))?;
        let mut data = vec![0; tensor.numel() * kind.elt_size_in_bytes()];
        tensor.detach().to_device(Device::Cpu).contiguous().f_copy_data_u8(&mut data, tensor.numel())?;
        let shape: Vec<_> = tensor.size().iter().map(|&n| n as usize).collect();
        parts.push((name, dtype, shape, data));
    }
    let mut views = Vec::with_capacity(parts.len());
    for (name, dtype, shape, data) in &parts {
        let view = TensorView::new(*dtype, shape.clone(), data).map_err(|e| refused(e.to_string()))?;
        views.push((name, view));
    }
    safetensors::serialize(views, metadata).map_err(|e| refused(e.to_string()))
}

const KINDS: [(Kind, Dtype); 6] = [
    (Kind::Float, Dtype::F32),
    (Kind::Double, Dtype::F64),
    (Kind::Half, Dtype::F16),
    (Kind::BFloat16, Dtype::BF16),
    (Kind::Int64, Dtype::I64),
    (Kind::Bool, Dtype::BOOL),
];

fn dtype_of(kind: Kind) -> Option<Dtype> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|&(_, dtype)| dtype)
}

fn kind_of(dtype: Dtype) -> Option<Kind> {
    KINDS.iter().find(|(_, known)| *known == dtype).map(|&(kind, _)| kind)
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    bytes.windows(text.len().max(1)).position(|window| window == text.as_bytes())
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::BestValidation;
    use serde_json::json;

    const PATH: &str = "step-00000007.safetensors";

    fn tensors() -> Vec<(String, Tensor)> {
        vec![
            ("model.weight".into(), Tensor::from_slice(&[1f32, -2.0, 3.0, 4.0]).view([2, 2]).tr()),
            ("model.count".into(), Tensor::from(3i64)),
        ]
    }

    fn encoded() -> Vec<u8> {
        let best = BestValidation { step: 5, score: 0.1 + 0.2 };
        let progress = Progress { step: 7, best: Some(best) };
        Checkpoint::encode(progress, &json!({"epochs": 2}), &tensors(), Path::new(PATH)).unwrap()
    }

    fn decode(bytes: Vec<u8>) -> Result<Checkpoint, TrainError> {
        Checkpoint::decode(bytes, Path::new(PATH))
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let checkpoint = decode(encoded()).unwrap();
        assert_eq!(checkpoint.note.progress.step, 7);
        assert_eq!(checkpoint.note.progress.best.unwrap().score, 0.1 + 0.2);
        assert_eq!(checkpoint.note.configuration, json!({"epochs": 2}));
        assert_eq!(checkpoint.with_prefix("model."), {
            let mut tensors = tensors();
            tensors.reverse();
            tensors.into_iter().map(|(name, t)| (name["model.".len()..].to_owned(), t)).collect::<Vec<_>>()
        });
        assert_eq!(encoded(), encoded(), "the same bytes every time");
    }

    #[test]
    fn any_changed_byte_is_detected() {
        let bytes = encoded();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(
                matches!(decode(changed), Err(TrainError::Damaged { .. })),
                "byte {at} of {}",
                bytes.len()
            );
        }
    }

    #[test]
    fn any_truncation_is_detected() {
        let bytes = encoded();
        for len in 0..bytes.len() {
            assert!(matches!(decode(bytes[..len].to_vec()), Err(TrainError::Damaged { .. })), "{len}");
        }
    }

    #[test]
    fn what_differs_is_named_and_nothing_is_restored() {
        let checkpoint = decode(encoded()).unwrap();
        let zeros = |size: &[i64]| Tensor::zeros(size, (Kind::Float, Device::Cpu));
        let state = [("model.weight".into(), zeros(&[2, 3])), ("model.bias".into(), zeros(&[2]))];
        let error = checkpoint.restore(&state, Path::new(PATH)).unwrap_err().to_string();
        for part in [
            "1 tensors not in the checkpoint (model.bias)",
            "1 tensors only in the checkpoint (model.count)",
            "1 tensors of another shape (model.weight is [2, 2] there and [2, 3] here)",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(state[0].1, zeros(&[2, 3]));
    }
}
