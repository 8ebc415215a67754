//! What the end-to-end tests share: the programs, freshly built; small sequences that are made on the spot; and the files
//! they read.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on must fail, and say where")]

mod blocks;
mod configuration_case;
mod files;
mod panning;
mod programs;
mod run;
mod scored_sequence;

pub use blocks::{Blocks, Images, write_embeddings};
pub use configuration_case::ConfigurationCase;
pub use files::{fixtures, json, keys, npy, text, treadmill_hall};
pub use panning::Panning;
pub use programs::{example, mvmhat, papers};
pub use run::{Run, run, run_papers, send_signal};
pub use scored_sequence::{ScoredSequence, eval};
