//! Readers of the data sets that the chapters of the literature are trained on.

mod cifar;
mod error;
mod idx;
mod pairs;

pub use cifar::read_cifar10;
pub use error::DataError;
pub use idx::read_idx;
pub use pairs::read_pairs;
