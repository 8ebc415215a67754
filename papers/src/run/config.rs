//! The configuration of a chapter: what is learned, how it is trained, what must come of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mvmhat_random::Random;
use mvmhat_learning::{ChapterConfig, TrainerConfig};
use serde::{Deserialize, Serialize};
use serde_yaml::{Mapping, Value};

use crate::config::{assigned, merge};
use crate::error::usage;

/// A configuration of configs/learn.
#[derive(Debug)]
pub(super) struct LearnConfig {
    /// What stands over the page and the figures.
    pub(super) title: String,
    /// What is run, one after the other: one, or as many as `variants` has.
    pub(super) variants: Vec<Variant>,
    /// What has to come of it.
    pub(super) targets: Vec<Target>,
    /// What is drawn of all variants in one figure.
    pub(super) compare: Vec<Comparison>,
    /// Threads of an operation.
    pub(super) threads: usize,
    sections: Mapping,
}

/// One way to train the chapter.
#[derive(Debug)]
pub(super) struct Variant {
    /// None where there is one only.
    pub(super) name: Option<String>,
    pub(super) chapter: ChapterConfig,
    pub(super) trainer: TrainerConfig,
}

/// What has to come of a chapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    /// The measure; `variant: measure` where there are several. A `*` stands for every group of variants.
    pub(super) measure: String,
    /// What it must not be below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at_least: Option<Bound>,
    /// What it must not be above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at_most: Option<Bound>,
}

/// A number, or the measure whose value it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Bound {
    Number(f64),
    Measure(String),
}

/// Two columns of the histories, drawn over each other for all variants. Variants named `group/name` are drawn in a panel
/// a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comparison {
    /// The column along.
    #[serde(default = "step")]
    pub(super) x: String,
    /// The column up.
    pub(super) y: String,
}

/// Settings that are drawn by chance, evenly in their logarithms; every trial is a variant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    trials: u64,
    seed: u64,
    /// Least and greatest value by key.
    keys: BTreeMap<String, [f64; 2]>,
}

fn step() -> String {
    "step".into()
}

/// The keys beside `variants`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    title: String,
    chapter: ChapterConfig,
    #[serde(default)]
    trainer: TrainerConfig,
    #[serde(default)]
    targets: Vec<Target>,
    #[serde(default)]
    compare: Vec<Comparison>,
    #[serde(default = "one")]
    threads: usize,
}

fn one() -> usize {
    1
}

impl LearnConfig {
    /// A file with single settings laid over it.
    pub(super) fn load(path: &Path, settings: &[String]) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|e| usage!("{shown}: the configuration cannot be read: {e}"))?;
        let mut sections: Mapping =
            serde_yaml::from_str(&text).map_err(|e| usage!("{shown}: not a configuration in YAML: {e}"))?;
        for setting in settings {
            if let Value::Mapping(over) = assigned(setting)? {
                merge(&mut sections, over);
            }
        }
        Self::parse(sections).map_err(|e| usage!("{shown}: {e}"))
    }

    fn parse(sections: Mapping) -> Result<Self> {
        let mut base = sections.clone();
        let over = match (base.remove("variants"), base.remove("search")) {
            (None, None) => vec![(None, Mapping::new())],
            (Some(variants), None) => named(variants)?,
            (None, Some(search)) => drawn(search)?,
            _ => return Err(usage!("variants and search exclude each other")),
        };
        let keys: Keys = typed(&base)?;
        if keys.threads > 256 {
            return Err(usage!("threads: must be at most 256, and is {}", keys.threads));
        }
        let mut variants = Vec::new();
        for (name, over) in over {
            let mut layered = base.clone();
            merge(&mut layered, over);
            let at = |e| match &name {
                Some(name) => usage!("variants.{name}: {e}"),
                None => e,
            };
            let Keys { chapter, trainer, .. } = typed(&layered).map_err(at)?;
            variants.push(Variant { name, chapter, trainer });
        }
        let Keys { title, targets, compare, threads, .. } = keys;
        Ok(Self { title, variants, targets, compare, threads, sections })
    }

    /// Refuses to go on with the run of another model. How it is trained is compared by the trainer.
    pub(super) fn refuse_another(&self, kept: &Self, out: &Path) -> Result<()> {
        let models = |config: &Self| {
            let models =
                config.variants.iter().map(|variant| (variant.name.clone(), variant.chapter.clone()));
            models.collect::<Vec<_>>()
        };
        if models(self) == models(kept) {
            return Ok(());
        }
        Err(usage!(
            "--resume: {} holds a run of another model, see config.yaml there: go back to its configuration, or choose another folder",
            out.display()
        ))
    }

    /// All of it, as a file that can be run again.
    pub(super) fn yaml(&self) -> Result<String> {
        Ok(serde_yaml::to_string(&self.sections)?)
    }
}

/// The variants in their order.
fn named(variants: Value) -> Result<Vec<(Option<String>, Mapping)>> {
    let refuse = || usage!("variants: expected names with the keys that each of them changes");
    let Value::Mapping(variants) = variants else { return Err(refuse()) };
    let mut named = Vec::new();
    for (name, keys) in variants {
        let (Some(name), Value::Mapping(keys)) = (name.as_str(), keys) else { return Err(refuse()) };
        named.push((Some(name.to_owned()), keys));
    }
    if named.is_empty() { Err(refuse()) } else { Ok(named) }
}

