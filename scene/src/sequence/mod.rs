//! A multi-view sequence: the cameras of a recording, whatever the layout of its folder.
//!
//! # Layouts
//! [`Sequence::open`] looks at a folder `R` and understands
//!
//! ```text
//! R/<camera>/video.mp4                     one video per camera, of any name
//! R/<camera>/img1/000001.jpg               images: in img1/, images/, the only folder of images there is,
//! R/<camera>/images/000001.jpg             or in the camera's folder itself
//! R/<camera>/000001.jpg
//! R/<camera>.mp4                           one video per camera, all in one folder; R/<camera>/ may hold the files below
//! R/img1/000001.jpg, R/seqinfo.ini         MOTChallenge: one sequence; R is the camera where it holds img1/,
//!                                          seqinfo.ini, det/det.txt or gt/gt.txt
//! R/<view>/images/*.jpg, gt_det/*.txt      MvMHAT
//! R/Image_subsets/C1/00000000.png          WILDTRACK, with annotations_positions/*.json
//! R/<camera>/det/det.txt                   detections only, no images
//! R/<camera>/gt/gt.txt                     ground truth only, for evaluation
//! ```
//!
//! and beside the images of a camera
//!
//! | file | what |
//! |---|---|
//! | `det/det.npy`, else `det/det.txt` | detections, see [`DetectionFile`](crate::DetectionFile) |
//! | `gt/gt.txt`, `gt_det/gt.txt`, `gt.txt`, else the only text in `gt_det/` | ground truth, see [`mot`] |
//! | `seqinfo.ini` | `frameRate`; where they exist, the images: `video` or `imDir` |
//!
//! and in `R` `calibration.yaml` (see [`Calibration`]), `ground_truth_world.csv` (see [`world`]) and `recording.yaml`.
//!
//! Cameras are sorted as people count (`cam2` before `cam10`). Images are numbered by the last number in their names,
//! or from 1 where no name has one; frames of a video from 1. By default images come at 25 frames per
//! second, those of WILDTRACK at 10 (it shows every fifth). Hidden files, and folders named `gt`, `det`, `gt_det`,
//! `tracks`, `calibration*` or `annotations*`, are no cameras, nor is what a run left (a folder with a `run.json` or
//! `tune.json`).
//!
//! # `recording.yaml`
//! ```yaml
//! name: hall                     # default: the folder's name
//! calibration: ../hall.yaml      # default: calibration.yaml, where there is one
//! cameras:
//!   left:                        # a camera that was found, or a new one with a path
//!     path: /videos/left.mp4    # a video, or a folder as R/<camera> above; paths are relative to R
//!     fps: 29.97                 # frames per second; default: what seqinfo.ini or the video says
//!     start: 0.4                 # when its frame 1 was taken, seconds after those of the other cameras; default 0
//!     rotation: clockwise        # how to turn its images upright: none, clockwise, upside-down, counterclockwise
//!     detections: left.npy       # default: det/det.npy or det/det.txt
//!     ground_truth: left.txt     # default: gt/gt.txt, ...
//! ```
//! It corrects what was found; cameras it does not mention stay as they are. A camera found at a `path` goes by the
//! name given here only.

mod camera_folder;
mod discovery;
mod error;
mod images;
mod listing;
mod seqinfo;
mod settings;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::wildtrack::Annotations;
use crate::world::Position;
use crate::{Calibration, CameraId, Clock, ClockError, FrameNumber, ReadError, Timeline, mot, world};

pub use error::{SequenceError, UnknownCamera};

/// Frames per second where neither the images nor `recording.yaml` say.
pub const DEFAULT_FPS: f64 = 25.0;

/// A multi-view sequence: what several synchronized cameras recorded of one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub root: PathBuf,
    /// Its cameras, sorted by name as people count; the index of each is its [`CameraId`].
    pub cameras: Vec<Camera>,
    /// Where the cameras stand, if that is known.
    pub calibration: Option<Calibration>,
}

/// One camera of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// Its index in the sequence.
    pub id: CameraId,
    /// Its name: that of its folder or video.
    pub name: String,
    /// Where its images come from.
    pub source: Source,
    /// Frames per second; `None` where the video must be asked.
    pub fps: Option<f64>,
    /// When its frame 1 was taken (0 where images are numbered from 0), in seconds on a clock all cameras share.
    pub start: f64,
    /// How its images must be turned to stand upright.
    pub rotation: Rotation,
    /// Its precomputed detections, see [`DetectionFile`](crate::DetectionFile).
    pub detections: Option<PathBuf>,
    /// Its ground truth: MOT text, or the folder of WILDTRACK's annotations. Read it by
    /// [`Sequence::ground_truth`].
    pub ground_truth: Option<PathBuf>,
}

/// Where the images of a camera come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A video; its frames are numbered from 1.
    Video(PathBuf),
    /// Images by ascending number.
    Images(Vec<(FrameNumber, PathBuf)>),
    /// No images at all, only detections or ground truth in files.
    Detections,
}

