use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::FrameIndex;

/// A folder with these files; the content of a file stands behind its name and a space.
fn folder(files: &[&str]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    add(root.path(), files);
    root
}

fn add(root: &Path, files: &[&str]) {
    for file in files {
        let (name, content) = file.split_once(' ').unwrap_or((file, ""));
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn open(root: &TempDir) -> Sequence {
    Sequence::open(root.path()).unwrap()
}

fn error(files: &[&str]) -> String {
    let root = folder(files);
    let error = Sequence::open(root.path()).unwrap_err().to_string();
    error.replace(&root.path().display().to_string(), "R")
}

/// Every camera in one word: its name, and its video, how many images it has, or none.
fn summary(sequence: &Sequence) -> Vec<String> {
    let relative = |path: &Path| path.strip_prefix(&sequence.root).unwrap().display().to_string();
    let source = |source: &Source| match source {
        Source::Video(path) => relative(path),
        Source::Images(images) => format!("{}x{}", images.len(), relative(images[0].1.parent().unwrap())),
        Source::Detections => "none".to_owned(),
    };
    sequence.cameras.iter().map(|c| format!("{}={}", c.name, source(&c.source))).collect()
}

#[test]
fn one_folder_per_camera_in_any_form() {
    let root = folder(&[
        "cam10/clip.MP4",
        "cam2/img1/000001.jpg",
        "cam2/img1/000002.jpg",
        "cam3/images/1.png",
        "cam4/frames/1.bmp",
        "cam4/gt/gt.txt",
        "cam4/calibration_board/1.bmp",
        "cam5/1.jpg",
        "cam5/.2.jpg",
        "cam5/notes.txt",
        ".hidden/1.jpg",
        "calibration/1.jpg",
        "gt/1.jpg",
        "tracks/cam2.txt",
        "empty/readme.md",
        "ground_truth_world.csv frame,id,x,y\n1,2,3,4\n",
    ]);
    let sequence = open(&root);
    let expected = [
        "cam2=2xcam2/img1",
        "cam3=1xcam3/images",
        "cam4=1xcam4/frames",
        "cam5=1xcam5",
        "cam10=cam10/clip.MP4",
    ];
    assert_eq!(summary(&sequence), expected);
    let ids: Vec<u16> = sequence.cameras.iter().map(|c| c.id.0).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4]);
    assert_eq!(sequence.camera("cam2").unwrap().fps, Some(25.0));
    assert_eq!(sequence.camera("cam10").unwrap().fps, None, "the video knows");
    assert_eq!(sequence.ground_truth_positions().unwrap().unwrap()[0].x, 3.0);
    assert_eq!(sequence.calibration, None);
}

#[test]
fn one_video_per_camera() {
    let root = folder(&["right.mp4", "left.avi", "notes.txt"]);
    assert_eq!(summary(&open(&root)), ["left=left.avi", "right=right.mp4"]);
    // A folder of the same name may hold what else is known of the camera.
    add(root.path(), &["left/gt/gt.txt", "left/seqinfo.ini frameRate=60"]);
    let sequence = open(&root);
    assert_eq!(summary(&sequence), ["left=left.avi", "right=right.mp4"]);
    assert_eq!(sequence.cameras[0].ground_truth, Some(root.path().join("left/gt/gt.txt")));
    // Images in folders are the cameras; a video beside them is something else.
    add(root.path(), &["right/1.jpg"]);
    assert!(Sequence::open(root.path()).unwrap_err().to_string().contains("right.mp4 and the folder right"));
    fs::remove_file(root.path().join("right.mp4")).unwrap();
    fs::rename(root.path().join("left.avi"), root.path().join("overview.avi")).unwrap();
    assert_eq!(summary(&open(&root)), ["left=none", "right=1xright"]);
}

