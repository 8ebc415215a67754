//! Calibrations: what is read images the ground in finite numbers, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mvmhat_scene::Calibration;

fuzz_target!(|yaml: &[u8]| {
    let Ok(calibration) = Calibration::parse(yaml) else { return };
    for camera in calibration.cameras.values() {
        if let Some((x, y)) = camera.project([1.0, 2.0, 0.0]) {
            assert!(x.is_finite() && y.is_finite());
        }
        if let Some((x, y)) = camera.ground_position((100.0, 100.0), &calibration.ground) {
            assert!(x.is_finite() && y.is_finite());
        }
    }
});
