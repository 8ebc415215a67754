use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{mot, world};

/// A real recording of this project: four calibrated cameras in a hall.
const HALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/treadmill-hall");

/// A camera 3 m above the origin that looks at y and 30 degrees down.
const YAML: &str = "\
ground_plane: [0, 0, 2, 0]
cameras:
  cam1:
    image_size: [640, 480]
    K: [[500, 0, 320], [0, 500, 240], [0, 0, 1]]
    dist: [0, 0]
    R: [[1, 0, 0], [0, -0.5, -0.8660254037844386], [0, 0.8660254037844386, -0.5]]
    t: [0, 2.598076211353316, 1.5]
    center: [0, 0, 3]
";

fn calibration(yaml: &str) -> Calibration {
    Calibration::parse(yaml.as_bytes()).unwrap()
}

fn problem(from: &str, to: &str) -> String {
    assert!(YAML.contains(from), "{from}");
    Calibration::parse(YAML.replace(from, to).as_bytes()).unwrap_err()
}

fn is_near(a: (f64, f64), b: (f64, f64), tolerance: f64) -> bool {
    (a.0 - b.0).hypot(a.1 - b.1) < tolerance
}

#[test]
fn a_camera_by_hand() {
    let calibration = calibration(YAML);
    let camera = &calibration.cameras["cam1"];
    // The optical axis meets the ground 3 / tan 30 degrees = 5.196 m ahead.
    let ahead = 3.0 / 30_f64.to_radians().tan();
    assert!(is_near(camera.project([0.0, ahead, 0.0]).unwrap(), (320.0, 240.0), 1e-9));
    assert!(is_near(calibration.ground_position("cam1", (320.0, 240.0)).unwrap(), (0.0, ahead), 1e-9));
    // At the axis' depth of 6 m a metre to the right is 500 / 6 pixels.
    assert!(is_near(camera.project([1.0, ahead, 0.0]).unwrap(), (320.0 + 500.0 / 6.0, 240.0), 1e-9));
    // Above the horizon, 30 degrees up from the axis, there is no ground; behind the camera no image.
    let horizon = 240.0 - 500.0 * 30_f64.to_radians().tan();
    assert_eq!(calibration.ground_position("cam1", (320.0, horizon - 1.0)), None);
    assert!(calibration.ground_position("cam1", (320.0, horizon + 1.0)).is_some());
    assert_eq!(camera.project([0.0, -5.0, 0.0]), None);
    assert_eq!(calibration.ground_position("cam2", (320.0, 240.0)), None);
}

#[test]
fn lengths_come_out_in_metres() {
    let millimetres = YAML
        .replace("ground_plane: [0, 0, 2, 0]", "units: millimetres\nground_plane: [0, 0, 2, -200]")
        .replace("t: [0, 2.598076211353316, 1.5]", "t: [0, 2598.076211353316, 1500]")
        .replace("center: [0, 0, 3]", "center: [0, 0, 3000]");
    let calibration = calibration(&millimetres);
    // The ground now lies 0.1 m higher.
    let ahead = 2.9 / 30_f64.to_radians().tan();
    assert!(is_near(calibration.ground_position("cam1", (320.0, 240.0)).unwrap(), (0.0, ahead), 1e-9));
}

#[test]
fn what_cannot_be_is_refused() {
    assert!(problem("dist:", "dits:").ends_with("(did you mean `dist`?)"), "{}", problem("dist:", "dits:"));
    assert!(problem("    t: [0, 2.598076211353316, 1.5]\n", "").contains("missing field `t`"));
    assert!(problem("[0, 0, 2, 0]", "[0, 0, 0, 1]").contains("ground_plane"));
    assert!(problem("[640, 480]", "[640, 0]").contains("camera cam1: image_size: 640 x 0"));
    assert!(problem("[[500, 0, 320]", "[[-500, 0, 320]").contains("camera cam1: K"));
    assert!(problem("[[500, 0, 320]", "[[.inf, 0, 320]").contains("camera cam1: K: inf"));
    assert!(problem("dist: [0, 0]", "dist: [0, 0, 0, 0, 0, 0]").contains("6 numbers"));
    assert!(problem("R: [[1, 0, 0]", "R: [[1.1, 0, 0]").contains("right angles"));
    assert!(problem("R: [[1, 0, 0]", "R: [[-1, 0, 0]").contains("mirrors"));
    assert!(problem("center: [0, 0, 3]", "center: [0, 0, -3]").contains("is not -R^T t"));
    assert!(problem("cameras:", "units: feet\ncameras:").contains("metres"));
}

#[test]
fn a_wrong_file_is_named() {
    let error = Calibration::read(Path::new("no/such.yaml")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read no/such.yaml: "), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calibration.yaml");
    std::fs::write(&path, "cameras: [").unwrap();
    let error = Calibration::read(&path).unwrap_err().to_string();
    assert!(error.contains("calibration.yaml: ") && error.contains("line"), "{error}");
}

