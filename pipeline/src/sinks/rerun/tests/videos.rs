//! How the video of a camera is shown: embedded where the viewer can decode it, else as single images.

use std::path::Path;

use mvmhat_scene::{Rotation, Sequence};
use opencv::core::{CV_8UC3, Mat, Scalar};
use opencv::prelude::*;
use opencv::videoio::{CAP_FFMPEG, VideoWriter};
use rerun::RecordingStreamBuilder;

use super::super::camera_path;
use super::super::image::Images;
use super::written;
use crate::sinks::test_images;

/// One camera filmed as a video of 320x240, MP4 or AVI.
fn video(folder: &Path, file: &str, [a, b, c, d]: [char; 4]) -> Sequence {
    let camera = folder.join("hall").join("a");
    std::fs::create_dir_all(&camera).unwrap();
    let code = VideoWriter::fourcc(a, b, c, d).unwrap();
    let size = opencv::core::Size::new(320, 240);
    let path = camera.join(file);
    let mut writer = VideoWriter::new_with_backend(&path, CAP_FFMPEG, code, 10.0, size, true).unwrap();
    assert!(writer.is_opened().unwrap(), "{file}");
    let image = Mat::new_rows_cols_with_default(240, 320, CV_8UC3, Scalar::all(90.0)).unwrap();
    for _ in 0..test_images::FRAMES {
        writer.write(&image).unwrap();
    }
    writer.release().unwrap();
    Sequence::open(&folder.join("hall")).unwrap()
}

#[test]
fn an_mp4_is_embedded_once_and_referred_to() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = video(folder.path(), "video.mp4", ['a', 'v', 'c', '1']);
    let (entities, _) = written(&sequence, folder.path());
    let image = &entities["/cameras/a/image"];
    assert!(image.is_static && image.components.contains("AssetVideo:blob"), "{image:?}");
    assert!(image.components.contains("VideoFrameReference:timestamp"), "{image:?}");
    assert!(!image.components.contains("EncodedImage:blob"), "{image:?}");
}

#[test]
fn a_frame_is_referred_to_by_its_own_presentation_time() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = video(folder.path(), "video.mp4", ['a', 'v', 'c', '1']);
    let (stream, storage) = RecordingStreamBuilder::new("test").memory().unwrap();
    let images = Images::open(&sequence.cameras[0], &stream, &camera_path("a")).unwrap();
    let Images::Video(times) = images else { panic!("an MP4 is embedded") };
    // 10 frames per second.
    assert_eq!(times, [0, 100_000_000, 200_000_000, 300_000_000]);
    assert!(!storage.take().is_empty());
}

#[test]
fn what_the_viewer_cannot_show_upright_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let mut turned = video(folder.path(), "video.mp4", ['a', 'v', 'c', '1']);
    turned.cameras[0].rotation = Rotation::Clockwise;
    let other = tempfile::tempdir().unwrap();
    let avi = video(other.path(), "video.avi", ['M', 'J', 'P', 'G']);
    for sequence in [turned, avi] {
        let (entities, _) = written(&sequence, folder.path());
        let image = &entities["/cameras/a/image"];
        assert!(image.components.contains("EncodedImage:blob"), "{image:?}");
        assert!(!image.components.contains("AssetVideo:blob"), "{image:?}");
    }
}
