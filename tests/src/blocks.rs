//! A sequence of colored blocks that walk: small, exact, and in no need of weights, since its boxes are known.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use opencv::core::{CV_8UC3, Mat, Rect, Scalar, Size, Vector};
use opencv::prelude::*;
use opencv::{imgcodecs, imgproc, videoio};

/// The files that the cameras write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Images {
    /// `<camera>/img1/000001.jpg` and so on.
    Jpeg,
    /// `<camera>/video.avi`.
    Video,
}

/// How the sequence is made.
#[derive(Clone, Copy, Debug)]
pub struct Blocks {
    /// How many cameras.
    pub cameras: usize,
    /// How many frames per camera.
    pub frames: u32,
    /// The files they write.
    pub images: Images,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { cameras: 2, frames: 12, images: Images::Jpeg }
    }
}

const SIZE: (i32, i32) = (160, 120);
/// Blue, green, red: far apart for any description of color.
const COLORS: [[f64; 3]; 3] = [[220.0, 30.0, 30.0], [30.0, 200.0, 30.0], [30.0, 30.0, 220.0]];

impl Blocks {
    /// Writes the sequence into `folder`: images, `det/det.txt` and `gt/gt.txt` of each camera.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(self, folder: &Path) -> PathBuf {
        for camera in 0..self.cameras {
            let home = folder.join(format!("cam{}", camera + 1));
            for part in ["det", "gt", "img1"] {
                if part != "img1" || self.images == Images::Jpeg {
                    std::fs::create_dir_all(home.join(part)).expect("the folder can be made");
                }
            }
            self.write_camera(camera, &home);
        }
        folder.to_path_buf()
    }

    /// The box of a person: everyone walks in a lane of their own, and each camera sees it some pixels further to the right.
    fn bounding_box(camera: usize, frame: u32, person: usize) -> Rect {
        let step = frame as i32 * if person.is_multiple_of(2) { 2 } else { 1 };
        Rect::new(10 + step + 5 * camera as i32, 5 + 38 * person as i32, 16, 32)
    }

    fn write_camera(self, camera: usize, home: &Path) {
        let name = home.join("video.avi");
        let mut video = (self.images == Images::Video).then(|| {
            let fourcc = videoio::VideoWriter::fourcc('M', 'J', 'P', 'G').expect("a codec");
            let size = Size::new(SIZE.0, SIZE.1);
            let writer = videoio::VideoWriter::new(name.to_str().expect("a name"), fourcc, 25.0, size, true);
            writer.expect("a video can be written")
        });
        let (mut detections, mut ground_truth) = (String::new(), String::new());
        for frame in 1..=self.frames {
            let mut image =
                Mat::new_rows_cols_with_default(SIZE.1, SIZE.0, CV_8UC3, Scalar::all(127.0)).expect("memory");
            for (person, color) in COLORS.iter().enumerate() {
                let bbox = Self::bounding_box(camera, frame, person);
                let color = Scalar::new(color[0], color[1], color[2], 0.0);
                imgproc::rectangle(&mut image, bbox, color, imgproc::FILLED, imgproc::LINE_8, 0)
                    .expect("drawn");
                let (x, y, w, h) = (bbox.x, bbox.y, bbox.width, bbox.height);
                let _ = writeln!(detections, "{frame},-1,{x},{y},{w},{h},0.9,-1,-1,-1");
                let _ = writeln!(ground_truth, "{frame},{},{x},{y},{w},{h},1,1,1", person + 1);
            }
            match &mut video {
                Some(video) => video.write(&image).expect("a frame can be written"),
                None => {
                    let file = home.join(format!("img1/{frame:06}.jpg"));
                    let file = file.to_str().expect("a name");
                    assert!(
                        imgcodecs::imwrite(file, &image, &Vector::new()).expect("an image can be written")
                    );
                }
            }
        }
        if let Some(mut video) = video {
            video.release().expect("the video can be completed");
        }
        std::fs::write(home.join("det/det.txt"), detections).expect("detections can be written");
        std::fs::write(home.join("gt/gt.txt"), ground_truth).expect("ground truth can be written");
    }
}

/// Replaces the `det.txt` in `folder` by a `det.npy`, the DeepSORT layout: each lane has an embedding of its own.
///
/// # Panics
/// Where it cannot be read or written.
pub fn write_embeddings(folder: &Path) {
    let mut values: Vec<f32> = Vec::new();
    let det = crate::text(folder.join("det.txt"));
    for (row, line) in det.lines().enumerate() {
        values.extend(line.split(',').map(|c| c.parse::<f32>().expect("a det.txt of blocks")));
        values.extend((0..3).map(|k| if k == row % 3 { 1.0 } else { 0.0 }));
    }
    let bytes = crate::npy(13, &values);
    std::fs::write(folder.join("det.npy"), bytes).expect("a det.txt of blocks");
    std::fs::remove_file(folder.join("det.txt")).expect("a det.txt of blocks");
}
