//! The weights that are part of the program: a synthetic sequence is tracked with an empty cache and no download. Weights whose
//! metadata have the keys of former versions are read as well.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use mvmhat_tests::{Run, json, mvmhat, run, text};
use safetensors::SafeTensors;

const CAMERAS: [&str; 2] = ["cam1", "cam2"];

/// Renders a sequence of two cameras.
fn synthesize(sequence: &Path) {
    let options = ["--cameras", "2", "--people", "8", "--frames", "8", "--fps", "5"];
    run([&["synth", "--out", sequence.to_str().unwrap()], &options[..]].concat()).succeeded();
}

/// Tracks with `cache` as the cache folder and nowhere to download from; returns the tracks of all cameras.
fn track(sequence: &Path, out: &Path, cache: &Path, more: &[&str]) -> [String; 2] {
    let mut track = mvmhat();
    track.args(["track", sequence.to_str().unwrap(), "--out", out.to_str().unwrap()]).args(more);
    track.env("MVMHAT_CACHE", cache).env_remove("MVMHAT_WEIGHTS_MIRROR");
    Run::from(track.output().unwrap()).succeeded();
    CAMERAS.map(|camera| text(out.join(format!("tracks/{camera}.txt"))))
}

#[test]
fn people_are_found_with_nothing_but_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (sequence, out, cache, scores) = (path("synthetic"), path("out"), path("cache"), path("scores.json"));
    synthesize(&sequence);
    track(&sequence, &out, &cache, &[]);
    assert_eq!(std::fs::read_dir(cache.join("weights")).unwrap().count(), 2);

    let [sequence, out, file] = [&sequence, &out, &scores].map(|path| path.to_str().unwrap());
    run(["eval", "--gt", sequence, "--tracks", out, "--json", file]).succeeded();
    let mota = json(&scores)["overall"]["MOTA"].as_f64().unwrap();
    assert!(mota > 20.0, "MOTA {mota}");
}

/// The metadata that former versions wrote into the two files of the program.
const FORMER: [(&str, &str, &str); 2] = [
    (
        "mvmhat-reid.safetensors",
        "embedding_network",
        r#"{"backbone":"mobilenet-v2-parts","dimension":96,"neck":true,"crop":[128,64]}"#,
    ),
    ("mvmhat-person.safetensors", "person_network", r#"{"backbone":"yolox-nano","channels":64,"size":416}"#),
];

#[test]
fn weights_with_metadata_of_former_versions_give_the_same_tracks() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (sequence, cache) = (path("synthetic"), path("cache"));
    synthesize(&sequence);
    let shipped = track(&sequence, &path("shipped"), &cache, &[]);
    assert!(shipped.iter().all(|tracks| !tracks.is_empty()));

    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weights/shipped");
    for (file, entry, network) in FORMER {
        let bytes = std::fs::read(program.join(file)).unwrap();
        let (_, present) = SafeTensors::read_metadata(&bytes).unwrap();
        assert!(!present.metadata().as_ref().unwrap().contains_key(entry), "{file} has keys of today");
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let metadata = [(entry.to_owned(), network.to_owned())].into();
        let former = safetensors::serialize(tensors.iter(), Some(metadata)).unwrap();
        std::fs::write(path(file), former).unwrap();
    }
    let [reid, person] = FORMER.map(|(file, ..)| path(file).display().to_string());
    let (reid, person) = (format!("embedder.weights={reid}"), format!("detector.weights={person}"));
    let former = track(&sequence, &path("former"), &cache, &["--set", &reid, "--set", &person]);
    assert_eq!(former, shipped);
}
