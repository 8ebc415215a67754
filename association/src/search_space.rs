//! Which constants of an associator can be searched for better values, and between which ends.
//!
//! The ranges are data, one list an associator: a constant is searched because it stands in a list. They are wide enough to
//! hold what any recording may want and narrow enough that every value makes some sense.

use crate::AssociationConfig;

/// A constant that can be searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchParameter {
    /// Its key in the section `association`.
    pub key: &'static str,
    /// The smallest value that is tried.
    pub low: f64,
    /// The largest value that is tried.
    pub high: f64,
    /// Which steps between them are alike.
    pub scale: Scale,
}

/// Which steps of a [`SearchParameter`] are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences.
    Linear,
    /// Equal factors: for constants of which it matters how many times larger they are.
    Log,
    /// Equal differences, whole numbers only.
    Integer,
}

/// Digits of a value that is tried: more would not change anything but make it hard to read.
const DIGITS: usize = 3;

impl SearchParameter {
    /// The value that lies at `share` of the way from `low` (0) to `high` (1), to three digits.
    pub fn value(&self, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        let value = match self.scale {
            Scale::Linear | Scale::Integer => self.low + share * (self.high - self.low),
            Scale::Log => self.low * (self.high / self.low).powf(share),
        };
        let rounded = if self.scale == Scale::Integer { value.round() } else { to_digits(value) };
        rounded.clamp(self.low, self.high)
    }

    /// How far `value` lies on the way from `low` (0) to `high` (1); an end where it lies outside.
    pub fn fraction(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear | Scale::Integer => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }
}

/// Rounds to so many digits. Read back from text, so that it prints as short as it is.
fn to_digits(value: f64) -> f64 {
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value)
}

impl AssociationConfig {
    /// The constants of this associator that can be searched. Not every combination of their values need be valid: see
    /// [`validate`](Self::validate).
    pub fn search_space(&self) -> &'static [SearchParameter] {
        match self {
            Self::Clustering(_) => CLUSTERING,
            Self::Mvmhat(_) => MVMHAT,
        }
    }
}

const fn linear(key: &'static str, low: f64, high: f64) -> SearchParameter {
    SearchParameter { key, low, high, scale: Scale::Linear }
}

const fn log(key: &'static str, low: f64, high: f64) -> SearchParameter {
    SearchParameter { key, low, high, scale: Scale::Log }
}

const fn integer(key: &'static str, low: f64, high: f64) -> SearchParameter {
    SearchParameter { key, low, high, scale: Scale::Integer }
}

const CLUSTERING: &[SearchParameter] = &[
    linear("track_low_thresh", 0.05, 0.6),
    linear("track_high_thresh", 0.2, 0.9),
    linear("instant_confirm_score", 0.4, 0.95),
    integer("min_hits", 1.0, 8.0),
    integer("max_age", 5.0, 120.0),
    log("mahalanobis_gate", 3.0, 40.0),
    linear("max_cost", 2.0, 16.0),
    linear("min_iou", 0.1, 0.8),
    linear("min_visibility", 0.0, 0.9),
    log("position_noise", 0.01, 0.25),
    log("velocity_noise", 0.001, 0.05),
    linear("min_deviations", 0.0, 4.0),
    log("max_evidence", 1.0, 20.0),
    linear("hysteresis", 0.0, 5.0),
    integer("recluster_every", 1.0, 30.0),
    integer("gallery_size", 20.0, 500.0),
    log("ground_deviation", 0.1, 2.0),
];

const MVMHAT: &[SearchParameter] = &[
    linear("track_low_thresh", 0.05, 0.9),
    log("max_cosine_distance", 0.02, 1.0),
    integer("gallery_size", 5.0, 300.0),
    log("mahalanobis_gate", 3.0, 40.0),
    linear("max_iou_distance", 0.3, 0.95),
    integer("min_hits", 1.0, 8.0),
    integer("max_age", 5.0, 200.0),
    log("position_noise", 0.01, 0.25),
    log("velocity_noise", 0.001, 0.05),
    linear("temperature_delta", 0.5, 0.95),
    log("temperature_epsilon", 0.02, 2.0),
    linear("min_match_probability", 0.05, 0.95),
    integer("renew_every", 0.0, 120.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The associators with their defaults.
    fn defaults() -> impl Iterator<Item = AssociationConfig> {
        AssociationConfig::NAMES.iter().map(|name| {
            AssociationConfig::named(name, serde_yaml::Value::Mapping(serde_yaml::Mapping::new())).unwrap()
        })
    }

    #[test]
    fn every_constant_is_a_key_whose_default_lies_in_its_range() {
        for config in defaults() {
            let written = serde_yaml::to_value(&config).unwrap();
            for parameter in config.search_space() {
                let default = written.get(parameter.key).and_then(serde_yaml::Value::as_f64);
                let default = default.unwrap_or_else(|| panic!("no number `{}`", parameter.key));
                assert!((parameter.low..=parameter.high).contains(&default), "{parameter:?}: {default}");
            }
        }
    }

    #[test]
    fn either_end_of_a_range_is_valid_beside_the_other_defaults() {
        for config in defaults() {
            let written = serde_yaml::to_value(&config).unwrap();
            let name = written["name"].as_str().unwrap();
            for parameter in config.search_space() {
                for end in [parameter.low, parameter.high] {
                    let mut keys = written.as_mapping().unwrap().clone();
                    keys.remove("name");
                    let value = match parameter.scale {
                        Scale::Integer => (end as u64).into(),
                        Scale::Linear | Scale::Log => end.into(),
                    };
                    keys.insert(parameter.key.into(), value);
                    let tried = AssociationConfig::named(name, serde_yaml::Value::from(keys)).unwrap();
                    // Constants that bound each other may exclude a value beside the others' defaults.
                    if let Err(error) = tried.validate() {
                        assert!(error.rule.contains('`'), "{error}");
                    }
                }
            }
        }
    }

    #[test]
    fn values_and_shares_belong_to_each_other() {
        let cases = [
            (linear("a", 0.2, 1.2), 0.25, 0.45),
            (log("b", 0.01, 1.0), 0.5, 0.1),
            (integer("c", 1.0, 5.0), 0.5, 3.0),
        ];
        for (parameter, share, value) in cases {
            assert_eq!(parameter.value(share), value, "{parameter:?}");
            assert!((parameter.fraction(value) - share).abs() < 1e-12, "{parameter:?}");
            assert_eq!((parameter.value(-1.0), parameter.value(2.0)), (parameter.low, parameter.high));
            assert_eq!((parameter.fraction(-9.0), parameter.fraction(9.0)), (0.0, 1.0));
        }
        assert_eq!(linear("a", 0.0, 1.0).value(0.123_456), 0.123, "three digits are enough");
        assert_eq!(integer("c", 1.0, 5.0).value(0.6), 3.0, "whole numbers");
    }
}