#[test]
fn motchallenge() {
    let files = [
        "seqinfo.ini [Sequence]\nimDir=img1\nframeRate=14\n",
        "img1/000001.jpg",
        "gt/gt.txt",
        "det/det.txt",
        "det/det.npy",
    ];
    let root = folder(&files);
    let sequence = open(&root);
    let name = root.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(sequence.name, name);
    assert_eq!(summary(&sequence), [format!("{name}=1ximg1")]);
    let camera = &sequence.cameras[0];
    assert_eq!(camera.fps, Some(14.0));
    assert_eq!(camera.detections, Some(root.path().join("det/det.npy")), "embeddings come first");
    assert_eq!(camera.ground_truth, Some(root.path().join("gt/gt.txt")));
    // A video with ground truth beside it is one camera, too.
    let clip = folder(&["clip.avi", "gt/gt.txt"]);
    assert!(summary(&open(&clip))[0].ends_with("=clip.avi"));
    assert_eq!(open(&clip).cameras[0].ground_truth, Some(clip.path().join("gt/gt.txt")));
    // The same as one of several cameras.
    let outer = folder(&[]);
    for file in files {
        add(outer.path(), &[&format!("C1/{file}")]);
    }
    assert_eq!(summary(&open(&outer)), ["C1=1xC1/img1"]);
    // A video named in seqinfo.ini is taken where it exists.
    add(outer.path(), &["C1/seqinfo.ini video=movie.mp4\nframeRate=30"]);
    assert_eq!(summary(&open(&outer)), ["C1=1xC1/img1"]);
    add(outer.path(), &["C1/movie.mp4"]);
    assert_eq!(summary(&open(&outer)), ["C1=C1/movie.mp4"]);
    assert_eq!(open(&outer).cameras[0].fps, Some(30.0));
}

#[test]
fn mvmhat() {
    let root = folder(&[
        "view1/images/0001.jpg",
        "view1/gt_det/only.txt",
        "view2/images/1.jpg",
        "view2/gt_det/gt.txt",
    ]);
    add(root.path(), &["view2/gt_det/det.txt"]);
    let sequence = open(&root);
    assert_eq!(summary(&sequence), ["view1=1xview1/images", "view2=1xview2/images"]);
    let gt: Vec<_> = sequence.cameras.iter().map(|c| c.ground_truth.clone().unwrap()).collect();
    assert_eq!(gt, [root.path().join("view1/gt_det/only.txt"), root.path().join("view2/gt_det/gt.txt")]);
    add(root.path(), &["view1/gt_det/second.txt"]);
    assert!(Sequence::open(root.path()).unwrap_err().to_string().contains("both only.txt and second.txt"));
}

