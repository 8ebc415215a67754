//! How crops are augmented, so that the network learns to ignore what differs from image to image of one person.
//!
//! All crops of a sample are flipped or none, so that left and right of a person stay comparable, and their hues are rotated
//! together: the people of the sample get other clothes, which differ as much as before. Each camera of a sample gets a color
//! jitter of its own, since that is how cameras differ. The box of each crop is jittered, truncated and partly occluded on its
//! own, since boxes are never exact and people stand in front of each other.

mod config;
mod crop;
mod occlusion;

pub use config::ReidAugmentationConfig;
pub(super) use crop::{CropAugmentation, SampleAugmentation};
pub(super) use occlusion::Occlusion;
