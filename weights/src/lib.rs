//! Weights of networks: which are known, where they are, and the tensors in their files.
//!
//! - A file of weights is read by [`StateDict::read`], safetensors or PyTorch's own format: parsed, never executed.
//! - The known weights are listed in `configs/weights.yaml` with their publisher, licence, checksum and input convention
//!   ([`Registry`]).
//! - [`locate`] finds the file for a name or a path; a [`WeightsStore`] also fetches and imports files.

mod architecture;
mod checkpoint;
mod checksum;
mod error;
mod fetch;
mod pickle;
mod registry;
mod safetensors_file;
mod shipped;
mod state_dict;
mod store;
mod tensors;
mod torch_legacy;
mod torch_zip;

pub use checksum::{sha256, sha256_of};
pub use error::{Mismatch, WeightsError};
pub use fetch::{Fetched, Origin};
pub use registry::{ColorOrder, Fit, InputConvention, Licence, Registry, WeightsEntry, WeightsFile};
pub use state_dict::StateDict;
pub use store::{Availability, Place, WeightsStore, available, locate};
