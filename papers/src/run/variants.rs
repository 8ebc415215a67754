//! The variants of a configuration: named ones, or the trials of a random search.

use std::collections::BTreeMap;

use anyhow::Result;
use mvmhat_console::usage;
use mvmhat_random::Random;
use mvmhat_settings::{assigned, merge};
use serde::Deserialize;
use serde_yaml::{Mapping, Value};

/// A variant: its name, and the keys that override those of the configuration.
pub(super) struct Overlay {
    /// None for the only variant.
    pub(super) name: Option<String>,
    pub(super) keys: Mapping,
}

/// A random search: the values of some keys are drawn log-uniformly, every trial is a variant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    trials: u64,
    seed: u64,
    /// Lower and upper bound by key.
    keys: BTreeMap<String, [f64; 2]>,
}

/// The named variants, in the order of the file.
pub(super) fn named(variants: Value) -> Result<Vec<Overlay>> {
    let refuse = || usage!("variants: expected names with the keys that each of them changes");
    let Value::Mapping(variants) = variants else { return Err(refuse()) };
    let mut named = Vec::new();
    for (name, keys) in variants {
        let (Some(name), Value::Mapping(keys)) = (name.as_str(), keys) else { return Err(refuse()) };
        named.push(Overlay { name: Some(name.to_owned()), keys });
    }
    if named.is_empty() { Err(refuse()) } else { Ok(named) }
}

/// The trials of a search, named after their sampled values.
pub(super) fn trials(search: Value) -> Result<Vec<Overlay>> {
    let Search { trials, seed, keys } = serde_yaml::from_value(search).map_err(|e| usage!("search: {e}"))?;
    if let Some((key, _)) = keys.iter().find(|(_, [low, high])| *low <= 0.0 || low > high) {
        return Err(usage!("search.keys.{key}: expected a lower and an upper bound, both above 0"));
    }
    let trial = |number: u64| {
        let (mut name, mut over) = (format!("{number:02}"), Mapping::new());
        let mut random = Random::new(seed, &format!("trial {number}"));
        for (key, [low, high]) in &keys {
            let value = format!("{:.2e}", low * (high / low).powf(random.uniform()));
            name.push_str(&format!(" {}={value}", key.rsplit('.').next().unwrap_or(key)));
            if let Value::Mapping(keys) = assigned(&format!("{key}={value}"))? {
                merge(&mut over, keys);
            }
        }
        Ok(Overlay { name: Some(name), keys: over })
    };
    if trials == 0 || keys.is_empty() {
        return Err(usage!("search: at least 1 trial of 1 key is needed"));
    }
    (1..=trials).map(trial).collect()
}
