//! Finding the state dict in a checkpoint.

use std::rc::Rc;

use super::pickle::{Pickle, TensorView, Value};
use crate::error::Fault;

/// The keys under which training code keeps a state dict, next to epoch and optimizer, by precedence: weights averaged over
/// training (`ema`) are meant to be used instead of the last ones.
const WRAPPERS: [&str; 6] = ["ema", "state_dict", "model_state_dict", "model", "module", "net"];
/// How deep wrappers are followed: `{"ema": {"module": {…}}}` is two.
const MAX_DEPTH: usize = 3;

/// The names of a state dict and their tensors, in its order.
pub(super) type NamedViews = Vec<(Rc<str>, Rc<TensorView>)>;

/// The named tensors of a checkpoint.
///
/// # Errors
/// If there is no dictionary of tensors at the root or under one of the [`WRAPPERS`].
pub(super) fn state_dict(pickle: &Pickle) -> Result<NamedViews, Fault> {
    find(pickle, &pickle.root, MAX_DEPTH).ok_or_else(|| {
        let found = match &pickle.root {
            Value::Opaque(class) => format!("a whole object of class {class}"),
            Value::Dict(_) => "a dictionary without tensors".into(),
            Value::Tensor(_) => "a single tensor".into(),
            _ => "something else".into(),
        };
        Fault::Unsupported(format!("it holds {found}, not a state dict"))
    })
}

fn find(pickle: &Pickle, value: &Value, depth: usize) -> Option<NamedViews> {
    let tensors: Vec<_> = pickle
        .dict(value)?
        .iter()
        .filter_map(|(key, value)| match (key, value) {
            (Value::Text(name), Value::Tensor(view)) => Some((Rc::clone(name), Rc::clone(view))),
            _ => None,
        })
        .collect();
    if !tensors.is_empty() {
        return Some(tensors);
    }
    let depth = depth.checked_sub(1)?;
    WRAPPERS.iter().find_map(|name| find(pickle, pickle.entry(value, name)?, depth))
}