#[test]
fn wildtrack() {
    let view = |n, x| format!(r#"{{"viewNum": {n}, "xmin": {x}, "ymin": 0, "xmax": 90, "ymax": 9}}"#);
    let json =
        format!(r#"[{{"personID": 7, "positionID": 0, "views": [{}, {}]}}]"#, view(0, -1), view(9, 30));
    let root = folder(&[
        "Image_subsets/C10/00000000.png",
        "Image_subsets/C1/00000000.png",
        "Image_subsets/C1/00000005.png",
    ]);
    add(root.path(), &[&format!("annotations_positions/00000005.json {json}")]);
    let sequence = open(&root);
    assert_eq!(summary(&sequence), ["C1=2xImage_subsets/C1", "C10=1xImage_subsets/C10"]);
    let gt = sequence.ground_truth().unwrap();
    let row = |camera: usize| gt[camera].as_ref().unwrap()[0];
    assert_eq!((row(0).frame.0, row(0).id, row(0).bbox.x), (5, 7, -1.0));
    assert_eq!(row(1).bbox.x, 30.0);
    assert_eq!(sequence.ground_truth_positions().unwrap().unwrap()[0].y, -9.0);
    // Numbers are tenths of a second, counted from 0.
    let clock = sequence.clock(|c| c.fps.unwrap()).unwrap();
    assert_eq!(clock.seconds(clock.index(CameraId(0), FrameNumber(5))), 0.5);
}

#[test]
fn files_without_images() {
    let root = folder(&["1/det/det.npy", "2/det/det.txt", "3/gt.txt 1,1,0,0,5,5", "4/gt/gt.txt 1,x"]);
    let sequence = open(&root);
    assert_eq!(summary(&sequence), ["1=none", "2=none", "3=none", "4=none"]);
    assert_eq!(sequence.cameras[1].detections, Some(root.path().join("2/det/det.txt")));
    let error = sequence.ground_truth().unwrap_err().to_string();
    assert!(error.ends_with("gt.txt, line 1, column 3: the id is not a number: \"x\""), "{error}");
    fs::remove_dir_all(root.path().join("4")).unwrap();
    let gt = open(&root).ground_truth().unwrap();
    assert_eq!(gt.iter().map(|t| t.as_ref().map(Vec::len)).collect::<Vec<_>>(), [None, None, Some(1)]);
}

#[test]
fn recording_yaml_corrects_what_was_found() {
    let root = folder(&["cam1/1.jpg", "cam2/clip.mp4", "more/extra.mp4", "left.npy"]);
    add(
        root.path(),
        &[
            "recording.yaml name: hall\ncameras:\n  cam1: {fps: 50, start: 0.1}\n  side: {path: cam2, rotation: upside-down}\n  left: {path: more/extra.mp4, detections: left.npy}\n",
        ],
    );
    let sequence = open(&root);
    assert_eq!(sequence.name, "hall");
    assert_eq!(summary(&sequence), ["cam1=1xcam1", "left=more/extra.mp4", "side=cam2/clip.mp4"]);
    let [cam1, left, side] = &sequence.cameras[..] else { panic!() };
    assert_eq!((cam1.fps, cam1.start), (Some(50.0), 0.1));
    assert_eq!(side.rotation, Rotation::UpsideDown);
    assert_eq!(left.detections, Some(root.path().join("left.npy")));
    // Frame 1 of cam1 lies 0.1 s after frame 1 of the videos, on a clock of 50 ticks per second.
    let clock = sequence.clock(|c| c.fps.unwrap_or(25.0)).unwrap();
    let index = |camera, number| clock.index(CameraId(camera), FrameNumber(number)).0;
    assert_eq!(index(0, 1) - index(1, 1), 5);
    assert_eq!(index(1, 2) - index(1, 1), 2);
    assert!(clock.seconds(FrameIndex(index(1, 1))).abs() < 1e-9);
}

#[test]
fn a_wrong_recording_yaml_is_refused() {
    let with = |yaml: &str| error(&["cam1/1.jpg", &format!("recording.yaml {yaml}")]);
    let unknown = with("cameras:\n  cam1:\n    strat: 3\n");
    assert!(unknown.starts_with("R/recording.yaml: cameras.cam1: unknown field `strat`"), "{unknown}");
    assert!(unknown.contains("line 3") && unknown.ends_with("(did you mean `start`?)"), "{unknown}");
    assert!(with("cameras: {cam1: {rotation: clokwise}}").ends_with("(did you mean `clockwise`?)"));
    assert!(with("cameras: {cma1: {fps: 3}}").ends_with("no such camera was found; did you mean cam1?"));
    assert!(with("cameras: {cam1: {fps: 0}}").contains("cameras.cam1.fps: 0 is no frame rate"));
    assert!(with("cameras: {cam1: {start: .nan}}").contains("cameras.cam1.start"));
    assert!(with("cameras: {../x: {path: cam1}}").contains("cannot be the name of a camera"));
    assert!(with("cameras: {x: {path: gone.mp4}}").contains("cameras.x.path: R/gone.mp4 does not exist"));
    assert!(with("cameras: {x: {path: recording.yaml}}").contains("neither a video nor a folder"));
    assert!(with("cameras: {cam1: {detections: gone.npy}}").contains("R/gone.npy does not exist"));
    assert!(with("calibration: gone.yaml").starts_with("cannot read R/gone.yaml"));
}

#[test]
fn what_is_no_recording_is_refused() {
    let missing = Sequence::open(Path::new("no/such/folder")).unwrap_err();
    assert_eq!(missing.to_string(), "no/such/folder: no such folder");
    let root = folder(&["clip.mp4"]);
    let file = Sequence::open(&root.path().join("clip.mp4")).unwrap_err().to_string();
    assert!(file.contains("clip.mp4 is a file: give the folder"), "{file}");
    assert!(error(&[]).contains("no camera in R: looked for"));
    assert!(error(&[]).ends_with("found nothing"));
    assert!(error(&["notes.txt", "docs/a.txt"]).ends_with("found docs/, notes.txt"));
    assert!(
        error(&["day1/cam1/img1/1.jpg", "day2/cam1/img1/1.jpg"])
            .ends_with("2 recordings instead, give one of them: R/day1")
    );
    let twice = error(&["cam1/img1/000007.jpg", "cam1/img1/7.png"]);
    assert_eq!(twice, "R/cam1/img1: 000007.jpg and 7.png are both frame 7: remove or rename one");
    assert!(error(&["cam1/a.mp4", "cam1/b.mp4"]).contains("R/cam1: both a.mp4 and b.mp4"));
    assert!(error(&["cam1/x/1.jpg", "cam1/y/1.jpg"]).contains("R/cam1: both x and y"));
    assert!(error(&["day1/cam1/1.jpg", "day1/cam2/1.jpg"]).ends_with("this folder is the recording to give"));
    assert!(error(&["cam1.mp4", "cam1.avi"]).contains("both cam1.avi and cam1.mp4"));
    assert!(error(&["cam1/1.jpg", "cam1/seqinfo.ini frameRate=x"]).starts_with("R/cam1/seqinfo.ini: line 1"));
    assert!(error(&["cam1/1.jpg", "calibration.yaml {}"]).starts_with("R/calibration.yaml: "));
}

#[cfg(unix)]
#[test]
fn links_are_followed() {
    let real = folder(&["a/1.jpg", "b.mp4"]);
    let root = folder(&["cam2/gt/gt.txt"]);
    std::os::unix::fs::symlink(real.path().join("a"), root.path().join("cam1")).unwrap();
    std::os::unix::fs::symlink(real.path().join("b.mp4"), root.path().join("cam2/b.mp4")).unwrap();
    assert_eq!(summary(&open(&root)), ["cam1=1xcam1", "cam2=cam2/b.mp4"]);
}

#[test]
fn cameras_are_selected_by_name_and_numbered_anew() {
    let root = folder(&["cam1/1.jpg", "cam2/1.jpg", "cam3/1.jpg"]);
    let selected = open(&root).select_cameras(&["cam3", "cam1"]).unwrap();
    let found: Vec<_> = selected.cameras.iter().map(|camera| (camera.id, camera.name.as_str())).collect();
    assert_eq!(found, [(CameraId(0), "cam1"), (CameraId(1), "cam3")]);
    assert_eq!(open(&root).select_cameras(&[] as &[&str]).unwrap(), open(&root));
    let error = open(&root).select_cameras(&["cam4"]).unwrap_err();
    assert_eq!(error.to_string(), "there is no camera `cam4`; there are cam1, cam2, cam3");
}

proptest! {
    #[test]
    fn any_settings_are_read_or_refused(
        at in 0..60_usize, byte in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut yaml = *b"cameras:\n  cam1: {path: a, fps: 25, start: 0, rotation: none}";
        yaml[at] = byte;
        let _ = settings::Settings::parse(&yaml);
        let _ = settings::Settings::parse(&bytes);
    }
}