/// The feet of the man in the hall, seen by four real cameras, stand where his hips were triangulated.
///
/// The lower edge of a box is his nearer foot while he walks, and his hips are half a step away: half a metre is as
/// near as they come, while a wrong sign anywhere is metres off.
#[test]
fn the_boxes_of_the_hall_stand_where_the_people_were() {
    let root = Path::new(HALL);
    let calibration = Calibration::read(&root.join("calibration.yaml")).unwrap();
    let positions = world::read(&root.join("ground_truth_world.csv")).unwrap();
    let gt: BTreeMap<_, _> = positions.iter().map(|p| ((p.frame, p.id), (p.x, p.y))).collect();
    for name in calibration.cameras.keys() {
        let rows = mot::read(&root.join(name).join("gt/gt.txt")).unwrap();
        let mut distances: Vec<f64> = rows
            .iter()
            .filter(|row| row.id == 1)
            .map(|row| {
                let (x, y) = calibration.ground_position(name, row.bbox.foot()).unwrap();
                let (tx, ty) = gt[&(row.frame, row.id)];
                (x - tx).hypot(y - ty)
            })
            .collect();
        distances.sort_by(f64::total_cmp);
        let median = distances[distances.len() / 2];
        assert!(distances.len() == 100 && median < 0.5, "{name}: {median:.2} m");
    }
}

proptest! {
    #[test]
    fn the_ground_comes_back_from_its_image(
        x in -3.0..3.0_f64, y in 3.0..12.0_f64,
        k1 in -0.3..0.3_f64, k2 in -0.05..0.1_f64, k3 in -0.01..0.01_f64,
        p1 in -0.005..0.005_f64, p2 in -0.005..0.005_f64, skew in -1.0..1.0_f64,
    ) {
        let yaml = YAML.replace("dist: [0, 0]", &format!("dist: [{k1}, {k2}, {p1}, {p2}, {k3}]"));
        let calibration = calibration(&yaml.replace("[500, 0, 320]", &format!("[500, {skew}, 320]")));
        let pixel = calibration.cameras["cam1"].project([x, y, 0.0]);
        let pixel = pixel.filter(|(u, v)| (0.0..640.0).contains(u) && (0.0..480.0).contains(v));
        prop_assume!(pixel.is_some());
        let back = calibration.ground_position("cam1", pixel.unwrap()).unwrap();
        prop_assert!(is_near(back, (x, y), 1e-6), "{back:?}");
    }

    #[test]
    fn any_damage_is_read_or_refused(at in 0..YAML.len(), byte in any::<u8>(), length in 0..YAML.len()) {
        let mut yaml = YAML.as_bytes().to_vec();
        yaml[at] = byte;
        let _ = Calibration::parse(&yaml);
        let _ = Calibration::parse(&YAML.as_bytes()[..length]);
    }
}

#[test]
fn a_camera_that_looks_at_something_has_it_in_the_middle() {
    // 4 m up, 10 m south of the target: the image's right is east, its down is down.
    let camera = Pinhole::looking((640, 360), 500.0, 0.0, [0.0, -10.0, 4.0], [0.0, 0.0, 0.0]).unwrap();
    assert!(is_near(camera.project([0.0; 3]).unwrap(), (320.0, 180.0), 1e-9));
    let distance = 116_f64.sqrt();
    assert!((camera.depth([0.0; 3]) - distance).abs() < 1e-12);
    assert!(is_near(camera.project([1.0, 0.0, 0.0]).unwrap(), (320.0 + 500.0 / distance, 180.0), 1e-9));
    assert!(camera.project([0.0, 0.0, 1.0]).unwrap().1 < 180.0);
    assert_eq!(Pinhole::looking((640, 360), 500.0, 0.0, [0.0, 0.0, 4.0], [0.0; 3]), None, "straight down");
    assert_eq!(Pinhole::looking((640, 360), 0.0, 0.0, [0.0, -10.0, 4.0], [0.0; 3]), None);
}

#[test]
fn a_ray_goes_through_what_is_seen_at_its_pixel() {
    let camera = Pinhole::looking((640, 360), 400.0, -0.1, [3.0, -9.0, 4.0], [0.5, 0.2, 0.8]).unwrap();
    let point = [1.3, 2.0, 1.7];
    let ray = camera.ray(camera.project(point).unwrap()).unwrap();
    let (center, depth) = (camera.center(), camera.depth(point));
    (0..3).for_each(|i| assert!((center[i] + depth * ray[i] - point[i]).abs() < 1e-9));
}

#[test]
fn a_calibration_that_is_written_and_read_is_the_same() {
    let mut calibration = calibration(YAML);
    let other = Pinhole::looking((640, 360), 431.7, -0.08, [3.1, -9.4, 4.2], [0.5, 0.2, 0.8]).unwrap();
    calibration.cameras.insert("cam2".to_owned(), other);
    assert_eq!(Calibration::parse(calibration.to_yaml().as_bytes()).unwrap(), calibration);
}
