mod videos;

use std::collections::{BTreeMap, BTreeSet};

use mvmhat_evaluation::{CameraRows, Comparison, Crop, Crops, EmbeddingScores, Observation, Protocol};
use mvmhat_scene::{BBox, Calibration, CameraId, Embedding, FrameIndex, FrameNumber};
use opencv::core::{CV_8UC3, Mat, Scalar};
use rerun::StoreKind;
use rerun::external::re_log_encoding::DecoderApp;
use rerun::log::{Chunk, LogMsg};

use super::ground::Ground;
use super::*;
use crate::sinks::{test_images, thumbnail};

/// What a file says of one entity.
#[derive(Debug, Default)]
struct Entity {
    rows: usize,
    is_static: bool,
    timelines: BTreeSet<String>,
    components: BTreeSet<String>,
}

/// The entities of a file, and how many messages belong to its blueprint.
fn read(path: &Path) -> (BTreeMap<String, Entity>, usize) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let (mut entities, mut blueprint) = (BTreeMap::<String, Entity>::new(), 0);
    for message in DecoderApp::decode_eager(file).unwrap() {
        let LogMsg::ArrowMsg(store, message) = message.unwrap() else { continue };
        if store.kind() == StoreKind::Blueprint {
            blueprint += 1;
            continue;
        }
        let chunk = Chunk::from_arrow_msg(&message).unwrap();
        let entity = entities.entry(chunk.entity_path().to_string()).or_default();
        entity.is_static |= chunk.is_static();
        if !chunk.is_static() {
            entity.rows += chunk.num_rows();
        }
        entity.timelines.extend(chunk.timelines().keys().map(ToString::to_string));
        entity.components.extend(chunk.components_identifiers().map(|name| name.to_string()));
    }
    (entities, blueprint)
}

fn written(sequence: &Sequence, folder: &Path) -> (BTreeMap<String, Entity>, usize) {
    let path = folder.join("run.rrd");
    let mut sink = RerunSink::save(&path, sequence, &OutputConfig::default()).unwrap();
    for number in 1..=test_images::FRAMES {
        sink.write(&test_images::frame_set(number)).unwrap();
    }
    sink.finish().unwrap();
    read(&path)
}

#[test]
fn a_file_has_every_entity_on_both_timelines() {
    let folder = tempfile::tempdir().unwrap();
    let (entities, blueprint) = written(&test_images::images(folder.path()), folder.path());
    assert!(blueprint > 0, "the layout of the viewer is in the file");
    let frames = test_images::FRAMES as usize;
    for (name, rows) in [
        ("/cameras/a/people", frames),
        ("/cameras/a/trails", frames),
        ("/cameras/b/people", frames),
        ("/plots/people/a", frames),
        ("/plots/identities/now", frames),
        ("/plots/identities/so_far", frames),
        // The first frame set has no speed yet.
        ("/plots/speed", frames - 1),
    ] {
        let entity = entities.get(name).unwrap_or_else(|| panic!("{name} is not in {:?}", entities.keys()));
        assert_eq!(entity.rows, rows, "{name}");
        assert_eq!(entity.timelines, BTreeSet::from([FRAME.to_owned(), TIME.to_owned()]), "{name}");
    }
    assert!(!entities.contains_key("/ground/people"), "no calibration, no ground");
    let image = &entities["/cameras/a/image"];
    assert_eq!(image.rows, frames, "an image a frame, or none where the camera is absent");
    assert!(
        image.components.contains("EncodedImage:blob") && image.components.contains("Clear:is_recursive")
    );
    assert!(!image.is_static);
}

#[test]
fn what_was_flushed_can_be_read_though_the_run_never_ended() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = test_images::images(folder.path());
    let path = folder.path().join("run.rrd");
    let mut sink = RerunSink::save(&path, &sequence, &OutputConfig::default()).unwrap();
    sink.write(&test_images::frame_set(1)).unwrap();
    sink.flush().unwrap();
    // Not finished, not dropped: as if the run were killed here.
    let (entities, _) = read(&path);
    assert_eq!(entities["/cameras/b/people"].rows, 1);
}

