//! Layers of configuration: which one is blamed for a wrong value, and what `--print-config` shows.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::PathBuf;

use mvmhat_tests::{ConfigurationCase, text};

#[test]
fn a_setting_of_the_command_line_is_blamed_and_not_a_similar_line_of_the_file() {
    let set = ["--set", "detector.conf=2"];
    for (command, yaml) in [
        ("track", "detector:\n  conf: 0.6\n"),
        ("train", "detector:\n  name: person\ntrain:\n  data:\n    conf: 0.6\n"),
    ] {
        let words = ["detector.conf", "--set", "2"];
        ConfigurationCase::new(yaml).run(command, &set).failed(2, &words).does_not_say("mine.yaml");
    }
}

#[test]
fn a_key_is_reported_at_its_own_line_and_not_at_one_of_the_same_name() {
    let yaml = "embedder:\n  batch: 8\ntrain:\n  pk_sampling:\n    identities_per_batch: 16\n  samples:\n    batch: 0\n  trainer:\n    epochs: 1\n";
    ConfigurationCase::new(yaml).run("train", &[]).failed(2, &["mine.yaml:7", "train.samples.batch"]);
    ConfigurationCase::new(&yaml.replace("batch: 8", "batch: 0"))
        .run("train", &[])
        .failed(2, &["mine.yaml:2", "embedder.batch"]);
}

#[test]
fn a_comment_with_the_key_in_it_is_no_line_of_the_key() {
    let yaml = "# detector.conf: 2 is too much\ndetector:\n  # conf: of a person\n  name: person # conf: 3\n  conf: 2\n";
    ConfigurationCase::new(yaml).run("track", &[]).failed(2, &["mine.yaml:5", "detector.conf"]);
}

#[test]
fn keys_in_braces_are_reported_at_their_line() {
    let yaml = "output: {trail: 3}\npipeline: {device: cpu,\n  threads: 1, queue: 0}\n";
    ConfigurationCase::new(yaml).run("track", &[]).failed(2, &["mine.yaml:3", "pipeline.queue"]);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_one_and_its_line() {
    let yaml = "detector:\n  name: person\n  nms_ioo: 0.5\n";
    ConfigurationCase::new(yaml).run("track", &[]).failed(2, &["mine.yaml:3", "nms_ioo", "`nms_iou`"]);
    ConfigurationCase::new("")
        .run("track", &["--set", "output.trial=3"])
        .failed(2, &["--set", "trial", "`trail`"]);
}

#[test]
fn the_merged_configuration_is_printed_with_the_origin_of_each_value() {
    let case = ConfigurationCase::new("detector:\n  name: person\n  conf: 0.45\noutput: {trail: 7}\n");
    let printed = case.run("track", &["--set", "pipeline.queue=5", "--print-config"]).succeeded().stdout;
    let line = |key: &str| {
        let found = printed.lines().find(|line| line.trim_start().starts_with(&format!("{key}:")));
        found.unwrap_or_else(|| panic!("no `{key}` in\n{printed}")).to_owned()
    };
    for (key, value, origin) in [
        ("conf", "0.45", "mine.yaml:3"),
        ("trail", "7", "mine.yaml:4"),
        ("queue", "5", "--set"),
        ("overlay_width", "1920", "preset"),
        ("min_size", "4.0", "preset"),
    ] {
        let line = line(key);
        let (setting, comment) = line.split_once('#').unwrap();
        assert_eq!(setting.split_once(':').unwrap().1.trim(), value, "{line}");
        assert!(comment.contains(origin), "{line}");
    }
    assert!(!case.path("out").exists(), "nothing is tracked");

    // What is printed is a configuration: read again it gives the same values.
    let again = ConfigurationCase::new(&printed);
    let of_again = again.run("track", &["--print-config"]).succeeded().stdout;
    let without_origins = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.split('#').next().unwrap().trim_end().to_owned())
            .filter(|l| !l.is_empty())
            .collect()
    };
    assert_eq!(without_origins(&of_again), without_origins(&printed));
}

#[test]
fn every_preset_is_a_configuration() {
    let configs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../configs");
    for (preset, command) in [
        ("track.yaml", "track"),
        ("track-yolox.yaml", "track"),
        ("association-clustering.yaml", "track"),
        ("association-mvmhat.yaml", "track"),
    ] {
        ConfigurationCase::new(&text(configs.join(preset))).run(command, &["--print-config"]).succeeded();
    }
    for (preset, command) in [
        ("train-cpu.yaml", "train"),
        ("train-paper.yaml", "train"),
        ("train-detector.yaml", "train-detector"),
    ] {
        // The configuration is right, so the sequence is looked for. No weights: they might not be there.
        let scratch = ["--set", "train.weights=null", "--set", "train.trainer.freeze=[]"];
        ConfigurationCase::new(&text(configs.join(preset)))
            .run(command, &scratch)
            .failed(1, &["sequence"])
            .does_not_say("mine.yaml");
    }
}
