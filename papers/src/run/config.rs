//! The configuration of a run: the experiment, its trainer, and the targets it must reach.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mvmhat_console::usage;
use mvmhat_learning::TrainerConfig;
use mvmhat_settings::{assigned, merge, typed};
use serde::{Deserialize, Serialize};
use serde_yaml::{Mapping, Value};

use super::variants::{self, Overlay};
use crate::models::ExperimentConfig;

/// A configuration file of `configs/papers`.
#[derive(Debug)]
pub(super) struct RunConfig {
    /// The title of the figures.
    pub(super) title: String,
    /// The variants, run one after the other: a single one without `variants` and `search`.
    pub(super) variants: Vec<Variant>,
    /// The targets.
    pub(super) targets: Vec<Target>,
    /// The history columns that are plotted for all variants in one figure.
    pub(super) compare: Vec<Comparison>,
    /// Threads that libtorch uses inside one operation.
    pub(super) threads: usize,
    sections: Mapping,
}

/// One configuration of the experiment and its trainer.
#[derive(Debug)]
pub(super) struct Variant {
    /// None for the only variant.
    pub(super) name: Option<String>,
    pub(super) experiment: ExperimentConfig,
    pub(super) trainer: TrainerConfig,
}

/// A measure and its bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    /// The measure; `variant: measure` where there are several variants. A `*` stands for every group of variants.
    pub(super) measure: String,
    /// The lower bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at_least: Option<Bound>,
    /// The upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at_most: Option<Bound>,
}

/// A number, or the name of a measure whose value is the bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Bound {
    Number(f64),
    Measure(String),
}

/// Two columns of the histories, one curve per variant. Variants named `group/name` are drawn in one panel per
/// group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comparison {
    /// The column of the x axis.
    #[serde(default = "step")]
    pub(super) x: String,
    /// The column of the y axis.
    pub(super) y: String,
}

fn step() -> String {
    "step".into()
}

/// The keys beside `variants`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    title: String,
    experiment: ExperimentConfig,
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

