//! Commands, names and keys of former versions are refused with the new ones.

use mvmhat_tests::{ConfigurationCase, run};

#[test]
fn commands_of_former_versions_are_refused_with_what_replaced_them() {
    run(["learn", "configs/learn/perceptron.yaml", "--data", ".", "--out", "out"]).failed(2, &["papers"]);
    run(["learn"]).failed(2, &["papers"]);
    run(["eval", "--gt", "here", "--detections"]).failed(2, &["eval-detector"]);
    run(["eval", "--gt", "here", "--embedding", "--every", "1"]).failed(2, &["eval-reid"]);
    run(["train", "here", "--task", "detector", "--out", "out"]).failed(2, &["train-detector"]);
}

/// Asserts that each `former` key is refused with the `present` one, for `--set` and for a file with its line.
#[track_caller]
fn assert_renamed(command: &str, section: &str, keys: &[(&str, &str, &str)]) {
    for (former, value, present) in keys {
        let words = [*former, "is now", *present];
        let set = format!("{section}.{former}={value}");
        ConfigurationCase::new("").run(command, &["--set", &set]).failed(2, &words);
        let mut yaml = String::new();
        for (depth, part) in section.split('.').enumerate() {
            yaml += &format!("{}{part}:\n", "  ".repeat(depth));
        }
        let depth = section.split('.').count();
        yaml += &format!("{}{former}: {value}\n", "  ".repeat(depth));
        let place = format!("mine.yaml:{}", depth + 1);
        ConfigurationCase::new(&yaml).run(command, &[]).failed(2, &[words[0], words[1], words[2], &place]);
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
        ConfigurationCase::new("association:\n  name: mvmhat\n")
            .run("track", &["--set", &set])
            .failed(2, &[former, "is now", present]);
    }
}

#[test]
fn the_associator_and_the_embedder_that_were_renamed_are_refused_with_the_new_names() {
    let case = ConfigurationCase::new("");
    case.run("track", &["--set", "association.name=fused"]).failed(2, &["fused", "`clustering`"]);
    case.run("track", &["--set", "association=fused"]).failed(2, &["fused", "`clustering`"]);
    case.run("track", &["--set", "embedder=colour-histogram"])
        .failed(2, &["colour-histogram", "is now", "embedder.name=color-histogram"]);
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
    renamed(
        "train.network",
        &[
            ("dimension", "256", "embedding_dim"),
            ("neck", "true", "bn_neck"),
            ("crop", "[128, 64]", "crop_size"),
        ],
    );
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
    renamed(
        "train",
        &[("people", "{}", "pk_sampling"), ("discriminant", "{}", "lda_head"), ("half", "true", "fp16")],
    );
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
        ConfigurationCase::new("train:\n  loss: {name: mvmhat_pp}\n")
            .run("train", &["--set", &set])
            .failed(2, &[former, "is now", present]);
    }
}

#[test]
fn renamed_keys_of_detector_training_are_refused_with_the_new_ones() {
    let renamed =
        |section: &str, keys: &[(&str, &str, &str)]| assert_renamed("train-detector", section, keys);
    renamed("train.network", &[("size", "416", "input_size")]);
    renamed(
        "train.data",
        &[
            ("visibility", "0.2", "min_visibility"),
            ("score", "0.5", "conf"),
            ("doubt", "0.2", "ignore_thresh"),
        ],
    );
    renamed(
        "train.augmentation",
        &[
            ("flip", "0.5", "horizontal_flip"),
            ("grey", "0.05", "grayscale"),
            ("coarse", "0.1", "down_up_sampling"),
        ],
    );
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
        assert_renamed(
            command,
            "train.trainer.lr",
            &[("warmup", "50", "warmup_steps"), ("decline", "{name: constant}", "schedule")],
        );
        assert_renamed(command, "train.trainer.optimizer", &[("decay", "0.01", "weight_decay")]);
        let monitor = ["--set", "train.trainer.monitor={metric: rank1, goal: highest}"];
        ConfigurationCase::new("").run(command, &monitor).failed(2, &["goal", "is now", "mode"]);
    }
}
