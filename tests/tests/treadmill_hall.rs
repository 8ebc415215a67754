//! The real clip of four cameras, from pixels to identities, with the public networks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use tests::{fixtures, json, run, shared, treadmill_hall};

/// Global IDF1 that the default configuration must reach on this clip; YOLOX-nano's recall bounds it at about 96.
const GLOBAL_IDF1: f64 = 93.0;

#[test]
fn three_people_keep_their_identities_in_four_cameras() {
    let (Some(clip), Some(weights)) = (treadmill_hall(), shared("weights")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (out, scores) = (folder.path().join("out"), folder.path().join("scores.json"));
    let done = tests::Run::from(
        tests::mvmhat()
            .env("MVMHAT_WEIGHTS_MIRROR", &weights)
            .args(["track", clip.to_str().unwrap(), "--out", out.to_str().unwrap()])
            .output()
            .unwrap(),
    );
    done.succeeded();
    let truth = fixtures().join("treadmill-hall");
    run([
        "eval",
        "--gt",
        truth.to_str().unwrap(),
        "--tracks",
        out.to_str().unwrap(),
        "--json",
        scores.to_str().unwrap(),
    ])
    .succeeded();
    let idf1 = json(scores)["global"]["IDF1"].as_f64().unwrap();
    assert!(idf1 >= GLOBAL_IDF1, "global IDF1 {idf1}");
}
