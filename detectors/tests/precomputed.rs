//! `detector: file` and `embedder: file`: detections and embeddings are found by camera, frame and box.

#![allow(clippy::panic, clippy::unwrap_used)] // Helpers of tests, too, may fail loudly.

use std::fs;
use std::path::Path;

use mvmhat_detectors::{DetectorConfig, EmbedderConfig, Frame, build_detector, build_embedder};
use mvmhat_scene::{BBox, CameraId, FrameNumber, Sequence};
use tch::Device;

/// A table of little-endian `f64` in NumPy's format, version 1.
fn npy<const COLUMNS: usize>(rows: &[[f64; COLUMNS]]) -> Vec<u8> {
    let header =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {COLUMNS}), }}", rows.len());
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(rows.as_flattened().iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

fn row(frame: f64, x: f64, score: f64, embedding: [f64; 2]) -> [f64; 12] {
    [frame, -1.0, x, 2.0, 30.0, 60.0, score, -1.0, -1.0, -1.0, embedding[0], embedding[1]]
}

fn camera(root: &Path, name: &str, file: &str, bytes: &[u8]) {
    let folder = root.join(name).join("det");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(file), bytes).unwrap();
}

fn frame(camera: u16, number: u32) -> Frame {
    Frame { camera: CameraId(camera), number: FrameNumber(number), image: None }
}

fn file_detector(yaml: &str) -> DetectorConfig {
    serde_yaml::from_str(&format!("{{name: file{yaml}}}")).unwrap()
}

fn file_embedder() -> EmbedderConfig {
    serde_yaml::from_str("name: file").unwrap()
}

#[test]
fn detections_and_embeddings_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let left =
        [row(7.0, 1.0, 0.5, [3.0, 4.0]), row(7.0, 50.0, 0.75, [0.0, 2.0]), row(8.0, 1.0, 0.1, [1.0, 0.0])];
    camera(root, "left", "det.npy", &npy(&left));
    camera(root, "right", "det.npy", &npy(&[row(7.0, 9.0, 0.25, [1.0, 0.0])]));
    let sequence = Sequence::open(root).unwrap();

    let mut detector = build_detector(&file_detector(""), &sequence, Device::Cpu).unwrap();
    let mut embedder = build_embedder(&file_embedder(), &sequence, Device::Cpu).unwrap();
    assert!(!detector.needs_images() && !embedder.needs_images());
    let frames = [frame(0, 7), frame(1, 7), frame(0, 8), frame(1, 8)];
    let mut people = detector.detect(&frames).unwrap();
    let xs: Vec<Vec<f64>> = people.iter().map(|list| list.iter().map(|d| d.bbox.x).collect()).collect();
    assert_eq!(xs, [vec![50.0, 1.0], vec![9.0], vec![1.0], vec![]], "by descending score");
    assert!(people.iter().flatten().all(|d| d.embedding.is_none()), "that is for the embedder");
    embedder.embed(&frames, &mut people).unwrap();
    assert_eq!(people[0][1].embedding.as_ref().unwrap().as_slice(), [0.6, 0.8]);
    assert_eq!(people[1][0].embedding.as_ref().unwrap().as_slice(), [1.0, 0.0]);

    let mut strict = build_detector(&file_detector(", conf: 0.3"), &sequence, Device::Cpu).unwrap();
    let counts: Vec<_> = strict.detect(&frames).unwrap().iter().map(Vec::len).collect();
    assert_eq!(counts, [2, 0, 0, 0]);

    // Another box.
    people[1][0].bbox = BBox::new(9.5, 2.0, 30.0, 60.0);
    let error = embedder.embed(&frames, &mut people).unwrap_err().to_string();
    assert!(error.starts_with("camera 1, frame 7: the file of embeddings has no box at 9.5"), "{error}");
}

#[test]
fn missing_files_and_embeddings_are_named() {
    let folder = tempfile::tempdir().unwrap();
    camera(folder.path(), "left", "det.npy", &npy(&[row(1.0, 1.0, 0.5, [1.0, 0.0])]));
    camera(folder.path(), "right", "det.txt", b"1,-1,1,2,30,60,0.5,-1,-1,-1\n");
    let mut sequence = Sequence::open(folder.path()).unwrap();
    build_detector(&file_detector(""), &sequence, Device::Cpu).unwrap();
    let embedder_error = |sequence: &Sequence| {
        build_embedder(&file_embedder(), sequence, Device::Cpu).map(|_| ()).unwrap_err().to_string()
    };
    let error = embedder_error(&sequence);
    assert!(error.contains("det.txt has no embeddings"), "{error}");

    let wide: [f64; 13] =
        std::array::from_fn(|i| row(1.0, 1.0, 0.5, [1.0, 0.0]).get(i).copied().unwrap_or(0.0));
    camera(folder.path(), "right", "det.npy", &npy(&[wide]));
    sequence.cameras[1].detections = Some(folder.path().join("right/det/det.npy"));
    let error = embedder_error(&sequence);
    assert!(error.contains("has embeddings of 3 dimensions, those of the other cameras have 2"), "{error}");

    sequence.cameras[1].detections = None;
    let error =
        build_detector(&file_detector(""), &sequence, Device::Cpu).map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("camera right has no file of detections"), "{error}");
}
