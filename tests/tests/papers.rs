//! `papers`: from a configuration of an experiment to figures, results and targets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};

use mvmhat_tests::{Run, json, run_papers};

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/papers").join(name)
}

fn papers(config: &Path, data: &Path, out: &Path, more: &[&str]) -> Run {
    let own = [config.as_os_str(), "--data".as_ref(), data.as_os_str(), "--out".as_ref(), out.as_os_str()];
    run_papers(own.into_iter().chain(more.iter().map(AsRef::as_ref)))
}

/// Asserts that it was wrong usage, and that the message says why.
#[track_caller]
fn assert_refused(run: Run, expected: &str) {
    run.failed(2, &[expected]);
}

#[test]
fn an_experiment_leaves_its_results_and_its_figures_and_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path(), folder.path().join("runs/perceptron"));
    papers(&config("perceptron.yaml"), data, &out, &[]).succeeded();
    let result = json(out.join("result.json"));
    assert_eq!(result["measures"]["XOR by two layers"], 1.0);
    assert!(result["targets"].as_array().unwrap().iter().all(|target| target["reached"] == true), "{result}");
    for file in ["weights.safetensors", "history.csv", "config.yaml", "curves.png"] {
        assert!(out.join(file).exists(), "{file}");
    }
    assert_refused(papers(&config("perceptron.yaml"), data, &out, &[]), "there is a run in this folder");
    papers(&config("perceptron.yaml"), data, &out, &["--resume"]).succeeded();
    assert_refused(
        papers(&config("hinge-loss.yaml"), data, &out, &["--resume"]),
        "holds a run of another model",
    );
    let more = ["--resume", "--set", "trainer.epochs=301"];
    assert_refused(
        papers(&config("perceptron.yaml"), data, &out, &more),
        "trainer.epochs is 300 there and 301 here",
    );

    let runs = folder.path().join("runs");
    let table = [config("perceptron.yaml"), config("hinge-loss.yaml")];
    let arguments = [table[0].as_os_str(), table[1].as_os_str(), "--table".as_ref(), runs.as_os_str()];
    let table = run_papers(arguments).succeeded();
    assert!(table.stdout.contains("| perceptron | XOR by two layers >= 1 | 1 | yes |"), "{}", table.stdout);
    assert!(table.stdout.contains("| hinge-loss | "), "{}", table.stdout);
}

#[test]
fn variants_are_plotted_over_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("quadratic");
    papers(&config("ill-conditioned-quadratic.yaml"), folder.path(), &out, &[]).succeeded();
    let figure = std::fs::read_to_string(out.join("compare-train-y.svg")).unwrap();
    assert!(figure.contains("Nesterov") && figure.contains("AdaGrad"));
    assert!(out.join("Adam/history.csv").exists() && out.join("compare-loss.png").exists());
}

#[test]
fn a_variant_that_diverges_is_measured_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("quadratic");
    let wild = ["--set", "trainer.grad_clip_norm=null", "--set", "variants.SGD.trainer.lr.peak=1e6"];
    let run = papers(&config("ill-conditioned-quadratic.yaml"), folder.path(), &out, &wild).succeeded();
    assert!(run.stderr.contains("of step "), "{}", run.stderr);
    let measures = &json(out.join("result.json"))["measures"];
    assert!(measures["Adam: height"].as_f64().unwrap() < 1.0, "{measures}");
    assert!(measures["SGD: height"].as_f64().is_none_or(|height| height > 1e6), "{measures}");
}

#[test]
fn bad_input_is_wrong_usage_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path(), folder.path().join("out"));
    let experiment = |text: &str| {
        let path = folder.path().join("experiment.yaml");
        std::fs::write(&path, format!("title: t\nexperiment: {text}\n")).unwrap();
        path
    };
    assert_refused(papers(&config("two-layer.yaml"), data, &out, &[]), "there is no ");
    assert_refused(
        papers(&config("two-layer.yaml"), &data.join("nowhere"), &out, &[]),
        "there is no such folder",
    );
    assert_refused(papers(&experiment("{name: convnet, hidden: [3]}"), data, &out, &[]), "invalid type");
    assert_refused(
        papers(&experiment("{name: mlp, filters: 3}"), data, &out, &[]),
        "unknown field `filters`",
    );
    assert_refused(
        papers(&experiment("{name: word2vec, text: ''}"), data, &data.join("none"), &["--resume"]),
        "there is no run in",
    );
    for (text, expected) in [
        ("{name: word2vec, text: ''}", "it has no words"),
        ("{name: ppmi, text: a b c, vectors: 2, queries: [{word: d}]}", "the corpus has no word `d`"),
        ("{name: language-model, text: a b a b a b, batch: 1, length: 2}", "the corpus has no word `you`"),
        ("{name: seq2seq, pairs: none.txt}", "cannot read"),
    ] {
        assert_refused(papers(&experiment(text), data, &out, &[]), expected);
        assert!(!out.join("config.yaml").exists(), "nothing that could be resumed");
    }
}
