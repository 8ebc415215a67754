//! Pickles, read and never executed.
//!
//! A pickle is a program for a small stack machine, and Python's own machine calls whatever function the program names.
//! This one has no way to call anything: it builds plain values ([`Value`]), knows the five names a state dict is made
//! of ([`construct`]), and keeps the name of everything else as an opaque value.
//!
//! The language is described in the comments of Python's `Lib/pickletools.py`; the persistent identifiers of storages
//! and the rebuild functions in PyTorch's `torch/serialization.py` and `torch/_utils.py`.

mod construct;
mod containers;
mod machine;
mod opcode;
mod source;
mod value;

pub(super) use machine::read;
pub(super) use value::{Pickle, Storage, TensorView, Value};