#[test]
fn a_calibrated_recording_has_a_ground() {
    let folder = tempfile::tempdir().unwrap();
    let mut sequence = test_images::images(folder.path());
    // Both stand 3 m up and look straight down: x right, y towards the bottom of the image. Focal length 100 px.
    let camera = "{image_size: [320, 240], K: [[100, 0, 160], [0, 100, 120], [0, 0, 1]], \
                  R: [[1, 0, 0], [0, -1, 0], [0, 0, -1]], t: [0, 0, 3]}";
    let calibration =
        Calibration::parse(format!("cameras: {{a: {camera}, b: {camera}}}").as_bytes()).unwrap();
    sequence.calibration = Some(calibration);
    let (entities, _) = written(&sequence, folder.path());
    assert_eq!(entities["/ground/people"].rows, test_images::FRAMES as usize);
    let camera = &entities["/cameras/b"];
    assert!(camera.is_static && camera.components.contains("Pinhole:image_from_camera"), "{camera:?}");
    assert!(camera.components.contains("Transform3D:mat3x3"), "{camera:?}");

    let (stream, _storage) = RecordingStreamBuilder::new("test").memory().unwrap();
    let ground = Ground::open(&sequence, 0, &[1.0, 1.0], &stream).unwrap().unwrap();
    let positions = ground.positions(&test_images::frame_set(1));
    // Person 1 is seen with the feet at (125, 200) by both: 3 m * (125 - 160) / 100 px and 3 m * (120 - 200) / 100 px.
    let [x, y, z] = positions[&PersonId(1)];
    assert!((x + 1.05).abs() < 1e-5 && (y + 2.4).abs() < 1e-5 && z == 0.0, "{x} {y} {z}");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = test_images::images(folder.path());
    let error = RerunSink::save(&folder.path().join("no/such/run.rrd"), &sequence, &OutputConfig::default());
    assert!(error.err().unwrap().to_string().contains("run.rrd"));
}

/// The labels of the last row of an entity, each without the line that is left free.
fn labels(path: &Path, entity: &str) -> Vec<String> {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut last = Vec::new();
    for message in DecoderApp::decode_eager(file).unwrap() {
        let LogMsg::ArrowMsg(_, message) = message.unwrap() else { continue };
        let chunk = Chunk::from_arrow_msg(&message).unwrap();
        if chunk.entity_path().to_string() == entity {
            let rows = chunk.iter_slices::<String>(rerun::Boxes2D::descriptor_labels().component);
            last.extend(rows.map(|row| row.iter().map(|l| l.trim().to_owned()).collect::<Vec<_>>()));
        }
    }
    last.pop().unwrap_or_default()
}

#[test]
fn errors_are_drawn_by_kind_beside_the_tracks() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = test_images::images(folder.path());
    let path = folder.path().join("errors.rrd");
    let row = |frame, id, x| Observation::new(frame, id, BBox::new(x, 20.0, 40.0, 100.0));
    // Person 1 is track 7 and then 8 in `a`, always 7 in `b`; person 2 is missed in `a`; track 9 is nobody in `b`.
    let a = CameraRows {
        name: "a".to_owned(),
        gt: vec![row(1, 1, 0.0), row(2, 1, 0.0), row(2, 2, 200.0)],
        tracks: vec![row(1, 7, 0.0), row(2, 8, 0.0)],
    };
    let b = CameraRows {
        name: "b".to_owned(),
        gt: vec![row(1, 1, 50.0), row(2, 1, 50.0)],
        tracks: vec![row(1, 7, 50.0), row(2, 7, 50.0), row(2, 9, 200.0)],
    };
    let comparison = Comparison::new(None, vec![a, b]).unwrap();
    save_errors(&path, &sequence, &comparison, Protocol::TrackEval).unwrap();
    let (entities, blueprint) = read(&path);
    assert!(blueprint > 0);
    let both = BTreeSet::from([FRAME.to_owned(), TIME.to_owned()]);
    for name in ["people", "ground_truth", "image", "errors/false_positives", "errors/cross_view"] {
        for camera in ["a", "b"] {
            let entity = &entities[&format!("/cameras/{camera}/{name}")];
            assert_eq!((entity.rows, &entity.timelines), (2, &both), "{camera} {name}");
        }
    }
    assert_eq!(entities["/plots/errors/switches"].rows, 2);
    assert_eq!(entities["/switches"].rows, 1);
    let at = |entity: &str| labels(&path, entity);
    assert_eq!(at("/cameras/a/people"), ["8"]);
    assert_eq!(at("/cameras/a/ground_truth"), ["gt 1", "gt 2"]);
    assert_eq!(at("/cameras/a/errors/false_negatives"), ["FN 2"]);
    assert_eq!(at("/cameras/a/errors/switches"), ["gt 1 is 8 now"]);
    assert_eq!(at("/cameras/b/errors/false_positives"), ["FP"]);
    assert_eq!(at("/cameras/b/errors/cross_view"), ["8 in a"]);
    assert!(at("/cameras/b/errors/switches").is_empty());
}

