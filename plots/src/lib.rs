#![doc = include_str!("../README.md")]

mod error;
mod figure;
pub mod palette;

pub use error::PlotError;
pub use figure::{FONT, Figure};
