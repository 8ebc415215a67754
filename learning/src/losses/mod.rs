//! Self-supervised losses: no labels are needed, since the views of the same people at the same time must agree.
//!
//! One loss term per file, which begins with its formula. All are pure functions of tensors, in f32 or f64, on any device,
//! and batched: without loops over entries, except for the linear assignment of the pseudo-labels. Without anything to
//! compare, a loss is 0 and still has a gradient.
//!
//! | loss | its terms |
//! |---|---|
//! | [`MvmhatLossConfig`], as published | [`symmetric_consistency`], [`transitive_consistency`] |
//! | [`MvmhatPpLossConfig`], as published | the same with [`Unmatched`]; [`pseudo_labels`] with [`focal_cross_entropy`]; [`asymmetry`], [`nuclear_norm`], [`sum_excess`] |
//! | [`IdentitiesLossConfig`], ours | [`identity_contrastive`] |
//!
//! Two more are for detectors: [`varifocal`] for scores, [`generalized_iou`] for boxes.

mod config;
mod config_error;
mod cycle;
mod error;
mod focal;
mod giou;
mod identity_contrastive;
mod loss;
mod mvmhat;
mod mvmhat_pp;
mod pseudo_labels;
mod regularizers;
mod symmetric;
mod temperature;
mod transitive;
mod varifocal;
mod view_embeddings;

pub use config::LossConfig;
pub use config_error::LossConfigError;
pub use cycle::Unmatched;
pub use error::LossError;
pub use focal::focal_cross_entropy;
pub use giou::generalized_iou;
pub use identity_contrastive::{IdentitiesLossConfig, identity_contrastive};
pub use loss::{Loss, LossTerm};
pub use mvmhat::MvmhatLossConfig;
pub use mvmhat_pp::MvmhatPpLossConfig;
pub use pseudo_labels::pseudo_labels;
pub use regularizers::{asymmetry, nuclear_norm, sum_excess};
pub use symmetric::symmetric_consistency;
pub use temperature::Temperature;
pub use transitive::transitive_consistency;
pub use varifocal::varifocal;
pub use view_embeddings::ViewEmbeddings;
