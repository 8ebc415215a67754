//! What can go wrong with detectors and embedders.

use std::path::PathBuf;

use mvmhat_scene::{BBox, CameraId, FrameNumber, ReadError};
use mvmhat_weights::{StateDict, WeightsError};

/// A value of the configuration that is out of its range or does not go with the rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} is {value}, but {rule}")]
pub struct ConfigError {
    /// The key with its sections: `detector.conf`.
    pub path: &'static str,
    /// The value that was given, as text.
    pub value: String,
    /// What is allowed, in words: `it must be between 0 and 1`.
    pub rule: &'static str,
}

impl ConfigError {
    /// Pretrained weights of another network than the configured one, both in words.
    pub(crate) fn other_network(configured: &str, weights: &StateDict, other: &str) -> Self {
        Self {
            path: "train.network",
            value: format!("{configured}, and {} has {other}", weights.path().display()),
            rule: "the pretrained weights are of another network: set the same under train.network",
        }
    }

    /// An error unless `ok`.
    pub(crate) fn require(
        ok: bool,
        path: &'static str,
        value: impl std::fmt::Display,
        rule: &'static str,
    ) -> Result<(), Self> {
        if ok { Ok(()) } else { Err(Self { path, value: value.to_string(), rule }) }
    }
}

/// Why a detector or an embedder cannot be made or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
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
    /// Files whose embeddings cannot be compared.
    #[error(
        "{} has embeddings of {found} dimensions, those of the other cameras have {expected}: compute them all with one network",
        path.display()
    )]
    Dimension {
        /// The file.
        path: PathBuf,
        /// The dimensions of its embeddings.
        found: usize,
        /// Those of the other files.
        expected: usize,
    },
    /// A detection that is not in the file of the embeddings.
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
    /// An image of an unsupported pixel format.
    #[error("an image has {found}; three channels of 8 bits (blue, green, red) are needed")]
    Image {
        /// Its pixel format.
        found: String,
    },
    /// OpenCV refuses.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
    /// libtorch refuses.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}
