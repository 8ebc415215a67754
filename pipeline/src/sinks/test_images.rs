//! A small recording for the tests of the sinks.

use std::path::Path;

use mvmhat_scene::{BBox, FrameIndex, FrameNumber, FrameSet, PersonId, Sequence, TrackedBox, ViewFrame};
use opencv::core::{CV_8UC3, Mat, Scalar, Vector};
use opencv::imgcodecs;

/// How many timesteps there are, counted from 1.
pub(super) const FRAMES: u32 = 4;
/// What every pixel of every image is.
pub(super) const GRAY: u8 = 120;

/// Two cameras of 320x240 at 10 frames per second. Camera `a` lacks frame 2; frame 3 of camera `b` is cut off.
pub(super) fn images(folder: &Path) -> Sequence {
    let root = folder.join("yard");
    for camera in ["a", "b"] {
        let images = root.join(camera).join("img1");
        std::fs::create_dir_all(&images).unwrap();
        let image = Mat::new_rows_cols_with_default(240, 320, CV_8UC3, Scalar::all(f64::from(GRAY))).unwrap();
        let mut bytes = Vector::new();
        imgcodecs::imencode(".jpg", &image, &mut bytes, &Vector::new()).unwrap();
        for frame in (1..=FRAMES).filter(|frame| (camera, *frame) != ("a", 2)) {
            let whole = bytes.as_slice();
            let bytes = if (camera, frame) == ("b", 3) { &whole[..whole.len() / 2] } else { whole };
            std::fs::write(images.join(format!("{frame:06}.jpg")), bytes).unwrap();
        }
        std::fs::write(
            root.join(camera).join("seqinfo.ini"),
            format!("[Sequence]\nname={camera}\nimDir=img1\nframeRate=10\nseqLength={FRAMES}\nimWidth=320\nimHeight=240\nimExt=.jpg\n"),
        )
        .unwrap();
    }
    let sequence = Sequence::open(&root).unwrap();
    assert_eq!(sequence.cameras.len(), 2);
    sequence
}

/// What is tracked at a timestep: person 1 in both cameras, person 2 in `b` only. `a` is absent at frame 2.
pub(super) fn frame_set(number: u32) -> FrameSet<Vec<TrackedBox>> {
    let tracked = |person, bbox| TrackedBox { person: PersonId(person), bbox, score: 0.9 };
    let view = |content| Some(ViewFrame { number: FrameNumber(number), content });
    let first = tracked(1, BBox::new(100.0, 80.0, 50.0, 120.0));
    let second = tracked(2, BBox::new(10.0 + f64::from(number), 90.0, 40.0, 100.0));
    let a = if number == 2 { None } else { view(vec![first]) };
    FrameSet {
        index: FrameIndex(u64::from(number)),
        seconds: f64::from(number) / 10.0,
        views: vec![a, view(vec![first, second])],
    }
}
