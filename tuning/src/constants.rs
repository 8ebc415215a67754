//! The constants that are searched, and the configurations that their values make.

use std::str::FromStr;

use anyhow::Result;
use mvmhat_association::{AssociationConfig, Scale, SearchParameter};
use serde_yaml::{Mapping, Value};

use mvmhat_console::usage;

/// Another range for a constant: `KEY=LOW..=HIGH`. `KEY=LOW..HIGH` is read too; both ends are included.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRange {
    key: String,
    low: f64,
    high: f64,
}

impl FromStr for SearchRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not KEY=LOW..=HIGH, for instance track_low_thresh=0.1..=0.5");
        let (key, ends) = text.split_once('=').ok_or_else(wrong)?;
        let (low, high) = ends.split_once("..").ok_or_else(wrong)?;
        let high = high.strip_prefix('=').unwrap_or(high);
        let end = |text: &str| text.trim().parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(wrong);
        let range = Self { key: key.trim().to_owned(), low: end(low)?, high: end(high)? };
        if range.low >= range.high {
            return Err(format!("`{text}` is an empty range: the lower end must be below the upper one"));
        }
        Ok(range)
    }
}

/// An associator as configured, and which of its constants are searched.
#[derive(Clone, Debug)]
pub(crate) struct Constants {
    configured: AssociationConfig,
    /// What is searched, in the order of the associator's list.
    pub(crate) searched: Vec<SearchParameter>,
}

impl Constants {
    /// The searchable constants of `configured`; only those that `only` names, where it names any. `ranges` replace the
    /// declared ones.
    ///
    /// # Errors
    /// An unknown name, or a range that its constant cannot have.
    pub(crate) fn choose(
        configured: AssociationConfig,
        only: &[String],
        ranges: &[SearchRange],
    ) -> Result<Self> {
        let space = configured.search_space();
        let known = |option: &str, key: &str| {
            if space.iter().any(|parameter| parameter.key == key) {
                return Ok(());
            }
            let keys: Vec<&str> = space.iter().map(|parameter| parameter.key).collect();
            let meant = mvmhat_scene::nearest(key, keys.iter().copied());
            let meant = meant.map(|key| format!(" (did you mean `{key}`?)")).unwrap_or_default();
            Err(usage!("{option}: `{key}` cannot be searched{meant}; what can be is {}", keys.join(", ")))
        };
        only.iter().try_for_each(|key| known("--only", key))?;
        ranges.iter().try_for_each(|range| known("--range", &range.key))?;
        let mut searched: Vec<SearchParameter> = space.to_vec();
        searched.retain(|parameter| only.is_empty() || only.iter().any(|key| key == parameter.key));
        for SearchRange { key, low, high } in ranges {
            let Some(parameter) = searched.iter_mut().find(|parameter| parameter.key == key) else {
                return Err(usage!("--range {key}: this constant is not among those that --only names"));
            };
            if parameter.scale == Scale::Log && *low <= 0.0 {
                return Err(usage!(
                    "--range {key}: it is searched on a logarithmic scale, so {low} must be above 0"
                ));
            }
            if parameter.scale == Scale::Integer && (low.fract() != 0.0 || high.fract() != 0.0 || *low < 0.0)
            {
                return Err(usage!("--range {key}: {low}..={high} must be whole numbers of at least 0"));
            }
            (parameter.low, parameter.high) = (*low, *high);
        }
        Ok(Self { configured, searched })
    }

    /// The values as configured.
    pub(crate) fn configured(&self) -> Result<Vec<f64>> {
        let written = serde_yaml::to_value(&self.configured)?;
        let value = |p: &SearchParameter| {
            let value = written.get(p.key).and_then(Value::as_f64);
            value.ok_or_else(|| anyhow::anyhow!("`association.{}` is no number", p.key))
        };
        self.searched.iter().map(value).collect()
    }

    /// The associator with these values of the constants that are searched.
    ///
    /// # Errors
    /// A value out of its range, by itself or in relation to the others.
    pub(crate) fn configuration(&self, values: &[f64]) -> Result<AssociationConfig> {
        let mut keys = match serde_yaml::to_value(&self.configured)? {
            Value::Mapping(keys) => keys,
            _ => Mapping::new(),
        };
        let name = keys.remove("name");
        for (parameter, &value) in self.searched.iter().zip(values) {
            let value = match parameter.scale {
                Scale::Integer => Value::from(value as u64),
                Scale::Linear | Scale::Log => Value::from(value),
            };
            keys.insert(parameter.key.into(), value);
        }
        let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        let config = AssociationConfig::named(name, Value::Mapping(keys))?;
        config.validate()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(only: &[&str], ranges: &[&str]) -> Result<Constants> {
        let only: Vec<String> = only.iter().map(|key| (*key).to_owned()).collect();
        let ranges: Vec<SearchRange> = ranges.iter().map(|range| range.parse().unwrap()).collect();
        Constants::choose(AssociationConfig::default(), &only, &ranges)
    }

    #[test]
    fn values_make_a_configuration_and_what_is_not_searched_stays() {
        let constants = choose(&["max_age", "track_low_thresh"], &["max_age=10..20"]).unwrap();
        let keys: Vec<_> = constants.searched.iter().map(|p| (p.key, p.low, p.high)).collect();
        assert_eq!((keys[0].0, keys[1]), ("track_low_thresh", ("max_age", 10.0, 20.0)));
        let configured = constants.configured().unwrap();
        assert_eq!(constants.configuration(&configured).unwrap(), AssociationConfig::default());
        let written = serde_yaml::to_value(constants.configuration(&[0.125, 17.0]).unwrap()).unwrap();
        let default = serde_yaml::to_value(AssociationConfig::default()).unwrap();
        assert_eq!(written["track_low_thresh"], Value::from(0.125));
        assert_eq!(written["max_age"], Value::from(17));
        assert_eq!(written["gallery_size"], default["gallery_size"]);
        assert!(
            constants
                .configuration(&[2.0, 17.0])
                .unwrap_err()
                .to_string()
                .contains("association.track_low_thresh")
        );
    }

    #[test]
    fn what_cannot_be_searched_is_refused() {
        let error = |only: &[&str], ranges: &[&str]| format!("{:#}", choose(only, ranges).unwrap_err());
        assert!(error(&["track_low_thres"], &[]).contains("did you mean `track_low_thresh`?"));
        assert!(error(&[], &["color=0..1"]).contains("`color` cannot be searched"));
        assert!(error(&["track_low_thresh"], &["max_age=1..2"]).contains("not among those"));
        assert!(error(&[], &["position_noise=0..1"]).contains("above 0"));
        assert!(error(&[], &["max_age=1.5..3"]).contains("whole numbers"));
    }

    #[test]
    fn a_range_has_two_ends_in_order() {
        for text in ["a=1e-3..2", "a=1e-3..=2"] {
            let range = SearchRange { key: "a".into(), low: 0.001, high: 2.0 };
            assert_eq!(text.parse(), Ok(range), "{text}");
        }
        for text in ["a", "a=1", "a=1..x", "a=0..inf", "a=2..1", "a=1..1"] {
            assert!(text.parse::<SearchRange>().is_err(), "{text}");
        }
    }
}
