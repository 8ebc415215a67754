//! Metrics of multi-camera tracking.

mod assignment;
mod clear;
mod clear_rules;
mod comparison;
mod frame_matches;
mod ground;
mod hota;
mod identity;
mod matching;
mod mvmhat;
mod observation;
mod pairs;
mod stma;
mod tally;
mod view;

pub use clear::{Clear, Protocol, clear};
pub use comparison::{CameraRows, Comparison, ComparisonError, Sequence, Sides, Window};
pub use ground::{GroundPoint, fuse, modp};
pub use hota::{ALPHAS, Hota, PerAlpha, alpha, hota};
pub use identity::{Identity, identity};
pub use mvmhat::{Mvmhat, mvmhat};
pub use observation::{Observation, Place};
pub use pairs::{ViewPairs, view_pairs};
pub use stma::{STMA_LENGTHS, stma};
