//! How good an embedding is, apart from any tracking: crops whose people are known, compared by the cosine of their
//! embeddings.
//!
//! * [`CrossViewAccuracy`]: at one timestep, are the people whom two views share paired rightly?
//! * [`Retrieval`]: at other times, is a person found again in the other cameras?
//! * [`Separation`]: how far apart are the cosines of same and of different people?
//!
//! Each holds counts and sums that add up over pairs of cameras and sequences. [`EmbeddingScores`] computes all of them
//! in one pass over the similarities, [`PrincipalComponents`] makes a map of the embeddings to look at.

mod crops;
mod cross_view_accuracy;
mod principal_components;
mod retrieval;
mod scores;
mod separation;

pub use crops::{Crop, CropError, Crops};
pub use cross_view_accuracy::CrossViewAccuracy;
pub use principal_components::PrincipalComponents;
pub use retrieval::Retrieval;
pub use scores::{Confusion, DatasetEmbeddingScores, EmbeddingCounts, EmbeddingScores};
pub use separation::{Histogram, Separation};
