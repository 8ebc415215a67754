//! Sequences of other people open as they are.

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_reference::shared;
use mvmhat_scene::{DetectionFile, Sequence, Source};

/// Every sequence there is to test with opens, with a calibration for each of its cameras.
#[test]
#[ignore = "needs the reference data in ../shared (MVMHAT_SHARED)"]
fn reference_sequences() {
    for (name, cameras, videos) in [
        ("plaza-val", 4, true),
        ("lobby-train", 3, true),
        ("mix/mix-01", 4, true),
        ("treadmill-hall", 4, false),
    ] {
        let sequence = Sequence::open(&shared("footage").join(name)).unwrap();
        assert_eq!(sequence.cameras.len(), cameras, "{name}");
        let calibration = sequence.calibration.as_ref().unwrap();
        for camera in &sequence.cameras {
            assert!(calibration.cameras.contains_key(&camera.name));
            assert_eq!(matches!(camera.source, Source::Video(_)), videos, "{name}");
            assert!(camera.fps.is_some());
        }
        assert!(sequence.ground_truth().unwrap().iter().all(Option::is_some), "{name}");
        assert!(!sequence.ground_truth_positions().unwrap().unwrap().is_empty());
    }
    for (name, cameras) in [("1", 4), ("8", 3), ("12", 4)] {
        let gt = Sequence::open(&shared("mvmhat").join(name)).unwrap().ground_truth().unwrap();
        assert_eq!(gt.iter().flatten().count(), cameras);
        let sequence = Sequence::open(&shared("bench/sim60").join(name)).unwrap();
        assert_eq!(sequence.cameras.len(), cameras);
        for camera in &sequence.cameras {
            let file = DetectionFile::read(camera.detections.as_ref().unwrap()).unwrap();
            assert_eq!(file.dimension(), Some(64));
            let detections: usize = file.numbers().map(|n| file.detections(n).len()).sum();
            assert!(detections > 500 && file.empty_boxes() == 0, "{name} {detections}");
        }
    }
    let mvmhat = Sequence::open(&shared("mvmhat")).unwrap_err().to_string();
    assert!(mvmhat.contains("6 recordings instead"), "{mvmhat}");
}