#[test]
fn a_camera_without_images_shows_the_edge_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let gt = folder.path().join("yard/a/gt");
    std::fs::create_dir_all(&gt).unwrap();
    std::fs::write(gt.join("gt.txt"), "1,1,10,20,30.5,40,1,1,1\n").unwrap();
    let sequence = Sequence::open(&folder.path().join("yard")).unwrap();
    let row = Observation::new(1, 1, BBox::new(10.0, 20.0, 30.5, 40.0));
    let a = CameraRows { name: "a".to_owned(), gt: vec![row], tracks: vec![row] };
    let path = folder.path().join("errors.rrd");
    let comparison = Comparison::new(None, vec![a]).unwrap();
    save_errors(&path, &sequence, &comparison, Protocol::Devkit).unwrap();
    let image = &read(&path).0["/cameras/a/image"];
    assert!(image.is_static && image.components.contains("Boxes2D:half_sizes"), "{image:?}");
}

/// Four crops of two people in two cameras; in `b` person 2 looks like person 1.
fn embedded() -> (Crops, EmbeddingScores) {
    let crop = |camera, timestep, person, embedding: [f32; 2]| Crop {
        camera: CameraId(camera),
        timestep: FrameIndex(timestep),
        person,
        embedding: Embedding::normalized(embedding.to_vec()),
    };
    let crops = Crops::new(vec![
        crop(0, 1, 1, [1.0, 0.0]),
        crop(0, 1, 2, [0.0, 1.0]),
        crop(1, 2, 1, [0.8, 0.6]),
        crop(1, 2, 2, [0.96, 0.28]),
    ]);
    let crops = crops.unwrap();
    let scores = EmbeddingScores::new(&crops);
    (crops, scores)
}

#[test]
fn a_map_of_embeddings_goes_through_the_queries() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = test_images::images(folder.path());
    let (crops, scores) = embedded();
    let path = folder.path().join("map.rrd");
    let image = Mat::new_rows_cols_with_default(240, 320, CV_8UC3, Scalar::all(90.0)).unwrap();
    let image = mvmhat_detectors::Image::new(image).unwrap();
    let small = thumbnail(&image, &BBox::new(0.0, 0.0, 50.0, 100.0)).unwrap();
    let of_crops = |thumbnail: Option<&Vec<u8>>| -> Vec<EmbeddedCrop> {
        let one = |_| EmbeddedCrop { number: FrameNumber(5), thumbnail: thumbnail.cloned() };
        (0..4).map(one).collect()
    };
    save_embedding(&path, &sequence, &crops, &scores, &of_crops(Some(&small))).unwrap();
    let (entities, blueprint) = read(&path);
    assert!(blueprint > 0, "the layout of the viewer is in the file");
    for camera in ["a", "b"] {
        let points = &entities[&format!("/map/{camera}")];
        assert!(points.is_static && points.components.contains("Points2D:positions"), "{points:?}");
    }
    for name in ["/map/query", "/nearest/image", "/queries"] {
        assert_eq!(entities[name].rows, 4, "{name}: every crop is a query");
        assert_eq!(entities[name].timelines, BTreeSet::from(["query".to_owned()]));
    }
    save_embedding(&path, &sequence, &crops, &scores, &of_crops(None)).unwrap();
    let (entities, _) = read(&path);
    assert!(!entities.contains_key("/nearest/image") && entities["/queries"].rows == 4);
}
