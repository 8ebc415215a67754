//! `mvmhat train`: from a sequence without identities to re-ID weights that track.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mvmhat_tests::{Blocks, Images, Run, json, mvmhat, run};
use safetensors::SafeTensors;

/// A small network from scratch, so that a step takes milliseconds.
const SMALL: &str = "task: reid
train:
  network: {backbone: osnet-x0.25, embedding_dim: 16, crop_size: [64, 32]}
  weights: null
  data: {rate: 25, min_height: 8}
  pk_sampling: {identities_per_batch: 2, images_per_identity: 2, sequences_per_batch: 1, relabel_every: 1}
  samples: {batch: 4}
  trainer: {epochs: 2, checkpoint_every: 3}
  threads: 1
";

fn arguments(folder: &Path, out: &str, more: &[&str]) -> Vec<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let (sequence, out, config) = (path("recording"), path(out), path("small.yaml"));
    let own = ["train", &sequence, "--out", &out, "--config", &config, "--boxes", "gt"];
    own.iter().chain(more).map(|&word| word.to_owned()).collect()
}

fn train(folder: &Path, out: &str, more: &[&str]) -> Run {
    run(arguments(folder, out, more))
}

fn sequence(folder: &Path) {
    Blocks { images: Images::Jpeg, ..Blocks::default() }.write(&folder.join("recording"));
    std::fs::write(folder.join("small.yaml"), SMALL).unwrap();
}

#[test]
fn every_loss_leaves_weights_that_track_and_can_be_scored() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let sequence = folder.path().join("recording");
    for loss in ["identities", "mvmhat", "mvmhat_pp"] {
        let name = format!("train.loss.name={loss}");
        train(folder.path(), loss, &["--set", &name, "--validate", sequence.to_str().unwrap()]).succeeded();
        let out = folder.path().join(loss);
        for file in ["weights.safetensors", "config.yaml", "history.csv", "curves.html", "checkpoints"] {
            assert!(out.join(file).exists(), "{loss}: {file}");
        }
        let weights = format!("embedder.weights={}", out.join("weights.safetensors").display());
        let tracks = folder.path().join(format!("{loss}-tracks"));
        let scores = folder.path().join(format!("{loss}.json"));
        let gt = sequence.to_str().unwrap();
        let eval = ["eval-reid", gt, "--every", "1", "--set", &weights, "--json"];
        run(eval.iter().copied().chain([scores.to_str().unwrap()])).succeeded();
        let network = &json(&scores)["embedder"]["network"];
        assert_eq!(
            (&network["backbone"], &network["embedding_dim"]),
            (&"osnet-x0.25".into(), &16.into()),
            "{loss}"
        );
        let common = ["--set", "detector.name=file", "--set", &weights];
        run([&["track", sequence.to_str().unwrap(), "--out", tracks.to_str().unwrap()], &common[..]]
            .concat())
        .succeeded();
    }
}