/// The trials of a search, named after what was drawn.
fn drawn(search: Value) -> Result<Vec<(Option<String>, Mapping)>> {
    let Search { trials, seed, keys } = serde_yaml::from_value(search).map_err(|e| usage!("search: {e}"))?;
    if let Some((key, _)) = keys.iter().find(|(_, [low, high])| *low <= 0.0 || low > high) {
        return Err(usage!("search.keys.{key}: expected the least and the greatest value, above 0"));
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
        Ok((Some(name), over))
    };
    if trials == 0 || keys.is_empty() {
        return Err(usage!("search: at least 1 trial of 1 key is needed"));
    }
    (1..=trials).map(trial).collect()
}

fn typed(sections: &Mapping) -> Result<Keys> {
    // By way of JSON, where an enumeration with values is a key and not a YAML tag.
    let value = serde_json::to_value(sections)?;
    serde_json::from_value(value).map_err(|e| {
        let message = e.to_string();
        let hint = mvmhat_scene::nearest_key(&message).map(|key| format!("; did you mean `{key}`?"));
        usage!("{message}{}", hint.unwrap_or_default())
    })
}

impl Variant {
    /// Where the variant of a run is kept.
    pub(super) fn folder(&self, out: &Path) -> PathBuf {
        self.name.as_ref().map_or_else(|| out.to_path_buf(), |name| out.join(name))
    }

    /// A file of the variant's own.
    pub(super) fn file(&self, path: &Path) -> PathBuf {
        let Some(name) = &self.name else { return path.to_path_buf() };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!("{stem}-{}.rrd", name.replace('/', "-")))
    }

    /// The name of a measure of this variant among those of all.
    pub(super) fn measure(&self, name: &str) -> String {
        self.name.as_ref().map_or_else(|| name.to_owned(), |variant| format!("{variant}: {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<LearnConfig> {
        LearnConfig::parse(serde_yaml::from_str(text).unwrap())
    }

    #[test]
    fn a_variant_is_laid_over_what_all_share() {
        let config = parse(
            "title: t\nchapter: {name: mlp, hidden: [20]}\ntrainer: {epochs: 3}\n\
             variants: {plain: {}, norm: {chapter: {norm: true}, trainer: {optimizer: {name: sgd}}}}",
        )
        .unwrap();
        let [plain, norm] = &config.variants[..] else { panic!() };
        let mlp =
            |norm| ChapterConfig::Mlp(mvmhat_learning::MlpConfig { hidden: vec![20], norm, ..Default::default() });
        assert_eq!((&plain.chapter, &norm.chapter), (&mlp(false), &mlp(true)));
        assert_eq!((plain.trainer.epochs, norm.trainer.epochs), (3, 3));
        assert_eq!(norm.measure("loss"), "norm: loss");
        assert_eq!(norm.file(Path::new("a/b.rrd")), Path::new("a/b-norm.rrd"));
    }

    #[test]
    fn threads_beyond_measure_are_refused() {
        let error = parse("title: t\nchapter: {name: mlp}\nthreads: 4000000000").unwrap_err().to_string();
        assert_eq!(error, "threads: must be at most 256, and is 4000000000");
    }

    #[test]
    fn a_search_draws_within_its_bounds_and_always_the_same() {
        let text = "title: t\nchapter: {name: mlp}\n\
             search: {trials: 5, seed: 1, keys: {trainer.rate.peak: [1.0e-4, 0.1], trainer.optimizer.decay: [1.0e-8, 1.0e-4]}}\n\
             trainer: {optimizer: {name: sgd}}";
        let rates =
            |config: &LearnConfig| config.variants.iter().map(|v| v.trainer.rate.peak).collect::<Vec<_>>();
        let config = parse(text).unwrap();
        assert_eq!(rates(&config), rates(&parse(text).unwrap()));
        assert!(
            rates(&config).iter().all(|rate| (1e-4..=0.1).contains(rate))
                && rates(&config)[0] != rates(&config)[1]
        );
        assert!(config.variants[0].name.as_ref().unwrap().contains("peak="));
        let error = |keys: &str| {
            let text =
                format!("title: t\nchapter: {{name: mlp}}\nsearch: {{trials: 1, seed: 1, keys: {keys}}}");
            parse(&text).unwrap_err().to_string()
        };
        assert!(error("{trainer.rate.peak: [0.1, 0.01]}").contains("search.keys.trainer.rate.peak: "));
        assert!(error("{}").contains("at least 1 trial"));
    }

    #[test]
    fn the_keys_of_another_chapter_are_refused() {
        for (text, expected) in [
            ("title: t\nchapter: {name: mlp, filters: 30}", "unknown field `filters`"),
            ("title: t\nchapter: {name: mpl}", "did you mean `mlp`?"),
            (
                "title: t\nchapter: {name: mlp}\nvariants: {a: {chapter: {depth: 3}}}",
                "variants.a: unknown field",
            ),
            ("title: t\nchapter: {name: mlp}\nvariants: 3", "variants: expected names"),
            ("detector: {name: yolox-nano}", "unknown field `detector`"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn every_configuration_that_comes_along_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/learn");
        let paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!paths.is_empty());
        for path in paths {
            let config = LearnConfig::load(&path, &["trainer.epochs=2".into()]).unwrap();
            assert!(
                config.variants.iter().all(|variant| variant.trainer.epochs == 2 || variant.name.is_some())
            );
        }
    }
}
