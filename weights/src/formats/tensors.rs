//! Tensors out of bytes.

use std::collections::HashMap;
use std::rc::Rc;

use tch::{Kind, Tensor};

use super::pickle::{Storage, TensorView};
use crate::error::Fault;

/// A tensor of `size` whose elements lie row by row in `bytes`, little-endian.
pub(super) fn from_bytes(bytes: &[u8], size: &[i64], kind: Kind) -> Result<Tensor, Fault> {
    if cfg!(target_endian = "big") {
        return Err(Fault::Unsupported("weights are little-endian, and this machine is not".into()));
    }
    let expected = size
        .iter()
        .try_fold(kind.elt_size_in_bytes(), |product, &n| product.checked_mul(usize::try_from(n).ok()?));
    // libtorch copies as many bytes as the size asks for, however many there are.
    if expected != Some(bytes.len()) {
        return Err(Fault::Damaged(format!("{} bytes for a tensor of size {size:?}", bytes.len())));
    }
    Ok(Tensor::f_from_data_size(bytes, size, kind)?)
}

/// The storages of a checkpoint, each read once.
#[derive(Default)]
pub(super) struct Storages {
    /// By key: one dimension, all of its elements.
    whole: HashMap<Rc<str>, Tensor>,
}

impl Storages {
    /// Keeps the bytes of a storage.
    pub(super) fn insert(&mut self, storage: &Storage, bytes: &[u8]) -> Result<(), Fault> {
        let len =
            i64::try_from(storage.len).map_err(|_| Fault::damaged("a storage larger than any memory"))?;
        self.whole.insert(Rc::clone(&storage.key), from_bytes(bytes, &[len], storage.kind)?);
        Ok(())
    }

    /// Whether the storage of this key was kept.
    pub(super) fn contains(&self, key: &str) -> bool {
        self.whole.contains_key(key)
    }

    /// The tensor a view shows; tensors that share a storage share its memory.
    pub(super) fn view(&self, view: &TensorView) -> Result<Tensor, Fault> {
        let whole = self.whole.get(&view.storage.key);
        let whole =
            whole.ok_or_else(|| Fault::Damaged(format!("storage {} is not in it", view.storage.key)))?;
        // The view was checked against the storage it names; another of the same key may be shorter.
        if whole.size() != [view.storage.len as i64] || whole.kind() != view.storage.kind {
            return Err(Fault::Damaged(format!("storage {} is declared in two ways", view.storage.key)));
        }
        Ok(whole.f_as_strided(&view.size, &view.stride, view.offset)?)
    }
}