#[test]
fn the_head_is_a_closed_form_lda_head_unless_it_is_to_stay_as_learned() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let gt = folder.path().join("recording");
    // 720 crops; the features of the network have 512 numbers.
    Blocks { cameras: 4, frames: 60, ..Blocks::default() }.write(&gt);
    let validated = |out: &str, more: &[&str]| {
        let arguments = [&["--validate", gt.to_str().unwrap(), "--set", "train.fp16=false"], more].concat();
        train(folder.path(), out, &arguments).succeeded()
    };
    for (out, more) in [("solved", &[][..]), ("learned", &["--set", "train.lda_head=null"])] {
        let run = validated(out, more);
        assert!(run.stdout.contains("validated  cross_view_accuracy "), "{run:#?}");
        assert!(!run.stderr.contains("stays as it was learned"), "{run:#?}");
    }
    // Every second timestep gives 360 crops.
    let run = validated("few", &["--set", "train.data.rate=12.5"]);
    assert!(run.stderr.contains("the head stays as it was learned"), "{run:#?}");
    let file = |out: &str, name: &str| folder.path().join(out).join(name);
    // Pseudo-labels are made before each of two epochs, and once more for the head.
    assert!(file("solved", "identities/round-2.csv").exists());
    assert!(!file("learned", "identities/round-2.csv").exists());
    // The batch normalization of a head that was solved subtracts the mean and leaves the scale.
    let is_solved = |out: &str| {
        let bytes = std::fs::read(file(out, "weights.safetensors")).unwrap();
        let weights = SafeTensors::deserialize(&bytes).unwrap();
        let is_everywhere = |name: &str, value: f32| {
            weights.tensor(name).unwrap().data().chunks(4).all(|number| number == value.to_le_bytes())
        };
        ["running_var", "weight", "bias"]
            .map(|name| is_everywhere(&format!("head.neck.{name}"), f32::from(name != "bias")))
    };
    assert_eq!(is_solved("solved"), [true; 3]);
    assert_eq!(is_solved("learned"), [false; 3]);
    assert_eq!(is_solved("few"), [false; 3]);
}

/// Starts a run and kills it once `enough` is true of its folder; returns whether the run was still going on.
fn start_and_kill(folder: &Path, out: &str, more: &[&str], mut enough: impl FnMut(&Path) -> bool) -> bool {
    let mut child = mvmhat()
        .args(arguments(folder, out, more))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !enough(&folder.join(out)) && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// Resumes a run that was killed, and compares what it leaves with what one leaves that was not.
fn assert_resumed_bytes_are_the_same(folder: &Path, out: &str, more: &[&str], files: &[&str]) {
    let begun = folder.join(out).join("config.yaml").exists();
    let resumed = if begun { [more, &["--resume"]].concat() } else { more.to_vec() };
    train(folder, out, &resumed).succeeded();
    for file in files {
        let [one, other] = ["whole", out].map(|run| std::fs::read(folder.join(run).join(file)).unwrap());
        assert!(one == other, "{file} of {out}");
    }
}

#[test]
fn a_run_that_is_killed_and_resumed_leaves_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let start = Instant::now();
    train(folder.path(), "whole", &[]).succeeded();
    let whole = start.elapsed();
    let mut going_on = 0;
    for attempt in 0..10 {
        let out = format!("killed-{attempt}");
        let end = Instant::now() + whole.mul_f64((2.0 * f64::from(attempt) + 1.0) / 20.0);
        going_on += usize::from(start_and_kill(folder.path(), &out, &[], |_| Instant::now() >= end));
        let files = ["weights.safetensors", "history.csv", "identities/round-1.csv"];
        assert_resumed_bytes_are_the_same(folder.path(), &out, &[], &files);
    }
    assert!(going_on > 0, "no run was still going on when it was to be killed");
}

#[test]
fn a_run_that_is_killed_while_its_lda_head_is_computed_and_resumed_leaves_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    // Enough crops for a head, and few steps.
    Blocks { cameras: 4, frames: 60, ..Blocks::default() }.write(&folder.path().join("recording"));
    let more = ["--set", "train.pk_sampling.images_per_identity=60"];
    train(folder.path(), "whole", &more).succeeded();
    // The pseudo-labels of the head are there, so its features are being computed.
    let solving = |out: &Path| out.join("identities/round-2.csv").exists();
    assert!(start_and_kill(folder.path(), "killed", &more, solving));
    assert!(!folder.path().join("killed/weights.safetensors").exists());
    let files = ["weights.safetensors", "history.csv", "identities/round-1.csv", "identities/round-2.csv"];
    assert_resumed_bytes_are_the_same(folder.path(), "killed", &more, &files);
}