impl RunConfig {
    /// A configuration file with the `KEY=VALUE` settings applied on top.
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
        let overlays = match (base.remove("variants"), base.remove("search")) {
            (None, None) => vec![Overlay { name: None, keys: Mapping::new() }],
            (Some(variants), None) => variants::named(variants)?,
            (None, Some(search)) => variants::trials(search)?,
            _ => return Err(usage!("variants and search exclude each other")),
        };
        let shared: Keys = typed(&base)?;
        if shared.threads > 256 {
            return Err(usage!("threads: must be at most 256, and is {}", shared.threads));
        }
        let mut variants = Vec::new();
        for Overlay { name, keys } in overlays {
            let mut layered = base.clone();
            merge(&mut layered, keys);
            let named = |e| match &name {
                Some(name) => usage!("variants.{name}: {e}"),
                None => e,
            };
            let Keys { experiment, trainer, .. } = typed(&layered).map_err(named)?;
            variants.push(Variant { name, experiment, trainer });
        }
        let Keys { title, targets, compare, threads, .. } = shared;
        Ok(Self { title, variants, targets, compare, threads, sections })
    }

    /// Refuses to resume the run of another model. The trainer compares its own configuration.
    pub(super) fn refuse_another(&self, kept: &Self, out: &Path) -> Result<()> {
        let models = |config: &Self| {
            let models =
                config.variants.iter().map(|variant| (variant.name.clone(), variant.experiment.clone()));
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

    /// The whole configuration, as a file that reproduces the run.
    pub(super) fn yaml(&self) -> Result<String> {
        Ok(serde_yaml::to_string(&self.sections)?)
    }
}

impl Variant {
    /// The output folder of the variant.
    pub(super) fn folder(&self, out: &Path) -> PathBuf {
        self.name.as_ref().map_or_else(|| out.to_path_buf(), |name| out.join(name))
    }

    /// The name of a measure of this variant in `result.json`.
    pub(super) fn measure(&self, name: &str) -> String {
        self.name.as_ref().map_or_else(|| name.to_owned(), |variant| format!("{variant}: {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RunConfig> {
        RunConfig::parse(serde_yaml::from_str(text).unwrap())
    }

    #[test]
    fn a_variant_overrides_the_shared_keys() {
        let config = parse(
            "title: t\nexperiment: {name: mlp, hidden: [20]}\ntrainer: {epochs: 3}\n\
             variants: {plain: {}, norm: {experiment: {norm: true}, trainer: {optimizer: {name: sgd}}}}",
        )
        .unwrap();
        let [plain, norm] = &config.variants[..] else { panic!() };
        let mlp = |norm| {
            ExperimentConfig::Mlp(crate::models::MlpConfig { hidden: vec![20], norm, ..Default::default() })
        };
        assert_eq!((&plain.experiment, &norm.experiment), (&mlp(false), &mlp(true)));
        assert_eq!((plain.trainer.epochs, norm.trainer.epochs), (3, 3));
        assert_eq!(norm.measure("loss"), "norm: loss");
    }

    #[test]
    fn too_many_threads_are_refused() {
        let error = parse("title: t\nexperiment: {name: mlp}\nthreads: 4000000000").unwrap_err().to_string();
        assert_eq!(error, "threads: must be at most 256, and is 4000000000");
    }

    #[test]
    fn a_search_samples_within_its_bounds_and_is_reproducible() {
        let text = "title: t\nexperiment: {name: mlp}\n\
             search: {trials: 5, seed: 1, keys: {trainer.lr.peak: [1.0e-4, 0.1], trainer.optimizer.weight_decay: [1.0e-8, 1.0e-4]}}\n\
             trainer: {optimizer: {name: sgd}}";
        let rates =
            |config: &RunConfig| config.variants.iter().map(|v| v.trainer.lr.peak).collect::<Vec<_>>();
        let config = parse(text).unwrap();
        assert_eq!(rates(&config), rates(&parse(text).unwrap()));
        assert!(
            rates(&config).iter().all(|rate| (1e-4..=0.1).contains(rate))
                && rates(&config)[0] != rates(&config)[1]
        );
        assert!(config.variants[0].name.as_ref().unwrap().contains("peak="));
        let error = |keys: &str| {
            let text =
                format!("title: t\nexperiment: {{name: mlp}}\nsearch: {{trials: 1, seed: 1, keys: {keys}}}");
            parse(&text).unwrap_err().to_string()
        };
        assert!(error("{trainer.lr.peak: [0.1, 0.01]}").contains("search.keys.trainer.lr.peak: "));
        assert!(error("{}").contains("at least 1 trial"));
    }

    #[test]
    fn the_keys_of_another_experiment_are_refused() {
        for (text, expected) in [
            ("title: t\nexperiment: {name: mlp, filters: 30}", "unknown field `filters`"),
            ("title: t\nexperiment: {name: mpl}", "did you mean `mlp`?"),
            (
                "title: t\nexperiment: {name: mlp}\nvariants: {a: {experiment: {depth: 3}}}",
                "variants.a: `experiment.depth`: unknown field `depth`",
            ),
            ("title: t\nexperiment: {name: mlp}\nvariants: 3", "variants: expected names"),
            ("detector: {name: yolox-nano}", "unknown field `detector`"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn keys_and_names_that_were_renamed_are_refused_with_the_present_ones() {
        let mlp = |rest: &str| format!("title: t\nexperiment: {{name: mlp}}\n{rest}");
        for (text, expected) in [
            ("title: t\nchapter: {name: mlp}".to_owned(), "`chapter` is now `experiment`"),
            (
                "title: t\nexperiment: {name: counts}".to_owned(),
                "`experiment.name=counts` is now `experiment.name=ppmi`",
            ),
            (mlp("trainer: {rate: {peak: 0.1}}"), "`trainer.rate` is now `trainer.lr`"),
            (
                mlp("trainer: {lr: {peak: 0.1, warmup: 5}}"),
                "`trainer.lr.warmup` is now `trainer.lr.warmup_steps`",
            ),
            (
                mlp("trainer: {optimizer: {name: sgd, decay: 0.1}}"),
                "`trainer.optimizer.decay` is now `trainer.optimizer.weight_decay`",
            ),
            (
                mlp("variants: {a: {trainer: {clip: 1}}}"),
                "variants.a: `trainer.clip` is now `trainer.grad_clip_norm`",
            ),
            (
                mlp("trainer: {monitor: {metric: loss, mode: lowest}}"),
                "`trainer.monitor.mode=lowest` is now `trainer.monitor.mode=min`",
            ),
        ] {
            assert_eq!(parse(&text).unwrap_err().to_string(), expected);
        }
        let missing = parse("title: t").unwrap_err().to_string();
        assert!(missing.starts_with("missing field `experiment`"), "{missing}");
    }

    #[test]
    fn every_configuration_of_the_repository_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/papers");
        let paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!paths.is_empty());
        for path in paths {
            let config = RunConfig::load(&path, &["trainer.epochs=2".into()]).unwrap();
            assert!(
                config.variants.iter().all(|variant| variant.trainer.epochs == 2 || variant.name.is_some())
            );
        }
    }
}
