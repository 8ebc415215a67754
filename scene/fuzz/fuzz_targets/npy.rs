//! Tables in the DeepSORT layout: every row is found under its frame, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mvmhat_scene::DetectionFile;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = DetectionFile::parse_npy(bytes) else { return };
    for number in file.numbers() {
        assert!(!file.detections(number).is_empty());
        assert!(file.detections(number).iter().all(|d| d.bbox.is_valid()));
    }
});
