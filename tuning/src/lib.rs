#![doc = include_str!("../README.md")]

mod constants;
mod detection_cache;
mod importance;
mod labelled_sequence;
mod objective;
mod options;
mod plot;
mod preset;
mod proposal;
mod results;
mod search;
mod search_settings;
mod sequences;
mod tpe;
mod trial_log;
mod tune;

pub use constants::SearchRange;
pub use objective::Objective;
pub use options::TuneOptions;
pub use proposal::SearchMethod;
pub use tune::{TuneSummary, tune};
