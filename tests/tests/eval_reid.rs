//! `mvmhat eval-reid`, from images and ground truth to tables, JSON and plots.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};

use mvmhat_tests::{Blocks, Images, Run, json, keys, run, text, write_embeddings};
use serde_json::Value;

/// Three people, each in one color, in two cameras and twelve frames.
fn blocks(images: Images) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let sequence = Blocks { images, ..Blocks::default() }.write(&folder.path().join("blocks"));
    (folder, sequence)
}

fn eval(sequence: &Path, more: &[&str]) -> Run {
    let own = ["eval-reid", sequence.to_str().unwrap(), "--set=embedder=color-histogram"];
    run(own.iter().chain(more))
}

fn scores(sequence: &Path, more: &[&str]) -> Value {
    let file = sequence.with_extension("json");
    eval(sequence, &[&["--overwrite", "--json", file.to_str().unwrap()], more].concat()).succeeded();
    json(file)
}

/// The rows of a file with other identities.
fn with_identities(file: &Path, identity: impl Fn(u32) -> u32) -> String {
    let changed = |line: &str| {
        let mut columns: Vec<String> = line.split(',').map(str::to_owned).collect();
        columns[1] = identity(columns[1].parse().unwrap()).to_string();
        columns.join(",") + "\n"
    };
    text(file).lines().map(changed).collect()
}

#[test]
fn people_in_colors_of_their_own_are_told_apart() {
    for images in [Images::Jpeg, Images::Video] {
        let (_folder, sequence) = blocks(images);
        let scores = scores(&sequence, &["--every", "3"]);
        // Frames 1, 4, 7 and 10.
        assert_eq!(
            (&scores["instants"], &scores["crops"], &scores["people"]),
            (&4.into(), &24.into(), &3.into())
        );
        for part in ["/overall", "/pairs/0"] {
            let part = scores.pointer(part).unwrap();
            for perfect in ["Hungarian", "rank1", "mAP", "AUC"] {
                assert_eq!(part[perfect], 100.0, "{perfect} of {part}");
            }
            assert_eq!(
                (&part["people"], &part["queries"], &part["EER"]),
                (&12.into(), &24.into(), &0.0.into())
            );
        }
        assert_eq!(scores["confusions"], Value::Array(Vec::new()));
        assert_eq!(scores["embedder"]["name"], "color-histogram");
    }
}

#[test]
fn identities_that_are_exchanged_in_one_camera_cost_scores_and_are_listed() {
    let (_folder, sequence) = blocks(Images::Jpeg);
    let file = sequence.join("cam2/gt/gt.txt");
    let exchanged = with_identities(&file, |id| if id == 3 { 3 } else { 3 - id });
    std::fs::write(file, exchanged).unwrap();
    let file = sequence.with_extension("json");
    let run = eval(&sequence, &["--every", "1", "--json", file.to_str().unwrap()]).succeeded();
    let scores = json(file);
    // Person 3 alone is right: a third of the people, a third of the queries.
    let third = 100.0 / 3.0;
    for ratio in ["Hungarian", "rank1"] {
        assert!((scores["overall"][ratio].as_f64().unwrap() - third).abs() < 1e-9, "{}", scores["overall"]);
    }
    let confusions = serde_json::json!([
        {"person": 1, "taken_for": 2, "queries": 24, "of": 24},
        {"person": 2, "taken_for": 1, "queries": 24, "of": 24},
    ]);
    assert_eq!(scores["confusions"], confusions);
    assert!(run.stdout.contains("Confusions: whom"), "{run:#?}");
}

