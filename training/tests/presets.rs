//! The presets of both recipes, and how a configuration file is laid over them.

#![allow(clippy::unwrap_used, reason = "a broken preset may stop it")]

use std::path::Path;

use mvmhat_learning::{LdaHeadConfig, LossConfig};
use mvmhat_training::{DetectionRecipe, Recipe, ReidRecipe, load_config};
use serde_yaml::Value;

fn preset<R: Recipe>() -> Value {
    serde_yaml::from_str(R::PRESET).unwrap()
}

/// The section `train`, with settings over the preset.
fn load<R: Recipe>(settings: &[&str]) -> Result<R, String> {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    load_config::<R>(None, &settings).map(|(_, recipe)| recipe).map_err(|error| format!("{error:#}"))
}

fn keys(value: &Value) -> Vec<String> {
    let keys = value.as_mapping().unwrap().keys();
    let mut keys: Vec<String> = keys.map(|key| key.as_str().unwrap().to_owned()).collect();
    keys.sort();
    keys
}

fn yaml(recipe: &impl Recipe) -> Value {
    serde_yaml::to_value(recipe).unwrap()
}

#[test]
fn the_preset_of_the_detector_names_every_key_and_is_valid() {
    let recipe: DetectionRecipe = load(&[]).unwrap();
    let (preset, whole) = (preset::<DetectionRecipe>(), yaml(&recipe));
    assert_eq!(preset["task"], "detection");
    assert_eq!(keys(&preset["train"]), keys(&whole));
    let default = yaml(&DetectionRecipe::default());
    for part in ["network", "data", "augmentation"] {
        assert_eq!(keys(&preset["train"][part]), keys(&whole[part]), "{part}");
        assert_eq!(whole[part], default[part], "{part}");
    }
    assert_eq!(keys(&preset["train"]["trainer"]), keys(&whole["trainer"]));
    for (setting, message) in [
        ("train.canvas=[100, 100]", "`train.canvas` is [100, 100]"),
        (
            "train.data.ignore_thresh=0.9",
            "`train.data.ignore_thresh` is 0.9, but must be at most `train.data.conf`",
        ),
        ("train.network.input_size=100", "`train.network.input_size` is 100"),
        ("train.augmentation.scale=[2, 1]", "`train.augmentation.scale` is [2, 1]"),
        ("train.batch=0", "`train.batch` is 0"),
        ("train.network.backbone=mobilenet", "did you mean `mobilenet-v2`"),
    ] {
        let error = load::<DetectionRecipe>(&[setting]).unwrap_err();
        assert!(error.contains(message), "{setting}: {error}");
    }
}

#[test]
fn the_presets_of_the_embedding_name_every_key_and_are_valid() {
    let recipe: ReidRecipe = load(&[]).unwrap();
    let (preset, whole) = (preset::<ReidRecipe>(), yaml(&recipe));
    assert_eq!(preset["task"], "reid");
    assert_eq!(keys(&preset["train"]), keys(&whole));
    for part in ["network", "data", "augmentation", "loss", "pk_sampling", "samples", "trainer"] {
        assert_eq!(keys(&preset["train"][part]), keys(&whole[part]), "{part}");
    }
    // What the program has where a file says nothing is what the preset says.
    let default = yaml(&ReidRecipe::default());
    for part in ["network", "data", "augmentation", "pk_sampling", "samples", "assignment_network"] {
        assert_eq!(whole[part], default[part], "{part}");
    }
    assert_eq!(recipe.lda_head, Some(LdaHeadConfig::default()));
    let paper = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/train-paper.yaml"));
    let (_, paper) = load_config::<ReidRecipe>(Some(paper), &[]).unwrap();
    assert_eq!(paper.network.embedding_dim, 1000);
    assert_eq!(paper.loss, LossConfig::default());
}

#[test]
fn another_loss_drops_the_keys_of_the_former_and_may_be_named_alone() {
    let loss = |settings: &[&str]| load::<ReidRecipe>(settings).map(|recipe| recipe.loss);
    let mvmhat = LossConfig::default();
    assert_eq!(loss(&["train.loss=mvmhat"]).unwrap(), mvmhat);
    assert_eq!(loss(&["train.loss.name=mvmhat", "train.loss.margin=0.5"]).unwrap(), mvmhat);
    let error = loss(&["train.loss.margin=0.5"]).unwrap_err();
    assert!(error.contains("margin"), "{error}");
}

#[test]
fn a_value_that_breaks_a_rule_is_named_with_the_setting_that_said_it() {
    for (setting, message) in [
        ("train.samples.batch=0", "`train.samples.batch` is 0, but must be at least 1"),
        ("train.samples.gap=[2, 1]", "`train.samples.gap` is [2.0, 1.0]"),
        ("train.pk_sampling.identities_per_batch=1", "`train.pk_sampling.identities_per_batch` is 1"),
        ("train.data.min_height=1", "`train.data.min_height` is 1, but must be at least 2"),
        ("train.augmentation.random_erasing=1.5", "`train.augmentation.random_erasing` is 1.5"),
        ("train.network.bn_neck=false", "`train.network.bn_neck` is false"),
        ("train.network.embedding_dim=5000", "`train.network.embedding_dim` is 5000"),
        ("train.lda_head.shrinkage=0", "`train.lda_head.shrinkage` is 0"),
        ("train.loss.temperature=0", "`train.loss.temperature` is 0"),
        ("train.assignment_network.layers=0", "`train.assignment_network.layers` is 0"),
        ("train.threads=1000", "`train.threads` is 1000, but must be from 0 to 256"),
    ] {
        let error = load::<ReidRecipe>(&[setting]).unwrap_err();
        assert!(error.contains(message) && error.contains(&format!("--set {setting}")), "{setting}: {error}");
    }
}

#[test]
fn a_configuration_of_the_other_recipe_is_refused_with_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.yaml");
    std::fs::write(&file, "# mine\ntask: detection\ntrain: {canvas: [64, 64]}\n").unwrap();
    let error = format!("{:#}", load_config::<ReidRecipe>(Some(&file), &[]).unwrap_err());
    assert!(error.contains("c.yaml:2") && error.contains("`mvmhat train-detector`"), "{error}");
    assert_eq!(load_config::<DetectionRecipe>(Some(&file), &[]).unwrap().1.canvas, [64, 64]);
    std::fs::write(&file, "task: reid\n").unwrap();
    let error = format!("{:#}", load_config::<DetectionRecipe>(Some(&file), &[]).unwrap_err());
    assert!(error.contains("c.yaml:1") && error.contains("`mvmhat train`"), "{error}");
}
