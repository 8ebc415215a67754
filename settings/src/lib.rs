#![doc = include_str!("../README.md")]

mod annotate;
mod error;
mod layers;
mod merge;
mod origin;
mod positions;
mod refusal;
mod renamed;

pub use error::{ConfigError, Problem, SettingsError};
pub use layers::{Layers, PathDeserializer, Schema};
pub use merge::{assigned, merge};
pub use origin::Origin;
pub use refusal::typed;
