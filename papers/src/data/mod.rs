//! Readers of the data sets.

mod cifar;
mod corpus;
mod digits;
mod error;
mod idx;
mod image_folder;
mod pairs;
mod samples;

pub use cifar::read_cifar10;
pub use corpus::{Corpus, Vocabulary};
pub use digits::Digits;
pub use error::DataError;
pub use idx::read_idx;
pub use image_folder::read_image_folder;
pub use pairs::read_pairs;
pub use samples::Samples;
