//! Why a folder cannot be opened as a sequence.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::{CalibrationError, FrameNumber};

/// Why a folder could not be opened as a sequence. The message is whole: folder or file, cause, and what to do.
#[derive(Debug, Error)]
pub enum SequenceError {
    /// There is nothing of this name.
    #[error("{path}: no such folder", path = .0.display())]
    NotFound(PathBuf),
    /// A file where a folder is needed.
    #[error("{path} is a file: give the folder of the recording, with one folder or one video per camera in it", path = .0.display())]
    NotAFolder(PathBuf),
    /// A folder or file that cannot be read.
    #[error("cannot read {path}: {error}", path = path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Nothing in the folder looks like a camera.
    #[error(
        "no camera in {path}: looked for one video per camera (<camera>.mp4), for folders <camera>/ with a video, \
         images (img1/*.jpg, images/*.jpg), det/det.txt or gt/gt.txt, for one MOTChallenge sequence (img1/) and for \
         WILDTRACK (Image_subsets/); found {found}",
        path = path.display()
    )]
    NoCamera {
        /// The folder.
        path: PathBuf,
        /// What was in it, in short.
        found: String,
    },
    /// More cameras than can be counted.
    #[error("{path}: {count} cameras, at most 65536 can be followed", path = path.display())]
    TooManyCameras {
        /// The folder.
        path: PathBuf,
        /// How many were found.
        count: usize,
    },
    /// Two images of one camera claim the same frame.
    #[error(
        "{folder}: {first} and {second} are both frame {number}: remove or rename one",
        folder = folder.display()
    )]
    TwoImages {
        /// The folder of the images.
        folder: PathBuf,
        /// The frame.
        number: FrameNumber,
        /// Name of one image.
        first: String,
        /// Name of the other.
        second: String,
    },
    /// Something in the folder can be understood in two ways, or in none.
    #[error("{path}: {problem}", path = path.display())]
    Content {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The calibration is wrong.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
}

impl SequenceError {
    pub(super) fn content(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::Content { path: path.into(), problem: problem.into() }
    }
}

/// A camera was asked for that the sequence does not have.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is no camera `{name}`; there are {known}", known = known.join(", "))]
pub struct UnknownCamera {
    /// The name that was asked for.
    pub name: String,
    /// The names of all cameras.
    pub known: Vec<String>,
}