/// How the images of a camera must be turned to stand upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    /// They stand upright.
    #[default]
    None,
    /// By 90 degrees to the right.
    Clockwise,
    /// By 180 degrees.
    UpsideDown,
    /// By 90 degrees to the left.
    Counterclockwise,
}

impl Sequence {
    /// Finds the cameras in the folder `path`, see [the layouts](self).
    ///
    /// # Errors
    /// Where there is no such folder or no camera in it, where images or names contradict each other, or a file
    /// beside them (`recording.yaml`, `seqinfo.ini`, `calibration.yaml`) cannot be read.
    pub fn open(path: &Path) -> Result<Self, SequenceError> {
        discovery::open(path)
    }

    /// The camera of this name.
    pub fn camera(&self, name: &str) -> Option<&Camera> {
        self.cameras.iter().find(|c| c.name == name)
    }

    /// The sequence with only the cameras of these names, in the order of the sequence; with all where there are no names.
    ///
    /// # Errors
    /// A name that no camera has.
    pub fn select_cameras(mut self, names: &[impl AsRef<str>]) -> Result<Self, UnknownCamera> {
        for name in names.iter().map(AsRef::as_ref) {
            if self.camera(name).is_none() {
                let known = self.cameras.into_iter().map(|camera| camera.name).collect();
                return Err(UnknownCamera { name: name.to_owned(), known });
            }
        }
        if !names.is_empty() {
            self.retain_cameras(|camera| names.iter().any(|name| name.as_ref() == camera.name));
        }
        Ok(self)
    }

    /// Removes the cameras that are not to be kept; the others are numbered anew.
    pub fn retain_cameras(&mut self, keep: impl FnMut(&Camera) -> bool) {
        self.cameras.retain(keep);
        for (index, camera) in self.cameras.iter_mut().enumerate() {
            camera.id = CameraId(index as u16);
        }
    }

    /// The clock all cameras meet on, given the rate of each: [`Camera::fps`], or what its video says.
    ///
    /// The first frame of a camera lies at its [`start`](Camera::start): number 1, or number 0 for images where the
    /// sequence has an image of that number.
    ///
    /// # Errors
    /// Where a rate or start is no sensible number.
    pub fn clock(&self, fps: impl Fn(&Camera) -> f64) -> Result<Clock, ClockError> {
        let from_zero =
            |c: &Camera| matches!(&c.source, Source::Images(i) if i.first().is_some_and(|i| i.0.0 == 0));
        let images_from_zero = self.cameras.iter().any(from_zero);
        let timeline = |camera: &Camera| {
            let from_zero = images_from_zero && matches!(camera.source, Source::Images(_));
            let fps = fps(camera);
            Timeline { fps, start: if from_zero { camera.start } else { camera.start - 1.0 / fps } }
        };
        Clock::new(self.cameras.iter().map(timeline).collect())
    }

    /// The ground truth of every camera, in the order of [`CameraId`]; `None` for a camera without.
    ///
    /// # Errors
    /// Where a file cannot be read: with line and column.
    pub fn ground_truth(&self) -> Result<Vec<Option<Vec<mot::Row>>>, ReadError> {
        // WILDTRACK keeps all cameras in the same files: they are read once.
        let mut annotations: Option<(&Path, Annotations)> = None;
        let mut all = Vec::with_capacity(self.cameras.len());
        for camera in &self.cameras {
            let rows = match camera.ground_truth.as_deref() {
                None => None,
                Some(folder) if folder.is_dir() => {
                    if annotations.as_ref().is_none_or(|(read, _)| *read != folder) {
                        annotations = Some((folder, Annotations::read(folder)?));
                    }
                    let views = annotations.as_mut().map(|(_, a)| &mut a.views);
                    let view = camera.wildtrack_view().and_then(|view| views?.get_mut(view));
                    view.map(std::mem::take)
                }
                Some(file) => Some(mot::read(file)?),
            };
            all.push(rows);
        }
        Ok(all)
    }

    /// Where everybody stands by ground truth: `ground_truth_world.csv`, or WILDTRACK's annotations; `None` without.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn ground_truth_positions(&self) -> Result<Option<Vec<Position>>, ReadError> {
        let csv = self.root.join("ground_truth_world.csv");
        let annotations = self.root.join(discovery::WILDTRACK_ANNOTATIONS);
        if csv.is_file() {
            world::read(&csv).map(Some)
        } else if annotations.is_dir() {
            Annotations::read(&annotations).map(|a| Some(a.positions))
        } else {
            Ok(None)
        }
    }
}

impl Camera {
    /// The `viewNum` of a WILDTRACK camera: 0 for C1.
    fn wildtrack_view(&self) -> Option<usize> {
        self.name.strip_prefix('C')?.parse::<usize>().ok()?.checked_sub(1)
    }
}

#[cfg(test)]
mod tests;
