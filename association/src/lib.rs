#![doc = include_str!("../README.md")]

mod adaptive_temperature;
mod assignment_model;
mod association_config;
mod associator;
mod clustering;
mod config_error;
mod embedding_gallery;
mod evidence;
mod gated_assignment;
mod ground_plane;
mod kalman_filter;
mod mvmhat;
mod observations;
mod search_space;
mod similarity;

pub use adaptive_temperature::adaptive_temperature;
pub use assignment_model::{AssignmentModel, AssignmentSource, SoftAssignment};
pub use association_config::AssociationConfig;
pub use associator::{Associator, build};
pub use clustering::{Clustering, ClusteringConfig};
pub use config_error::ConfigError;
pub use embedding_gallery::EmbeddingGallery;
pub use evidence::Evidence;
pub use ground_plane::{GroundPlane, GroundPosition};
pub use kalman_filter::{BoxKalmanFilter, BoxMeasurement, MahalanobisGate, MotionNoise};
pub use mvmhat::{MvmhatBaseline, MvmhatConfig};
pub use search_space::{Scale, SearchParameter};
