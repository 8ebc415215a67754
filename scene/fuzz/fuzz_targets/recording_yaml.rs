//! `recording.yaml` beside one camera: a recording or an error.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mvmhat_scene::Sequence;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(folder.path().join("cam1")).expect("a folder in it");
    fs::write(folder.path().join("cam1/1.jpg"), "").expect("a file in it");
    folder
});

fuzz_target!(|yaml: &[u8]| {
    fs::write(FOLDER.path().join("recording.yaml"), yaml).expect("a file in the temporary folder");
    if let Ok(recording) = Sequence::open(FOLDER.path()) {
        assert!(!recording.cameras.is_empty());
        let _ = recording.clock(|camera| camera.fps.unwrap_or(25.0));
    }
});
