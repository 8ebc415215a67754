//! Networks on real images with ground truth.

#![allow(clippy::panic, clippy::unwrap_used)] // Helpers of tests, too, may fail loudly.

use std::path::Path;

use mvmhat_detectors::{
    DetectorConfig, DetectorModel, EmbedderConfig, EmbedderName, Frame, Image, build_detector, build_embedder,
};
use mvmhat_learning::networks::Backbone;
use mvmhat_reference::shared;
use mvmhat_scene::{CameraId, FrameNumber, Sequence, Source, mot};
use opencv::core::Mat;
use opencv::prelude::*;
use opencv::videoio::{CAP_ANY, VideoCapture};
use tch::Device;

/// Frame 1 of every camera of a sequence of videos.
fn first_frames(sequence: &Sequence) -> Vec<Frame> {
    let first = |camera: &mvmhat_scene::Camera| {
        let Source::Video(path) = &camera.source else { panic!("{} is no video", camera.name) };
        let mut image = Mat::default();
        assert!(VideoCapture::from_file(path.to_str().unwrap(), CAP_ANY).unwrap().read(&mut image).unwrap());
        Frame { camera: camera.id, number: FrameNumber(1), image: Some(Image::new(image).unwrap()) }
    };
    sequence.cameras.iter().map(first).collect()
}

fn yolox_nano() -> DetectorModel {
    DetectorModel::named("yolox-nano").unwrap()
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn visible_people_are_detected_and_embedded() {
    tch::set_num_threads(1);
    let sequence = Sequence::open(&shared("footage/plaza-val")).unwrap();
    let weights = |name: &str| Some(shared(Path::new("weights").join(name)).to_str().unwrap().to_owned());
    let frames = first_frames(&sequence);

    let name = yolox_nano();
    let config = DetectorConfig { name, weights: weights("yolox_nano.safetensors"), ..Default::default() };
    let mut detector = build_detector(&config, &sequence, Device::Cpu).unwrap();
    let mut people = detector.detect(&frames).unwrap();
    let (mut found, mut all) = (0, 0);
    for (i, people) in people.iter().enumerate() {
        let path = sequence.cameras[i].ground_truth.as_ref().unwrap();
        let gt = mot::read(path).unwrap();
        // People in full view.
        let visible =
            |row: &&mot::Row| row.frame == FrameNumber(1) && row.visibility.is_some_and(|v| v > 0.9);
        for row in gt.iter().filter(visible) {
            all += 1;
            found += usize::from(people.iter().any(|d| d.bbox.iou(&row.bbox) > 0.5));
        }
    }
    println!("{found} of {all} visible people found, {} boxes", people.iter().map(Vec::len).sum::<usize>());
    assert!(all >= 10 && found * 10 >= all * 7, "{found} of {all} people found");

    let name = EmbedderName::Network(Backbone::named("osnet-x0.25").unwrap());
    let config =
        EmbedderConfig { name, weights: weights("osnet_x0_25_msmt17.safetensors"), ..Default::default() };
    let mut embedder = build_embedder(&config, &sequence, Device::Cpu).unwrap();
    embedder.embed(&frames, &mut people).unwrap();
    for detection in people.iter().flatten() {
        let embedding = detection.embedding.as_ref().unwrap().as_slice();
        assert_eq!(embedding.len(), 512);
        assert!((embedding.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-4);
    }

    // The size of the batch changes nothing but the last bits.
    let alone = detector.detect(&frames[1..2]).unwrap();
    assert_eq!(alone[0].len(), people[1].len());
    for (a, b) in alone[0].iter().zip(&people[1]) {
        assert!(a.bbox.iou(&b.bbox) > 0.999 && (a.score - b.score).abs() < 1e-3);
    }
}

#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn a_frame_without_an_image_is_named() {
    let sequence = Sequence::open(&shared("footage/plaza-val")).unwrap();
    let weights = shared("weights/yolox_nano.safetensors").to_str().map(str::to_owned);
    let config = DetectorConfig { name: yolox_nano(), weights, ..Default::default() };
    let mut detector = build_detector(&config, &sequence, Device::Cpu).unwrap();
    let frame = Frame { camera: CameraId(2), number: FrameNumber(9), image: None };
    let error = detector.detect(&[frame]).unwrap_err().to_string();
    assert_eq!(error, "camera 2, frame 9 has no image, and the network needs one");
}
