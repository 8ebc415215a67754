//! WILDTRACK annotations: boxes with an area on a known camera, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mvmhat_scene::FrameNumber;
use mvmhat_scene::wildtrack::Annotations;

fuzz_target!(|json: &[u8]| {
    let mut annotations = Annotations::default();
    let _ = annotations.add(FrameNumber(5), json);
    assert!(annotations.views.iter().flatten().all(|row| row.bbox.is_valid()));
});
