//! Re-ID embedders: from the crops of detections to unit vectors.
//!
//! [`EmbedderConfig`] is the section `embedder` of a configuration. A network is a backbone alone, as published, or an
//! [`EmbeddingNetwork`], as `mvmhat train` makes them.

mod color_histogram;
mod config;
mod embedder;
mod embeddings;
mod file_embedder;
mod network;
mod network_config;
mod network_embedder;

pub use config::{EmbedderConfig, EmbedderName};
pub use embedder::{Embedder, build_embedder};
pub use embeddings::embeddings;
pub use network::EmbeddingNetwork;
pub use network_config::EmbeddingNetworkConfig;
