//! `mvmhat learn`: from a configuration to figures, a result and its targets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};

use tests::{Run, json, run};

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/learn").join(name)
}

fn learn(config: &Path, data: &Path, out: &Path, more: &[&str]) -> Run {
    let own = ["learn".as_ref(), config.as_os_str(), "--data".as_ref(), data.as_os_str(), "--out".as_ref()];
    run(own.into_iter().chain([out.as_os_str()]).chain(more.iter().map(AsRef::as_ref)))
}

/// Asserts that it was wrong usage, and that it is said why.
fn refused(run: Run, expected: &str) {
    run.failed(2, &[expected]);
}

#[test]
fn a_chapter_leaves_its_result_and_its_figures_and_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path(), folder.path().join("runs/perceptron"));
    learn(&config("perceptron.yaml"), data, &out, &[]).succeeded();
    let result = json(out.join("result.json"));
    assert_eq!(result["measures"]["XOR by two layers"], 1.0);
    assert!(result["targets"].as_array().unwrap().iter().all(|target| target["reached"] == true), "{result}");
    for file in ["weights.safetensors", "history.csv", "config.yaml", "curves.png"] {
        assert!(out.join(file).exists(), "{file}");
    }
    refused(learn(&config("perceptron.yaml"), data, &out, &[]), "there is a run in this folder");
    learn(&config("perceptron.yaml"), data, &out, &["--resume"]).succeeded();
    refused(learn(&config("margins.yaml"), data, &out, &["--resume"]), "holds a run of another model");
    let more = ["--resume", "--set", "trainer.epochs=301"];
    refused(learn(&config("perceptron.yaml"), data, &out, &more), "trainer.epochs is 300 there and 301 here");

    let runs = folder.path().join("runs");
    let table = [config("perceptron.yaml"), config("margins.yaml")];
    let words =
        ["learn".as_ref(), table[0].as_os_str(), table[1].as_os_str(), "--table".as_ref(), runs.as_os_str()];
    let table = run(words).succeeded();
    assert!(table.stdout.contains("| perceptron | XOR by two layers >= 1 | 1 | yes |"), "{}", table.stdout);
    assert!(table.stdout.contains("| margins | "), "{}", table.stdout);
}

#[test]
fn variants_are_drawn_over_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("valley");
    learn(&config("valley.yaml"), folder.path(), &out, &[]).succeeded();
    let figure = std::fs::read_to_string(out.join("compare-train-y.svg")).unwrap();
    assert!(figure.contains("Nesterov") && figure.contains("AdaGrad"));
    assert!(out.join("Adam/history.csv").exists() && out.join("compare-loss.png").exists());
}

#[test]
fn a_variant_that_diverges_is_measured_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("valley");
    let wild = ["--set", "trainer.clip=null", "--set", "variants.SGD.trainer.rate.peak=1e6"];
    let run = learn(&config("valley.yaml"), folder.path(), &out, &wild).succeeded();
    assert!(run.stderr.contains("of step "), "{}", run.stderr);
    let measures = &json(out.join("result.json"))["measures"];
    assert!(measures["Adam: height"].as_f64().unwrap() < 1.0, "{measures}");
    assert!(measures["SGD: height"].as_f64().is_none_or(|height| height > 1e6), "{measures}");
}

#[test]
fn bad_input_is_wrong_usage_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path(), folder.path().join("out"));
    let chapter = |text: &str| {
        let path = folder.path().join("chapter.yaml");
        std::fs::write(&path, format!("title: t\nchapter: {text}\n")).unwrap();
        path
    };
    refused(learn(&config("two-layer.yaml"), data, &out, &[]), "there is no ");
    refused(learn(&config("two-layer.yaml"), &data.join("nowhere"), &out, &[]), "there is no such folder");
    refused(learn(&chapter("{name: convnet, hidden: [3]}"), data, &out, &[]), "invalid type");
    refused(learn(&chapter("{name: mlp, filters: 3}"), data, &out, &[]), "unknown field `filters`");
    refused(
        learn(&chapter("{name: word2vec, text: ''}"), data, &data.join("none"), &["--resume"]),
        "there is no run in",
    );
    for (text, expected) in [
        ("{name: word2vec, text: ''}", "it has no words"),
        ("{name: counts, text: a b c, vectors: 2, queries: [{word: d}]}", "the corpus has no word `d`"),
        ("{name: language_model, text: a b a b a b, batch: 1, length: 2}", "the corpus has no word `you`"),
        ("{name: seq2seq, pairs: none.txt}", "cannot read"),
    ] {
        refused(learn(&chapter(text), data, &out, &[]), expected);
        assert!(!out.join("config.yaml").exists(), "nothing to go on with");
    }
}
