//! The seam between the association and the rest: one trait, and a function that builds what stands behind it.

use mvmhat_scene::{FrameSet, TrackedBox, ViewDetections};

use crate::{AssociationConfig, Clustering, ConfigError, Evidence, MvmhatBaseline};

/// Gives every detection of a sequence its identity, timestep by timestep.
pub trait Associator: Send {
    /// Takes the detections of the next timestep and returns the timesteps that are decided by now, in order: just this
    /// one where there is no lag. All frame sets of a sequence have the same number of views.
    fn associate(&mut self, detections: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>>;

    /// Ends the sequence and returns the timesteps that are still in the output buffer, in order.
    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>>;
}

/// Builds the associator that `config` describes. `evidence` is what it may use besides detections; the MvMHAT baseline
/// uses none of it.
///
/// # Errors
/// A value out of its range.
pub fn build(config: &AssociationConfig, evidence: Evidence) -> Result<Box<dyn Associator>, ConfigError> {
    match config {
        AssociationConfig::Clustering(config) => Ok(Box::new(Clustering::new(config.clone(), evidence)?)),
        AssociationConfig::Mvmhat(config) => Ok(Box::new(MvmhatBaseline::new(config.clone())?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MvmhatConfig;

    #[test]
    fn a_value_out_of_range_is_refused() {
        let config = AssociationConfig::Mvmhat(MvmhatConfig { max_age: 0, ..MvmhatConfig::default() });
        assert_eq!(build(&config, Evidence::default()).err().unwrap().path, "max_age");
    }
}
