//! A sequence of handheld cameras: people with the same appearance walk along a wall with clouds on it, and the cameras pan
//! with them and jump by the distance between two of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use opencv::core::{CV_8UC3, Mat, Rect, Scalar, Size, Vector};
use opencv::prelude::*;
use opencv::{core, imgcodecs, imgproc};

/// How the sequence is made.
#[derive(Clone, Copy, Debug)]
pub struct Panning {
    /// How many cameras: the first has a frame of every timestep, the second of every other, the third of every third.
    pub cameras: u32,
    /// How many timesteps.
    pub timesteps: u32,
}

/// The size of the images, which show a part of the wall.
const SIZE: (i32, i32) = (320, 240);
const WALL: (i32, i32) = (720, 320);
const PEOPLE: i32 = 4;
/// From one person to the next, pixels.
const DISTANCE: i32 = 40;

impl Panning {
    /// Writes the sequence into `folder`: `recording.yaml`, and images, `det/det.txt` and `gt/gt.txt` of each camera.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(self, folder: &Path) -> PathBuf {
        let wall = wall();
        let mut settings = "cameras:\n".to_owned();
        for every in 1..=self.cameras {
            let home = folder.join(format!("cam{every}"));
            for part in ["det", "gt", "img1"] {
                std::fs::create_dir_all(home.join(part)).expect("the folder can be made");
            }
            // Frame n is of timestep n * every, at 50 timesteps per second.
            let _ = writeln!(settings, "  cam{every}: {{fps: {}}}", 50.0 / f64::from(every));
            self.write_camera(&wall, every, &home);
        }
        std::fs::write(folder.join("recording.yaml"), settings).expect("the settings can be written");
        folder.to_path_buf()
    }

    fn write_camera(self, wall: &Mat, every: u32, home: &Path) {
        let (mut detections, mut ground_truth) = (String::new(), String::new());
        for frame in 1..=self.timesteps / every {
            let timestep = (frame * every) as i32;
            let corner = corner(timestep);
            let window = Rect::new(corner.0, corner.1, SIZE.0, SIZE.1);
            let mut image = wall.roi(window).expect("inside the wall").clone_pointee();
            for person in 0..PEOPLE {
                let (x, y) = (300 + DISTANCE * person + timestep - corner.0, 150 - corner.1);
                let (w, h) = (20, 50);
                let red = Scalar::new(30.0, 30.0, 220.0, 0.0);
                let bbox = Rect::new(x, y, w, h);
                imgproc::rectangle(&mut image, bbox, red, imgproc::FILLED, imgproc::LINE_8, 0)
                    .expect("drawn");
                let _ = writeln!(detections, "{frame},-1,{x},{y},{w},{h},0.9,-1,-1,-1");
                let _ = writeln!(ground_truth, "{frame},{},{x},{y},{w},{h},1,1,1", person + 1);
            }
            let file = home.join(format!("img1/{frame:06}.jpg"));
            let file = file.to_str().expect("a name");
            assert!(imgcodecs::imwrite(file, &image, &Vector::new()).expect("an image can be written"));
        }
        std::fs::write(home.join("det/det.txt"), detections).expect("detections can be written");
        std::fs::write(home.join("gt/gt.txt"), ground_truth).expect("ground truth can be written");
    }
}

/// Where on the wall the top left corner of the image is: a pan of two pixels per timestep, and a jump every six timesteps.
fn corner(timestep: i32) -> (i32, i32) {
    let jump = timestep / 6 % 2;
    (190 + 2 * timestep + DISTANCE * jump, 40 + 15 * jump)
}

/// Clouds of many colors: noise at four scales, added up.
fn wall() -> Mat {
    let mut state = 1_u32;
    let mut wall =
        Mat::new_rows_cols_with_default(WALL.1, WALL.0, CV_8UC3, Scalar::all(0.0)).expect("memory");
    for (cloud, weight) in [(80, 0.4), (40, 0.3), (20, 0.2), (10, 0.1)] {
        let mut coarse =
            Mat::new_rows_cols_with_default(WALL.1 / cloud, WALL.0 / cloud, CV_8UC3, Scalar::all(0.0))
                .expect("memory");
        coarse.data_bytes_mut().expect("its bytes").fill_with(|| {
            // The generator of Numerical Recipes is random enough for clouds.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let (mut clouds, mut more) = (Mat::default(), Mat::default());
        let size = Size::new(WALL.0, WALL.1);
        imgproc::resize(&coarse, &mut clouds, size, 0.0, 0.0, imgproc::INTER_CUBIC).expect("enlarged");
        core::add_weighted(&wall, 1.0, &clouds, weight, 0.0, &mut more, -1).expect("added");
        wall = more;
    }
    wall
}
