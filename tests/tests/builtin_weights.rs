//! The weights that are part of the program: a made-up recording is tracked with nothing fetched and an empty cache.

use tests::{Run, json, mvmhat, run};

#[test]
fn people_are_found_with_nothing_but_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (recording, out, cache) = (path("recording"), path("out"), path("cache"));
    let options = ["--cameras", "2", "--people", "8", "--frames", "8", "--fps", "5"];
    run([&["synth", "--out", &recording], &options[..]].concat()).succeeded();

    let mut track = mvmhat();
    track.args(["track", &recording, "--out", &out]);
    track.env("MVMHAT_CACHE", &cache).env_remove("MVMHAT_WEIGHTS_MIRROR");
    Run::from(track.output().unwrap()).succeeded();
    assert_eq!(std::fs::read_dir(folder.path().join("cache/weights")).unwrap().count(), 2);

    let scores = path("scores.json");
    run(["eval", "--gt", &recording, "--tracks", &out, "--json", &scores]).succeeded();
    let mota = json(&scores)["overall"]["MOTA"].as_f64().unwrap();
    assert!(mota > 20.0, "MOTA {mota}");
}
