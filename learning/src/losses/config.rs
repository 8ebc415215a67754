//! The configuration of a loss, by name.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};

use super::{IdentitiesLossConfig, LossConfigError, MvmhatLossConfig, MvmhatPpLossConfig};

/// The key `loss` of the section `train`: written as `{name: mvmhat, margin: 0.5, …}`.
///
/// It is read in two steps, the name first ([`LossConfig::named`]), so that an error can list the keys of the chosen loss.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum LossConfig {
    /// Symmetric and transitive consistency.
    Mvmhat(MvmhatLossConfig),
    /// The same with unmatched people, and an assignment network.
    MvmhatPp(MvmhatPpLossConfig),
    /// Contrastive, with pseudo-labels of the association; ours.
    Identities(IdentitiesLossConfig),
}

impl Default for LossConfig {
    fn default() -> Self {
        Self::Mvmhat(MvmhatLossConfig::default())
    }
}

impl LossConfig {
    /// The valid names.
    pub const NAMES: &'static [&'static str] = &["mvmhat", "mvmhat_pp", "identities"];

    /// The loss called `name`, with the keys in `options` and defaults for the others. `options` is a map without the key
    /// `name`; an empty one gives the defaults.
    ///
    /// # Errors
    /// An unknown name (the error lists the valid ones), an unknown key (the error names it and lists the valid ones),
    /// or a value of another type. Ranges are checked by [`validate`](Self::validate).
    pub fn named<'de, D: Deserializer<'de>>(name: &str, options: D) -> Result<Self, D::Error> {
        match name {
            "mvmhat" => MvmhatLossConfig::deserialize(options).map(Self::Mvmhat),
            "mvmhat_pp" => MvmhatPpLossConfig::deserialize(options).map(Self::MvmhatPp),
            "identities" => IdentitiesLossConfig::deserialize(options).map(Self::Identities),
            _ => Err(D::Error::unknown_variant(name, Self::NAMES)),
        }
    }

    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first key that is not, with what is allowed.
    pub fn validate(&self) -> Result<(), LossConfigError> {
        match self {
            Self::Mvmhat(config) => config.validate(),
            Self::MvmhatPp(config) => config.validate(),
            Self::Identities(config) => config.validate(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, json: &str) -> Result<LossConfig, String> {
        let options: serde_json::Value = serde_json::from_str(json).unwrap();
        LossConfig::named(name, options).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_left_out_have_the_published_values() {
        assert_eq!(named("mvmhat", "{}").unwrap(), LossConfig::default());
        let expected = MvmhatPpLossConfig { sums: false, focal_gamma: 1.0, ..MvmhatPpLossConfig::default() };
        let given = named("mvmhat_pp", r#"{"sums": false, "focal_gamma": 1}"#).unwrap();
        assert_eq!(given, LossConfig::MvmhatPp(expected));
        for name in LossConfig::NAMES {
            let config = named(name, "{}").unwrap();
            assert_eq!(config.validate(), Ok(()));
            assert_eq!(serde_json::to_value(config).unwrap()["name"], *name);
        }
    }

    #[test]
    fn unknown_names_and_keys_are_refused_with_those_there_are() {
        let error = named("triplet", "{}").unwrap_err();
        assert!(error.contains("`triplet`") && error.contains("`mvmhat_pp`"), "{error}");
        let error = named("mvmhat", r#"{"sums": true}"#).unwrap_err();
        assert!(error.contains("`sums`") && error.contains("`margin`"), "{error}");
    }

    #[test]
    fn a_value_out_of_range_is_named_with_what_is_allowed() {
        let broken = [
            ("mvmhat", "temperature_delta", 0.4, "at least 0.5 and below 1"),
            ("mvmhat", "temperature_epsilon", 0.0, "over 0 and finite"),
            ("mvmhat", "transitive_weight", -1.0, "at least 0 and finite"),
            ("mvmhat_pp", "match_threshold", 1.5, "between 0 and 1"),
            ("mvmhat_pp", "pseudo_label_threshold", -0.5, "between 0 and 1"),
            ("mvmhat_pp", "focal_gamma", -2.0, "at least 0 and finite"),
            ("mvmhat_pp", "nuclear_norm_weight", -0.5, "at least 0 and finite"),
        ];
        for (name, key, value, allowed) in broken {
            let config = named(name, &format!(r#"{{"{key}": {value}}}"#)).unwrap();
            let expected = format!("`train.loss.{key}` is {value}, but must be {allowed}");
            assert_eq!(config.validate().unwrap_err().to_string(), expected);
        }
        let config = MvmhatLossConfig { margin: f64::NAN, ..MvmhatLossConfig::default() };
        let error = config.validate().unwrap_err().to_string();
        assert_eq!(error, "`train.loss.margin` is NaN, but must be finite");
        let config = named("identities", r#"{"temperature": 0}"#).unwrap();
        let error = config.validate().unwrap_err().to_string();
        assert_eq!(error, "`train.loss.temperature` is 0, but must be over 0 and finite");
    }
}
