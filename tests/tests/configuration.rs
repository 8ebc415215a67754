//! Layers of configuration: which one is blamed for a wrong value, what `--print-config` shows, and keys of former versions.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::PathBuf;

use tests::{Run, run, text};

/// A folder with a configuration `mine.yaml`, and a command line for each command that reads one. Every configuration is refused
/// before the sequence is looked for, so there is none.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(yaml: &str) -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(case.config(), yaml).unwrap();
        case
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("mine.yaml")
    }

    /// Runs `command RECORDING --out OUT --config mine.yaml MORE...`.
    fn run(&self, command: &str, more: &[&str]) -> Run {
        let [sequence, out] = ["sequence", "out"].map(|name| self.folder.path().join(name).display().to_string());
        let config = self.config().display().to_string();
        run([command, &sequence, "--out", &out, "--config", &config].iter().chain(more))
    }
}

#[test]
fn a_setting_of_the_command_line_is_blamed_and_not_a_similar_line_of_the_file() {
    let case = Case::new("detector:\n  name: person\ntrain:\n  data:\n    conf: 0.6\n");
    for command in ["track", "train"] {
        let case = if command == "track" { &Case::new("detector:\n  conf: 0.6\n") } else { &case };
        case.run(command, &["--set", "detector.conf=2"])
            .failed(2, &["detector.conf", "--set", "2"])
            .without("mine.yaml");
    }
}

#[test]
fn a_key_is_reported_at_its_own_line_and_not_at_one_of_the_same_name() {
    let yaml = "embedder:\n  batch: 8\ntrain:\n  pk_sampling:\n    identities_per_batch: 16\n  samples:\n    batch: 0\n  trainer:\n    epochs: 1\n";
    Case::new(yaml).run("train", &[]).failed(2, &["mine.yaml:7", "train.samples.batch"]);
    Case::new(&yaml.replace("batch: 8", "batch: 0")).run("train", &[]).failed(2, &["mine.yaml:2", "embedder.batch"]);
}

#[test]
fn a_comment_with_the_key_in_it_is_no_line_of_the_key() {
    let yaml = "# detector.conf: 2 is too much\ndetector:\n  # conf: of a person\n  name: person # conf: 3\n  conf: 2\n";
    Case::new(yaml).run("track", &[]).failed(2, &["mine.yaml:5", "detector.conf"]);
}

#[test]
fn keys_in_braces_are_reported_at_their_line() {
    let yaml = "output: {trail: 3}\npipeline: {device: cpu,\n  threads: 1, queue: 0}\n";
    Case::new(yaml).run("track", &[]).failed(2, &["mine.yaml:3", "pipeline.queue"]);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_one_and_its_line() {
    let yaml = "detector:\n  name: person\n  nms_ioo: 0.5\n";
    Case::new(yaml).run("track", &[]).failed(2, &["mine.yaml:3", "nms_ioo", "`nms_iou`"]);
    Case::new("").run("track", &["--set", "output.trial=3"]).failed(2, &["--set", "trial", "`trail`"]);
}

#[test]
fn the_merged_configuration_is_printed_with_the_origin_of_each_value() {
    let case = Case::new("detector:\n  name: person\n  conf: 0.45\noutput: {trail: 7}\n");
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
    assert!(!case.folder.path().join("out").exists(), "nothing is tracked");

    // What is printed is a configuration: read again it gives the same values.
    let again = Case::new(&printed);
    let of_again = again.run("track", &["--print-config"]).succeeded().stdout;
    let without_origins = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split('#').next().unwrap().trim_end().to_owned()).filter(|l| !l.is_empty()).collect()
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
        Case::new(&text(configs.join(preset))).run(command, &["--print-config"]).succeeded();
    }
    for (preset, command) in
        [("train-cpu.yaml", "train"), ("train-paper.yaml", "train"), ("train-detector.yaml", "train-detector")]
    {
        // The configuration is right, so the sequence is looked for. No weights: they might not be there.
        let scratch = ["--set", "train.weights=null", "--set", "train.trainer.freeze=[]"];
        Case::new(&text(configs.join(preset))).run(command, &scratch).failed(1, &["sequence"]).without("mine.yaml");
    }
}

/// Asserts that each `former` key is refused with the `present` one, for `--set` and for a file with its line.
#[track_caller]
fn assert_renamed(command: &str, section: &str, keys: &[(&str, &str, &str)]) {
    for (former, value, present) in keys {
        let words = [*former, "is now", *present];
        let set = format!("{section}.{former}={value}");
        Case::new("").run(command, &["--set", &set]).failed(2, &words);
        let mut yaml = String::new();
        for (depth, part) in section.split('.').enumerate() {
            yaml += &format!("{}{part}:\n", "  ".repeat(depth));
        }
        let depth = section.split('.').count();
        yaml += &format!("{}{former}: {value}\n", "  ".repeat(depth));
        let place = format!("mine.yaml:{}", depth + 1);
        Case::new(&yaml).run(command, &[]).failed(2, &[words[0], words[1], words[2], &place]);
    }
}

