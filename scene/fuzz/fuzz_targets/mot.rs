//! MOT text: rows of finite numbers or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mvmhat_scene::mot;

fuzz_target!(|text: &[u8]| {
    let Ok(rows) = mot::parse(text) else { return };
    for row in &rows {
        let numbers = [row.bbox.x, row.bbox.y, row.bbox.w, row.bbox.h, row.score];
        assert!(numbers.iter().all(|v| v.is_finite()));
    }
    mot::duplicates(&rows);
});
