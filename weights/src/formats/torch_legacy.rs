//! PyTorch checkpoints as one stream, what `torch.save` wrote before 1.6. The published OSNet weights are of this kind.
//!
//! A magic number, a protocol version, notes on the machine, the object and the list of its storages, each a pickle of
//! its own; then every storage: its number of elements (64 bits) and its bytes (`_legacy_save` in
//! `torch/serialization.py`).

use std::collections::HashSet;
use std::io::{self, BufRead, Read};

use tch::Tensor;

use super::checkpoint;
use super::pickle::{self, Value};
use super::tensors::Storages;
use crate::error::Fault;

/// The magic number 0x1950a86a20f9469cfc6c as Python pickles it (`PROTO 2, LONG1`).
pub(super) const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";

/// The named tensors of a stream.
pub(super) fn read(mut file: impl BufRead) -> Result<Vec<(String, Tensor)>, Fault> {
    pickle::read(&mut file)?; // the magic number
    let version = pickle::read(&mut file)?;
    if !matches!(version.root, Value::Int(1001)) {
        return Err(Fault::Unsupported(
            "it is of an unknown version of the format before PyTorch 1.6".into(),
        ));
    }
    let machine = pickle::read(&mut file)?;
    if !matches!(machine.entry(&machine.root, "little_endian"), Some(Value::Bool(true))) {
        return Err(Fault::Unsupported("it was written on a big-endian machine".into()));
    }
    let object = pickle::read(&mut file)?;
    let keys = pickle::read(&mut file)?;
    let keys = keys.sequence(&keys.root).ok_or_else(|| Fault::damaged("it does not list its storages"))?;

    let named = checkpoint::state_dict(&object)?;
    let used: HashSet<_> = named.iter().map(|(_, view)| &view.storage.key).collect();
    let mut storages = Storages::default();
    for key in keys {
        let Value::Text(key) = key else { return Err(Fault::damaged("the key of a storage is not text")) };
        let Some(storage) = object.storages.get(key) else {
            return Err(Fault::Damaged(format!("storage {key} is listed and never used")));
        };
        let mut len = [0; 8];
        file.read_exact(&mut len)?;
        let bytes = storage.bytes().filter(|_| usize::try_from(u64::from_le_bytes(len)) == Ok(storage.len));
        let bytes =
            bytes.ok_or_else(|| Fault::Damaged(format!("storage {key} has not the length it declares")))?;
        let mut record = (&mut file).take(bytes as u64);
        if used.contains(key) {
            let mut held = Vec::new();
            record.read_to_end(&mut held)?;
            storages.insert(storage, &held)?;
        } else {
            io::copy(&mut record, &mut io::sink())?;
        }
    }
    named.iter().map(|(name, view)| Ok((name.to_string(), storages.view(view)?))).collect()
}
