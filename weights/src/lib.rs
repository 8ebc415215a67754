#![doc = include_str!("../README.md")]

mod architecture;
mod checksum;
mod error;
mod fetch;
mod formats;
mod former_names;
mod registry;
mod shipped;
mod state_dict;
mod store;

pub use checksum::{sha256_of_bytes, sha256_of_file};
pub use error::{Mismatch, ShapeMismatch, WeightsError};
pub use fetch::{Fetched, WeightsOrigin};
pub use registry::{ColorOrder, Fit, InputConvention, Licence, PublishedFile, Registry, WeightsEntry};
pub use state_dict::StateDict;
pub use store::{Availability, WeightsLocation, WeightsStore, available, locate};

/// The entry in the metadata of a weights file that describes its re-ID network, as JSON.
pub const REID_NETWORK: &str = "reid_network";
/// The entry in the metadata of a weights file that describes its person detector, as JSON.
pub const DETECTOR_NETWORK: &str = "detector_network";