#[test]
fn renamed_keys_of_the_associators_are_refused_with_the_new_ones() {
    let keys = [
        ("min_score", "0.2", "track_low_thresh"),
        ("high_score", "0.5", "track_high_thresh"),
        ("sure_score", "0.8", "instant_confirm_score"),
        ("confirm_hits", "2", "min_hits"),
        ("max_misses", "30", "max_age"),
        ("min_overlap", "0.5", "min_iou"),
        ("min_visible", "0.3", "min_visibility"),
        ("local_scaling", "true", "csls"),
        ("refine", "true", "local_search"),
        ("review_every", "10", "recluster_every"),
        ("ground", "true", "ground_plane"),
        ("delay", "0", "lag"),
        ("fill_gaps", "0", "interpolate"),
    ];
    assert_renamed("track", "association", &keys);
    for (former, value, present) in [&keys[0], &keys[3], &keys[4]] {
        let set = format!("association.{former}={value}");
        Case::new("association:\n  name: mvmhat\n")
            .run("track", &["--set", &set])
            .failed(2, &[former, "is now", present]);
    }
}

#[test]
fn the_associator_and_the_embedder_that_were_renamed_are_refused_with_the_new_names() {
    let case = Case::new("");
    case.run("track", &["--set", "association.name=fused"]).failed(2, &["fused", "`clustering`"]);
    case.run("track", &["--set", "association=fused"]).failed(2, &["fused", "`clustering`"]);
    case.run("track", &["--set", "embedder=colour-histogram"]).failed(2, &["colour-histogram", "`color-histogram`"]);
}

#[test]
fn renamed_keys_of_the_detector_are_refused_with_the_new_ones() {
    let keys = [
        ("score", "0.5", "conf"),
        ("overlap", "0.5", "nms_iou"),
        ("crop_padding", "true", "rectangular"),
        ("input", "[416, 416]", "input_size"),
    ];
    assert_renamed("track", "detector", &keys);
}

#[test]
fn renamed_keys_of_re_id_training_are_refused_with_the_new_ones() {
    let renamed = |section: &str, keys: &[(&str, &str, &str)]| assert_renamed("train", section, keys);
    renamed("train.network", &[("dimension", "256", "embedding_dim"), ("neck", "true", "bn_neck"), ("crop", "[128, 64]", "crop_size")]);
    renamed("train.data", &[("visibility", "0.3", "min_visibility"), ("score", "0.5", "conf")]);
    let augmentations = [
        ("flip", "0.5", "horizontal_flip"),
        ("colour", "0.15", "color"),
        ("shake", "0.1", "box_jitter"),
        ("cut", "0.2", "truncation"),
        ("erase", "0.2", "random_erasing"),
        ("coarse", "0.2", "down_up_sampling"),
        ("occlude", "0.2", "cut_paste_occlusion"),
    ];
    renamed("train.augmentation", &augmentations);
    renamed("train", &[("people", "{}", "pk_sampling"), ("discriminant", "{}", "lda_head"), ("half", "true", "fp16")]);
    let sampling = [
        ("batch", "16", "identities_per_batch"),
        ("crops", "4", "images_per_identity"),
        ("recordings", "2", "sequences_per_batch"),
        ("renew", "2", "relabel_every"),
    ];
    renamed("train.pk_sampling", &sampling);
    renamed("train.samples", &[("instants", "2", "timesteps")]);
    renamed("train.lda_head", &[("total", "0.3", "total_scatter")]);
    let losses = [
        ("partners", "true", "unmatched"),
        ("partner_threshold", "0.5", "match_threshold"),
        ("partnerless_margin", "0.4", "unmatched_margin"),
        ("partnerless_weight", "0.5", "unmatched_weight"),
    ];
    for (former, value, present) in losses {
        let set = format!("train.loss.{former}={value}");
        Case::new("train:\n  loss: {name: mvmhat_pp}\n").run("train", &["--set", &set]).failed(2, &[former, "is now", present]);
    }
}

#[test]
fn renamed_keys_of_detector_training_are_refused_with_the_new_ones() {
    let renamed = |section: &str, keys: &[(&str, &str, &str)]| assert_renamed("train-detector", section, keys);
    renamed("train.network", &[("size", "416", "input_size")]);
    renamed("train.data", &[("visibility", "0.2", "min_visibility"), ("score", "0.5", "conf"), ("doubt", "0.2", "ignore_thresh")]);
    renamed("train.augmentation", &[("flip", "0.5", "horizontal_flip"), ("grey", "0.05", "grayscale"), ("coarse", "0.1", "down_up_sampling")]);
    renamed("train", &[("half", "true", "fp16")]);
}

#[test]
fn renamed_keys_of_the_trainer_are_refused_with_the_new_ones() {
    let trainer = [
        ("rate", "{peak: 0.1}", "lr"),
        ("decay_vectors", "true", "decay_biases_and_norms"),
        ("clip", "1.0", "grad_clip_norm"),
        ("average", "0.99", "ema"),
        ("best", "null", "monitor"),
        ("keep", "3", "save_top_k"),
    ];
    for command in ["train", "train-detector"] {
        assert_renamed(command, "train.trainer", &trainer);
        assert_renamed(command, "train.trainer.lr", &[("warmup", "50", "warmup_steps"), ("decline", "{name: constant}", "schedule")]);
        assert_renamed(command, "train.trainer.optimizer", &[("decay", "0.01", "weight_decay")]);
        let monitor = ["--set", "train.trainer.monitor={metric: rank1, goal: highest}"];
        Case::new("").run(command, &monitor).failed(2, &["goal", "is now", "mode"]);
    }
}
