use mvmhat_scene::{FrameIndex, FrameNumber, PersonId};
use opencv::videoio::{CAP_FFMPEG, CAP_PROP_FPS, VideoCapture};

use super::*;
use crate::sinks::test_images;

/// The frames of a video, decoded.
fn frames_of(path: &Path) -> (Vec<Mat>, f64) {
    let mut capture = VideoCapture::from_file(path, CAP_FFMPEG).unwrap();
    let fps = capture.get(CAP_PROP_FPS).unwrap();
    let mut frames = Vec::new();
    loop {
        let mut frame = Mat::default();
        if !capture.read(&mut frame).unwrap() {
            return (frames, fps);
        }
        frames.push(frame);
    }
}

/// The color at a pixel, as blue, green, red.
fn pixel(frame: &Mat, x: i32, y: i32) -> [i32; 3] {
    let [b, g, r] = frame.at_2d::<opencv::core::Vec3b>(y, x).unwrap().0;
    [b, g, r].map(i32::from)
}

fn is_near(a: [i32; 3], b: [i32; 3]) -> bool {
    // The codec keeps color at half the resolution and loses some of it.
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 40)
}

#[test]
fn the_video_has_a_frame_an_timestep_and_shows_who_is_where() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = test_images::images(folder.path());
    let path = folder.path().join("overlay.mp4");
    let config = OutputConfig { trail: 0, ..OutputConfig::default() };
    let mut sink = OverlaySink::create(&path, &sequence, &config).unwrap();
    for i in 1..=test_images::FRAMES {
        sink.write(&test_images::frame_set(i)).unwrap();
    }
    assert!(!path.exists(), "the name is for the finished video");
    sink.finish().unwrap();

    let (frames, fps) = frames_of(&path);
    assert_eq!(frames.len() as u32, test_images::FRAMES);
    assert!((fps - 10.0).abs() < 1e-6, "{fps}");
    // Two cameras of 320x240 side by side.
    assert_eq!((frames[0].cols(), frames[0].rows()), (640, 240));
    // The images are the fixture's gray, camera a lacks frame 2, camera b's frame 3 is cut off.
    let gray = [test_images::GRAY; 3].map(i32::from);
    let dark = [DARK.b, DARK.g, DARK.r].map(i32::from);
    for (i, expected) in [[gray, gray], [dark, gray], [gray, dark], [gray, gray]].into_iter().enumerate() {
        for (camera, expected) in expected.into_iter().enumerate() {
            let found = pixel(&frames[i], camera as i32 * 320 + 300, 200);
            assert!(is_near(found, expected), "frame {}, camera {camera}: {found:?}", i + 1);
        }
    }
    // The lower edge of person 1's box in camera a: x 100 to 150, y 80 to 200.
    let color = crate::sinks::palette::color(PersonId(1));
    let found = pixel(&frames[0], 125, 199);
    assert!(is_near(found, [color.b, color.g, color.r].map(i32::from)), "{found:?}");
    // Nothing temporary is left.
    assert!(
        std::fs::read_dir(folder.path()).unwrap().all(|f| !f
            .unwrap()
            .path()
            .to_string_lossy()
            .contains("partial"))
    );
}

#[test]
fn a_run_given_up_leaves_no_video() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = test_images::images(folder.path());
    let path = folder.path().join("overlay.mp4");
    let mut sink = OverlaySink::create(&path, &sequence, &OutputConfig::default()).unwrap();
    sink.write(&test_images::frame_set(1)).unwrap();
    drop(sink);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with("mp4")), "{left:?}");
}

#[test]
fn a_recording_without_images_has_no_overlay() {
    let folder = tempfile::tempdir().unwrap();
    let mut sequence = test_images::images(folder.path());
    for camera in &mut sequence.cameras {
        camera.source = mvmhat_scene::Source::Detections;
    }
    let error = OverlaySink::create(&folder.path().join("overlay.mp4"), &sequence, &OutputConfig::default());
    assert!(error.err().unwrap().to_string().contains("needs images"));
}

#[test]
fn a_box_beyond_the_edge_does_no_harm() {
    let mut tile = Mat::new_rows_cols_with_default(90, 160, CV_8UC3, Scalar::all(0.0)).unwrap();
    let pen = Pen::new(90);
    for bbox in [
        BBox::new(-50.0, -50.0, 70.0, 70.0),
        BBox::new(150.0, 80.0, 500.0, 500.0),
        BBox::new(500.0, 10.0, 5.0, 5.0),
        BBox::new(f64::NAN, 0.0, 5.0, f64::INFINITY),
    ] {
        pen.person(&mut tile, PersonId(123_456), &bbox).unwrap();
    }
    pen.trail(&mut tile, PersonId(1), [(-1e12, f64::NAN), (1e12, 3.0)].into_iter()).unwrap();
    pen.caption(&mut tile, &"a long name ".repeat(20)).unwrap();
}

#[test]
fn frames_are_asked_for_forward_only() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = test_images::images(folder.path());
    let mut replay = Replay::open(&sequence.cameras[0]);
    assert!(replay.image(FrameNumber(1)).is_some());
    assert!(replay.image(FrameNumber(2)).is_none(), "camera a has no frame 2");
    assert!(replay.image(FrameNumber(3)).is_some(), "what was read ahead is kept");
    assert!(replay.image(FrameNumber(9)).is_none());
    assert_eq!(test_images::frame_set(1).index, FrameIndex(1));
}