#[test]
fn the_keys_of_the_json_are_the_documented_ones() {
    let (_folder, sequence) = blocks(Images::Jpeg);
    let scores = scores(&sequence, &[]);
    let top = [
        "people",
        "crops",
        "overall",
        "pairs",
        "histogram",
        "confusions",
        "instants",
        "embedder",
        "every",
        "visibility",
    ];
    assert_eq!(keys(&scores), top);
    let shown = ["Hungarian", "people", "rank1", "mAP", "queries", "AUC", "EER", "dprime"];
    assert_eq!(keys(&scores["overall"])[..8], shown);
    assert_eq!(scores["pairs"][0]["cameras"], serde_json::json!(["cam1", "cam2"]));
    assert_eq!(keys(&scores["pairs"][0])[1..9], shown);
    assert_eq!(keys(&scores["histogram"]), ["first", "width", "same", "different"]);
    let pairs: u64 =
        scores["histogram"]["same"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(scores["overall"]["same_pairs"], pairs);
    assert_eq!((&scores["every"], &scores["visibility"]), (&10.into(), &0.5.into()));
}

#[test]
fn frames_and_visibility_limit_what_is_scored() {
    let (_folder, sequence) = blocks(Images::Jpeg);
    assert_eq!(scores(&sequence, &["--every", "1", "--frames", "3..=7"])["instants"], 5);
    let file = sequence.join("cam1/gt/gt.txt");
    std::fs::write(&file, text(&file).replace(",1,1,1\n", ",1,1,0.4\n")).unwrap();
    eval(&sequence, &[]).failed(1, &["no two cameras see the same person", "seen by two"]);
    assert_eq!(scores(&sequence, &["--visibility", "0.3"])["crops"], 12, "frames 1 and 11");
}

#[test]
fn plots_and_tables() {
    let (folder, sequence) = blocks(Images::Video);
    let (out, rrd) = (folder.path().join("new/out"), folder.path().join("map.rrd"));
    let more = ["--out", out.to_str().unwrap(), "--rrd", rrd.to_str().unwrap(), "--format", "markdown"];
    let run = eval(&sequence, &more).succeeded();
    assert!(run.stdout.contains("| cam1 cam2") && run.stdout.contains("| all cameras"), "{run:#?}");
    let image = opencv::imgcodecs::imread_def(out.join("histogram.png").to_str().unwrap()).unwrap();
    use opencv::prelude::*;
    assert_eq!((image.cols(), image.rows()), (1200, 700));
    let svg = text(out.join("histogram.svg"));
    assert!(svg.contains("color-histogram on blocks") && svg.contains("same person, 12 pairs"), "{svg}");
    assert!(std::fs::read(&rrd).unwrap().starts_with(b"RRF2"), "the mark of Rerun's files");
}

#[test]
fn several_sequences_are_pooled() {
    let folder = tempfile::tempdir().unwrap();
    let [hall, yard] = ["hall", "yard"].map(|name| Blocks::default().write(&folder.path().join(name)));
    let yard = yard.to_str().unwrap();
    let scores = scores(&hall, &[yard]);
    assert_eq!(keys(&scores["recordings"]), ["hall", "yard"]);
    assert_eq!(scores["overall"]["queries"], 24, "three people, two cameras, frames 1 and 11, twice");
    assert_eq!(scores["overall"]["rank1"], 100.0);
    eval(&hall, &[yard, "--rrd", "x.rrd"]).failed(2, &["--rrd", "one recording"]);
}

#[test]
fn options_that_do_not_belong_together_are_refused() {
    let (_folder, sequence) = blocks(Images::Jpeg);
    for option in
        [&["--tracks", "there"][..], &["--protocol", "devkit"], &["--errors", "e.csv"], &["--ground-plane"]]
    {
        eval(&sequence, option).failed(2, &[option[0]]);
    }
    let tracks = ["eval", "--gt", sequence.to_str().unwrap(), "--tracks", sequence.to_str().unwrap()];
    for option in
        [&["--every", "2"][..], &["--set", "embedder=file"], &["--out", "here"], &["--device", "cpu"]]
    {
        run(tracks.iter().chain(option)).failed(2, &[option[0]]);
    }
    eval(&sequence, &["--every", "0"]).failed(2, &["--every"]);
    eval(&sequence, &["--visibility", "70"]).failed(2, &["from 0 to 1"]);
    eval(&sequence, &["--set", "embeder.batch=2"]).failed(2, &["did you mean `embedder`"]);
}

#[test]
fn what_cannot_be_scored_is_reported() {
    let (_folder, sequence) = blocks(Images::Jpeg);
    eval(&sequence, &["--frames", "500..=600"]).failed(1, &["no ground truth of the frames 500 to 600"]);
    eval(&sequence, &["--set=embedder=file"]).failed(1, &["det.txt has no embeddings"]);
    eval(&sequence, &["--set=embedder.name=osnet-x0.25", "--set=embedder.weights=none.pth"])
        .failed(1, &["none.pth"]);

    // A frame with ground truth whose image is missing.
    std::fs::remove_file(sequence.join("cam2/img1/000011.jpg")).unwrap();
    eval(&sequence, &[]).failed(1, &["cam2", "frame 11", "--frames"]);
    eval(&sequence, &["--every", "1", "--frames", "1..=9"]).succeeded();

    // Nobody in common.
    let file = sequence.join("cam2/gt/gt.txt");
    std::fs::write(&file, with_identities(&file, |id| id + 20)).unwrap();
    eval(&sequence, &["--frames", "1..=9"]).failed(1, &["no two cameras see the same person"]);
    for camera in ["cam1", "cam2"] {
        std::fs::remove_dir_all(sequence.join(camera).join("gt")).unwrap();
    }
    eval(&sequence, &[]).failed(1, &["no ground truth"]);
}

#[test]
fn the_embeddings_of_files_need_no_images() {
    let (folder, sequence) = blocks(Images::Jpeg);
    for camera in ["cam1", "cam2"] {
        std::fs::remove_dir_all(sequence.join(camera).join("img1")).unwrap();
        write_embeddings(&sequence.join(camera).join("det"));
    }
    let rrd = folder.path().join("map.rrd");
    let scores = scores(&sequence, &["--set=embedder=file", "--rrd", rrd.to_str().unwrap()]);
    assert_eq!((&scores["overall"]["rank1"], &scores["crops"]), (&100.0.into(), &12.into()));
    assert!(rrd.exists(), "a map without images");
}
