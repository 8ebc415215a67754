//! Sequences and dictionaries of a pickle, held flat: values name them by their index.

use std::collections::HashMap;
use std::rc::Rc;

use super::machine::{MAX_OPCODES, too_long};
use super::value::{Pickle, Storage, Value};
use crate::error::Fault;

/// The containers of a pickle while it is read, and the storages it names.
#[derive(Default)]
pub(super) struct Containers {
    sequences: Vec<Vec<Value>>,
    dicts: Vec<Vec<(Value, Value)>>,
    storages: HashMap<Rc<str>, Rc<Storage>>,
    copied: usize,
}

impl Containers {
    pub(super) fn new_sequence(&mut self, members: Vec<Value>) -> Value {
        self.sequences.push(members);
        Value::Sequence(self.sequences.len() - 1)
    }

    pub(super) fn new_dict(&mut self, entries: Vec<(Value, Value)>) -> Value {
        self.dicts.push(entries);
        Value::Dict(self.dicts.len() - 1)
    }

    pub(super) fn new_storage(&mut self, storage: Storage) -> Value {
        let storage = self.storages.entry(Rc::clone(&storage.key)).or_insert_with(|| Rc::new(storage));
        Value::Storage(Rc::clone(storage))
    }

    /// Notes that members of a sequence are copied. A pickle may name one sequence any number of times, so that copies,
    /// unlike all else, are not bounded by the number of its opcodes.
    pub(super) fn note_copies(&mut self, count: usize) -> Result<(), Fault> {
        self.copied = self.copied.saturating_add(count);
        if self.copied > MAX_OPCODES { Err(too_long()) } else { Ok(()) }
    }

    pub(super) fn sequence(&self, value: &Value) -> Result<&[Value], Fault> {
        match value {
            Value::Sequence(index) => Ok(&self.sequences[*index]),
            _ => Err(Fault::damaged("something else stands where a tuple or a list is due")),
        }
    }

    /// Appends to the sequence at an index.
    pub(super) fn extend_sequence(&mut self, index: usize, members: Vec<Value>) {
        self.sequences[index].extend(members);
    }

    /// Sets keys and values in the dictionary at an index.
    pub(super) fn extend_dict(&mut self, index: usize, pairs: &[[Value; 2]]) {
        self.dicts[index].extend(pairs.iter().map(|[key, value]| (key.clone(), value.clone())));
    }

    /// The pickle of a root value and these containers.
    pub(super) fn into_pickle(self, root: Value) -> Pickle {
        let Self { sequences, dicts, storages, .. } = self;
        Pickle { root, sequences, dicts, storages }
    }
}
