//! What a pickle may hold, as far as a state dict needs it.

use std::collections::HashMap;
use std::rc::Rc;

use tch::Kind;

/// One value. Containers live in the [`Pickle`] they belong to and are named by their index in it: values therefore
/// never nest, and a pickle of a million tuples one inside the other, or of a list that holds itself, is freed
/// without recursion.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Text(Rc<str>),
    /// A tuple, a list or a set: its index among the sequences.
    Sequence(usize),
    /// A dictionary: its index among the dictionaries.
    Dict(usize),
    /// A class or function, `module.name`: never looked up, never called.
    Global(Rc<str>),
    Storage(Rc<Storage>),
    Tensor(Rc<TensorView>),
    /// Something a state dict has no use for, and what it is: an object's class, `a float`, `bytes`.
    Opaque(Rc<str>),
}

/// A run of equal numbers that tensors look into; its bytes are elsewhere in the file.
#[derive(Debug)]
pub(crate) struct Storage {
    /// The name the file gives it.
    pub(crate) key: Rc<str>,
    /// The type of its elements.
    pub(crate) kind: Kind,
    /// How many elements it has.
    pub(crate) len: usize,
}

impl Storage {
    /// Its size in bytes, or `None` if that overflows.
    pub(crate) fn bytes(&self) -> Option<usize> {
        self.len.checked_mul(self.kind.elt_size_in_bytes())
    }
}

/// A tensor as a window on a storage, checked to lie within it.
#[derive(Debug)]
pub(crate) struct TensorView {
    pub(crate) storage: Rc<Storage>,
    /// The element of the storage at index `[0, 0, …]`.
    pub(crate) offset: i64,
    pub(crate) size: Vec<i64>,
    /// How many elements apart neighbors along each dimension are.
    pub(crate) stride: Vec<i64>,
}

/// As many dimensions as libtorch allows a tensor.
pub(super) const MAX_DIMENSIONS: usize = 64;

impl TensorView {
    /// The window, or what is wrong with it.
    pub(crate) fn new(
        storage: Rc<Storage>,
        offset: i64,
        size: Vec<i64>,
        stride: Vec<i64>,
    ) -> Result<Self, String> {
        let view = Self { storage, offset, size, stride };
        if view.fits() {
            Ok(view)
        } else {
            let TensorView { storage, offset, size, stride } = view;
            Err(format!(
                "a tensor of size {size:?}, stride {stride:?}, offset {offset} does not lie within its storage of {} elements",
                storage.len
            ))
        }
    }

    /// Whether every element exists, and none is there twice: a window that repeats elements (stride 0) may stand for
    /// more memory than any machine has.
    fn fits(&self) -> bool {
        let sane = self.size.len() == self.stride.len()
            && self.size.iter().chain(&self.stride).all(|&n| n >= 0)
            && self.offset >= 0;
        let Ok(len) = i64::try_from(self.storage.len) else { return false };
        if !sane {
            return false;
        }
        let Some(elements) = self.size.iter().try_fold(1_i64, |product, &n| product.checked_mul(n)) else {
            return false;
        };
        if elements == 0 {
            return self.offset <= len;
        }
        let last = self
            .size
            .iter()
            .zip(&self.stride)
            .try_fold(self.offset, |at, (n, step)| at.checked_add((n - 1).checked_mul(*step)?));
        elements <= len && last.is_some_and(|last| last < len)
    }
}

/// A pickle that was read: the value it stands for, and the containers its values refer to.
#[derive(Debug)]
pub(crate) struct Pickle {
    pub(crate) root: Value,
    pub(super) sequences: Vec<Vec<Value>>,
    pub(super) dicts: Vec<Vec<(Value, Value)>>,
    /// Every storage that is named anywhere, by key.
    pub(crate) storages: HashMap<Rc<str>, Rc<Storage>>,
}

impl Pickle {
    /// The members of a tuple, list or set.
    pub(crate) fn sequence(&self, value: &Value) -> Option<&[Value]> {
        match value {
            Value::Sequence(index) => self.sequences.get(*index).map(Vec::as_slice),
            _ => None,
        }
    }

    /// The entries of a dictionary, in the order they were set; a key set twice is there twice.
    pub(crate) fn dict(&self, value: &Value) -> Option<&[(Value, Value)]> {
        match value {
            Value::Dict(index) => self.dicts.get(*index).map(Vec::as_slice),
            _ => None,
        }
    }

    /// The last value a dictionary has under a name.
    pub(crate) fn entry(&self, dict: &Value, name: &str) -> Option<&Value> {
        let entries = self.dict(dict)?;
        entries
            .iter()
            .rev()
            .find(|(key, _)| matches!(key, Value::Text(text) if &**text == name))
            .map(|(_, v)| v)
    }
}