#[test]
fn a_run_is_not_resumed_with_other_labels_than_it_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let labels = folder.path().join("out/identities/round-0.csv");
    let begun = |out: &Path| out.join("checkpoints/step-00000003.safetensors").exists();
    // One round for so many epochs that the run cannot be over before it is killed.
    let more = ["pk_sampling.relabel_every=1000", "trainer.epochs=1000", "trainer.save_top_k=100000"]
        .map(|key| format!("train.{key}"));
    let more: Vec<&str> = more.iter().flat_map(|set| ["--set", set.as_str()]).collect();
    assert!(start_and_kill(folder.path(), "out", &more, begun), "the run was over");
    std::fs::remove_file(&labels).unwrap();
    train(folder.path(), "out", &[&more[..], &["--resume"]].concat())
        .failed(1, &["round-0.csv: the file is missing", "begin anew"]);
}

#[test]
fn a_run_is_resumed_with_the_frames_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    let part = |frames: &str, more: &[&str]| {
        let mut arguments = arguments(folder.path(), "out", more);
        arguments[1].push_str(frames);
        run(arguments)
    };
    part("@1..=10", &[]).succeeded();
    part("@2..=11", &["--resume"]).failed(1, &["does not fit the configuration", "recording@1..=10"]);
    part("", &["--resume"]).failed(1, &["does not fit the configuration"]);
    part("@1-10", &["--resume"]).succeeded();
    // A part may be validated on, too.
    let validate = format!("{}@11..=12", folder.path().join("recording").display());
    train(folder.path(), "validated", &["--validate", &validate]).succeeded();
    train(folder.path(), "nobody", &["--validate", &validate.replace("12", "5")]).failed(2, &["empty range"]);
}

#[test]
fn what_cannot_be_trained_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    sequence(folder.path());
    train(folder.path(), "out", &["--resume"]).failed(2, &["there is no run in"]);
    train(folder.path(), "out", &["--set", "train.network.backbone=osnet"])
        .failed(2, &["did you mean `osnet-x"]);
    train(folder.path(), "out", &["--set", "train.pk_sampling.identities_per_batch=1"])
        .failed(2, &["`train.pk_sampling.identities_per_batch` is 1"]);
    for loss in ["identities", "mvmhat", "mvmhat_pp"] {
        let loss = format!("train.loss.name={loss}");
        train(folder.path(), "out", &["--set", "train.data.min_height=5000", "--set", &loss])
            .failed(1, &["too little to learn from"]);
    }
    train(folder.path(), "out", &[]).succeeded();
    train(folder.path(), "out", &[]).failed(2, &["--resume", "--overwrite"]);
    train(folder.path(), "out", &["--resume", "--set", "train.augmentation.horizontal_flip=0.1"])
        .failed(1, &["does not fit the configuration", "horizontal_flip"]);
    // A refusal changes nothing: the run goes on as it was.
    train(folder.path(), "out", &["--resume"]).succeeded();
    train(folder.path(), "out", &["--overwrite", "--set", "train.augmentation.horizontal_flip=0.1"])
        .succeeded();
    train(folder.path(), "other", &["--set", "train.trainer.epochs=0"]).failed(2, &["train.trainer.epochs"]);
    train(folder.path(), "recording", &[]).failed(2, &["this is the recording itself"]);
    train(folder.path(), "small.yaml", &[]).failed(2, &["this is a file"]);
    train(folder.path(), "vgg", &["--set", "train.network.backbone=alexnet"])
        .failed(2, &["train.network.crop_size"]);
    train(folder.path(), "bare", &["--set", "train.network.bn_neck=false"])
        .failed(2, &["`train.network.bn_neck` is false", "must be true for `train.lda_head`"]);
    train(folder.path(), "wide", &["--set", "train.network.embedding_dim=600"])
        .failed(2, &["`train.network.embedding_dim` is 600", "at most 512"]);
    train(folder.path(), "flat", &["--set", "train.lda_head.total_scatter=0"])
        .failed(2, &["`train.lda_head.total_scatter` is 0"]);
}
