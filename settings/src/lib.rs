//! Layered YAML configuration: built-in presets, files, `--set KEY=VALUE`; errors that name file, line, key and remedy.

mod layers;

pub use layers::{Layers, assigned, merge};
