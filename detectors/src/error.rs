//! What can go wrong in this room.

use std::path::PathBuf;

use mvmhat_scene::{BBox, CameraId, FrameNumber, ReadError};

use crate::WeightsError;

/// Why a detector or an embedder cannot be made or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value of the configuration that makes no sense.
    #[error("{key} is {value}, but {rule}")]
    Config {
        /// The key, with its section.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
    /// The weights cannot be found, read or used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A file of detections cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A camera without precomputed detections, where they were asked for.
    #[error(
        "camera {camera} has no file of detections: put det/det.txt or det/det.npy into its folder, name one in \
         recording.yaml, or choose a network as detector.name"
    )]
    NoDetections {
        /// The name of the camera.
        camera: String,
    },
    /// A file of detections without embeddings, where they were asked for.
    #[error(
        "{} has no embeddings: give det.npy in the DeepSORT layout (10 MOT columns, then the embedding), or choose \
         another embedder.name",
        path.display()
    )]
    NoEmbeddings {
        /// The file.
        path: PathBuf,
    },
    /// Files whose embeddings cannot be compared with each other.
    #[error(
        "{} has embeddings of {found} numbers, those of the other cameras have {expected}: make them with one network",
        path.display()
    )]
    Dimension {
        /// The file.
        path: PathBuf,
        /// How long its embeddings are.
        found: usize,
        /// How long the others' are.
        expected: usize,
    },
    /// A detection that is not in the file the embeddings come from.
    #[error(
        "camera {camera}, frame {number}: the file of embeddings has no box at {:.1}, {:.1}, {:.1} x {:.1}; \
         embedder.name `file` goes together with detector.name `file` only",
        bbox.x, bbox.y, bbox.w, bbox.h
    )]
    Unmatched {
        /// The camera.
        camera: CameraId,
        /// The frame.
        number: FrameNumber,
        /// The box.
        bbox: BBox,
    },
    /// A frame without an image, where one is needed.
    #[error("camera {camera}, frame {number} has no image, and the network needs one")]
    NoImage {
        /// The camera.
        camera: CameraId,
        /// The frame.
        number: FrameNumber,
    },
    /// An image of a form that cannot be used.
    #[error("an image has {found}; three channels of 8 bits (blue, green, red) are needed")]
    Image {
        /// What it has.
        found: String,
    },
    /// OpenCV refuses.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
    /// libtorch refuses.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}
