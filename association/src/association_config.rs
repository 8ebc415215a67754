//! The choice of an associator with its constants: the section `association` of the configuration.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};

use crate::{ClusteringConfig, ConfigError, MvmhatConfig};

/// Which associator, with its constants: the section `association` of the configuration.
///
/// It is written as `{name: mvmhat, track_low_thresh: 0.5, …}`. It is read in two steps, the name first
/// ([`AssociationConfig::named`]), so that an error can list the keys of the associator that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum AssociationConfig {
    /// Joint clustering of the tracklets of all views.
    Clustering(ClusteringConfig),
    /// The MvMHAT baseline.
    Mvmhat(MvmhatConfig),
}

impl Default for AssociationConfig {
    fn default() -> Self {
        Self::Clustering(ClusteringConfig::default())
    }
}

impl AssociationConfig {
    /// The names of all associators.
    pub const NAMES: &'static [&'static str] = &["clustering", "mvmhat"];

    /// The associator called `name`, with the keys in `options` and defaults for the others. `options` is a map without
    /// the key `name`; an empty one gives the defaults.
    ///
    /// # Errors
    /// An unknown name (the error lists those there are), an unknown key (the error names it and lists the valid ones),
    /// or a value of another type. Ranges are checked by [`build`](crate::build).
    pub fn named<'de, D: Deserializer<'de>>(name: &str, options: D) -> Result<Self, D::Error> {
        match name {
            "clustering" => ClusteringConfig::deserialize(options).map(Self::Clustering),
            "mvmhat" => MvmhatConfig::deserialize(options).map(Self::Mvmhat),
            "fused" => Err(D::Error::custom("`fused` is now `clustering`")),
            _ => Err(D::Error::unknown_variant(name, Self::NAMES)),
        }
    }

    /// Checks that every value is in its range.
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
        let expected = MvmhatConfig { track_low_thresh: 0.8, ..MvmhatConfig::default() };
        assert_eq!(named("mvmhat", "{track_low_thresh: 0.8}").unwrap(), AssociationConfig::Mvmhat(expected));
    }

    #[test]
    fn the_presets_name_every_key_and_its_default() {
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
    fn an_unknown_key_or_name_is_refused_with_the_valid_ones() {
        let error = named("mvmhat", "{track_low_tresh: 0.8}").unwrap_err();
        assert!(error.contains("`track_low_tresh`") && error.contains("`track_low_thresh`"), "{error}");
        let error = named("mvmhta", "{}").unwrap_err();
        assert!(error.contains("`mvmhta`") && error.contains("`mvmhat`"), "{error}");
    }

    #[test]
    fn the_former_name_is_refused_with_the_new_one() {
        assert_eq!(named("fused", "{}").unwrap_err(), "`fused` is now `clustering`");
    }

    #[test]
    fn it_is_written_flat_with_its_name() {
        let written = serde_yaml::to_string(&named("mvmhat", "{}").unwrap()).unwrap();
        assert!(written.starts_with("name: mvmhat\ntrack_low_thresh: 0.5\n"), "{written}");
    }
}
