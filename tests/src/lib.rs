//! What the end-to-end tests share: the programs, freshly built; small sequences that are made on the spot; and the files
//! they read.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on must fail, and say where")]

mod blocks;
mod files;
mod panning;
mod programs;
mod run;

pub use blocks::{Blocks, Images, write_embeddings};
pub use files::{fixtures, json, npy, text, treadmill_hall};
pub use panning::Panning;
pub use programs::{example, mvmhat, papers};
pub use run::{Run, send_signal, run, run_papers};
