//! The result of a run: `result.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::config::{Bound, RunConfig, Target, Variant};
use crate::experiment::Results;

/// The result of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RunResult {
    /// The name of the configuration file.
    pub(super) name: String,
    pub(super) title: String,
    /// Wall-clock time of training and evaluation.
    pub(super) seconds: f64,
    /// Measures by name; `variant: name` where there are several variants.
    pub(super) measures: Map<String, Value>,
    pub(super) targets: Vec<Judged>,
    /// Texts by name: generated text, nearest words.
    pub(super) texts: Map<String, Value>,
}

/// A target and whether it was reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Judged {
    pub(super) target: Target,
    /// The value of the measure; of several, the one with the worst margin.
    pub(super) value: Option<f64>,
    /// The value of the bound.
    pub(super) bound: Option<f64>,
    pub(super) reached: bool,
}

impl RunResult {
    pub(super) fn new(path: &Path, config: &RunConfig) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let title = config.title.clone();
        Self { name, title, seconds: 0.0, measures: Map::new(), targets: Vec::new(), texts: Map::new() }
    }

    /// Adds the results of a variant.
    pub(super) fn add(&mut self, variant: &Variant, results: Results) {
        self.measures
            .extend(results.measures.iter().map(|(name, value)| (variant.measure(name), json!(value))));
        self.texts
            .extend(results.texts.into_iter().map(|(name, text)| (variant.measure(&name), json!(text))));
    }

    /// With the targets checked.
    pub(super) fn judged(mut self, config: &RunConfig, seconds: f64) -> Self {
        self.seconds = (10.0 * seconds).round() / 10.0;
        self.targets = config.targets.iter().map(|target| self.judge(target)).collect();
        self
    }

    fn judge(&self, target: &Target) -> Judged {
        let missed = Judged { target: target.clone(), value: None, bound: None, reached: false };
        let (bound, sign) = match (&target.at_least, &target.at_most) {
            (Some(bound), _) => (bound, 1.0),
            (None, Some(bound)) => (bound, -1.0),
            (None, None) => return missed,
        };
        let judge = |group: &str| {
            let value = self.measures.get(&target.measure.replace('*', group))?.as_f64()?;
            let bound = match bound {
                Bound::Number(number) => *number,
                Bound::Measure(name) => self.measures.get(&name.replace('*', group))?.as_f64()?,
            };
            Some((value, bound))
        };
        let judged: Option<Vec<_>> = self.groups(&target.measure).iter().map(|group| judge(group)).collect();
        let margin = |(value, bound): &(f64, f64)| sign * (value - bound);
        let worst =
            judged.and_then(|judged| judged.into_iter().min_by(|a, b| margin(a).total_cmp(&margin(b))));
        let Some(worst) = worst else { return missed };
        Judged { value: Some(worst.0), bound: Some(worst.1), reached: margin(&worst) >= 0.0, ..missed }
    }

    /// The groups of variants that a `*` in the name of a measure stands for.
    fn groups(&self, measure: &str) -> Vec<String> {
        let Some((before, after)) = measure.split_once('*') else { return vec![String::new()] };
        let group = |name: &String| Some(name.strip_prefix(before)?.strip_suffix(after)?.to_owned());
        self.measures.keys().filter_map(group).collect()
    }

    /// The result as text for the console.
    pub(super) fn summary(&self) -> String {
        let mut lines = vec![format!("{}, {:.0} s", self.title, self.seconds)];
        let width = self.measures.keys().map(|name| name.chars().count()).max().unwrap_or(0);
        lines.extend(
            self.measures.iter().map(|(name, value)| format!("  {name:width$}  {}", short(value.as_f64()))),
        );
        for (name, text) in &self.texts {
            lines.push(format!(
                "  {name}:\n    {}",
                text.as_str().unwrap_or_default().replace('\n', "\n    ")
            ));
        }
        lines.extend(self.targets.iter().map(|judged| {
            let word = if judged.reached { "reached" } else { "MISSED " };
            format!("  {word}  {}: {}", judged.target.text(), short(judged.value))
        }));
        lines.join("\n")
    }
}

impl Target {
    /// `test accuracy >= 0.955`
    pub(super) fn text(&self) -> String {
        let bound = |bound: &Bound| match bound {
            Bound::Number(number) => number.to_string(),
            Bound::Measure(name) => name.clone(),
        };
        match (&self.at_least, &self.at_most) {
            (Some(low), _) => format!("{} >= {}", self.measure, bound(low)),
            (None, Some(high)) => format!("{} <= {}", self.measure, bound(high)),
            (None, None) => self.measure.clone(),
        }
    }
}

/// A number with about four significant digits.
pub(super) fn short(value: Option<f64>) -> String {
    let Some(value) = value else { return "not measured".into() };
    if value == 0.0 || (1e-3..1e5).contains(&value.abs()) {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(measures: &[(&str, f64)]) -> RunResult {
        let measures = measures.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let (name, title) = Default::default();
        RunResult { name, title, seconds: 0.0, measures, targets: Vec::new(), texts: Map::new() }
    }

    fn target(measure: &str, at_least: Bound) -> Target {
        Target { measure: measure.into(), at_least: Some(at_least), at_most: None }
    }

    #[test]
    fn the_bound_of_a_target_is_a_number_or_another_measure() {
        let result = result(&[("a: score", 0.9), ("b: score", 0.8)]);
        let reached = |target: Target| result.judge(&target).reached;
        assert!(reached(target("a: score", Bound::Number(0.9))));
        assert!(!reached(target("b: score", Bound::Number(0.81))));
        assert!(reached(target("a: score", Bound::Measure("b: score".into()))));
        assert!(!reached(target("c: score", Bound::Number(0.0))), "a missing measure is not reached");
        let most = Target { measure: "b: score".into(), at_least: None, at_most: Some(Bound::Number(0.8)) };
        assert!(reached(most));
    }

    #[test]
    fn a_star_stands_for_all_groups_and_the_worst_is_reported() {
        let result = result(&[("1/a: s", 0.9), ("1/b: s", 0.8), ("2/a: s", 0.5), ("2/b: s", 0.6)]);
        let judged = result.judge(&target("*/a: s", Bound::Measure("*/b: s".into())));
        assert!(!judged.reached);
        assert_eq!((judged.value, judged.bound), (Some(0.5), Some(0.6)));
    }
}
