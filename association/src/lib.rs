//! Who is who: similarity, assignment, motion, over time, across views, identities.
//!
//! An [`Associator`] takes the detections of all cameras timestep by timestep and gives every person one identity, over
//! time and in all views. Which one, and its constants, is an [`AssociationConfig`]; [`build`] makes it:
//!
//! * [`Clustering`]: tracklets of all views, clustered jointly; the default. Its file tells how it decides who is who;
//! * [`Mvmhat`]: the published inference, our baseline. Its file tells the life of an identity.
//!
//! Which constants are worth a search, and between which ends, is [`AssociationConfig::search_space`].
//!
//! What associators are made of can be used on its own:
//!
//! * [`Motion`]: the Kalman filter of a box, and the [`MotionGate`] of where it may be next;
//! * [`Gallery`]: how a person has looked, and the cosine distance to it;
//! * [`adaptive_temperature`]: how sharp the softmax between two views is.
//!
//! Everything is deterministic, in one thread, and without a native library.

mod assignment_model;
mod association_config;
mod associator;
mod clustering;
mod config_error;
mod evidence;
mod gallery;
mod gated_assignment;
mod ground_plane;
mod kalman;
mod mvmhat;
mod observations;
mod search_space;

pub use assignment_model::{AssignmentModel, AssignmentSource, SoftAssignment};
pub use association_config::AssociationConfig;
pub use associator::{Associator, build};
pub use clustering::{Clustering, ClusteringConfig};
pub use config_error::ConfigError;
pub use evidence::Evidence;
pub use gallery::Gallery;
pub use ground_plane::{GroundPlane, GroundPosition};
pub use kalman::{Measurement, Motion, MotionGate, MotionNoise};
pub use mvmhat::{Mvmhat, MvmhatConfig, adaptive_temperature};
pub use search_space::{Scale, SearchParameter};
