//! The seam between the association and the rest: one trait, and the choice of what stands behind it.

use mvmhat_scene::{FrameSet, TrackedBox, ViewDetections};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};

use crate::{Clustering, ClusteringConfig, ConfigError, Evidence, Mvmhat, MvmhatConfig};

/// Gives every detection of a recording its identity, timestep by timestep.
pub trait Associator: Send {
    /// Takes the next timestep; gives back the timesteps that are decided by now, in order (just this one when there is
    /// no delay). The frame sets of one recording have all the same number of views.
    fn associate(&mut self, seen: FrameSet<ViewDetections>) -> Vec<FrameSet<Vec<TrackedBox>>>;

    /// The recording is over: the timesteps still held back, in order.
    fn finish(&mut self) -> Vec<FrameSet<Vec<TrackedBox>>>;
}

/// Which associator, with its constants: the section `association` of the configuration.
///
/// It is written as `{name: mvmhat, min_score: 0.5, …}`. It is read in two steps, the name first
/// ([`AssociationConfig::named`]), so that an error can tell the keys of the associator that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum AssociationConfig {
    /// Tracklets of all views, clustered jointly.
    Clustering(ClusteringConfig),
    /// The published inference.
    Mvmhat(MvmhatConfig),
}

impl Default for AssociationConfig {
    fn default() -> Self {
        Self::Clustering(ClusteringConfig::default())
    }
}

impl AssociationConfig {
    /// The names there are.
    pub const NAMES: &'static [&'static str] = &["clustering", "mvmhat"];

    /// The associator called `name`, with the keys in `options` and defaults for the others. `options` is a map without
    /// the key `name`; an empty one gives the defaults.
    ///
    /// # Errors
    /// An unknown name (the error lists those there are), an unknown key (the error names it and lists the valid ones),
    /// or a value of another type. Ranges are checked by [`build`].
    pub fn named<'de, D: Deserializer<'de>>(name: &str, options: D) -> Result<Self, D::Error> {
        match name {
            "clustering" => ClusteringConfig::deserialize(options).map(Self::Clustering),
            "mvmhat" => MvmhatConfig::deserialize(options).map(Self::Mvmhat),
            _ => Err(D::Error::unknown_variant(name, Self::NAMES)),
        }
    }

    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self::Clustering(config) => config.validate(),
            Self::Mvmhat(config) => config.validate(),
        }
    }
}

/// The associator that `config` describes. `evidence` is what there is besides looks; the published inference knows no
/// use for it.
///
/// # Errors
/// A value out of its range.
pub fn build(config: &AssociationConfig, evidence: Evidence) -> Result<Box<dyn Associator>, ConfigError> {
    match config {
        AssociationConfig::Clustering(config) => Ok(Box::new(Clustering::new(config.clone(), evidence)?)),
        AssociationConfig::Mvmhat(config) => Ok(Box::new(Mvmhat::new(config.clone())?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, yaml: &str) -> Result<AssociationConfig, String> {
        let options: serde_yaml::Value = serde_yaml::from_str(yaml).unwrap();
        AssociationConfig::named(name, options).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_left_out_have_their_defaults() {
        assert_eq!(named("clustering", "{}").unwrap(), AssociationConfig::default());
        assert_eq!(named("mvmhat", "{}").unwrap(), AssociationConfig::Mvmhat(MvmhatConfig::default()));
        let expected = MvmhatConfig { min_score: 0.8, ..MvmhatConfig::default() };
        assert_eq!(named("mvmhat", "{min_score: 0.8}").unwrap(), AssociationConfig::Mvmhat(expected));
    }

    #[test]
    fn the_presets_tell_every_key_and_its_default() {
        let presets = [
            ("clustering", include_str!("../../configs/association-clustering.yaml")),
            ("mvmhat", include_str!("../../configs/association-mvmhat.yaml")),
        ];
        for (name, preset) in presets {
            let preset: serde_yaml::Value = serde_yaml::from_str(preset).unwrap();
            let written = serde_yaml::to_value(named(name, "{}").unwrap()).unwrap();
            assert_eq!(preset["association"], written);
        }
    }

    #[test]
    fn an_unknown_key_or_name_is_named_with_the_valid_ones() {
        let error = named("mvmhat", "{min_scroe: 0.8}").unwrap_err();
        assert!(error.contains("`min_scroe`") && error.contains("`min_score`"), "{error}");
        let error = named("mvmhta", "{}").unwrap_err();
        assert!(error.contains("`mvmhta`") && error.contains("`mvmhat`"), "{error}");
    }

    #[test]
    fn it_is_written_flat_with_its_name() {
        let written = serde_yaml::to_string(&named("mvmhat", "{}").unwrap()).unwrap();
        assert!(written.starts_with("name: mvmhat\nmin_score: 0.5\n"), "{written}");
    }

    #[test]
    fn a_value_out_of_range_is_refused() {
        let config = AssociationConfig::Mvmhat(MvmhatConfig { max_misses: 0, ..MvmhatConfig::default() });
        assert_eq!(build(&config, Evidence::default()).err().unwrap().key, "max_misses");
    }
}
