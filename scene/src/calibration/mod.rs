//! Where the cameras stand and how they image the ground.
//!
//! ```yaml
//! units: metres                  # also centimetres, millimetres; of t, center and the offset of the plane
//! ground_plane: [0, 0, 1, 0]     # a x + b y + c z + d = 0
//! cameras:
//!   cam1:
//!     image_size: [1088, 1920]   # width, height in pixels
//!     K: [[1681.2, 0, 533.0], [0, 1681.1, 948.1], [0, 0, 1]]
//!     dist: [k1, k2, p1, p2, k3] # Brown-Conrady, as OpenCV orders them; fewer are filled up with 0
//!     R: [[...], [...], [...]]   # world to camera: x_camera = R x_world + t
//!     t: [0.32, 0.96, 2.89]
//!     center: [1.46, -1.91, 1.90]  # optional, checked: -R^T t
//! ```

mod file;
mod pinhole;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use pinhole::{Pinhole, Plane};

/// Why there is no calibration. The message is whole: file, place and cause.
#[derive(Debug, Error)]
pub enum CalibrationError {
    /// The file could not be read.
    #[error("cannot read {path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no calibration, or one that cannot be.
    #[error("{path}: {problem}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line or camera and key.
        problem: String,
    },
}

/// The cameras of a recording as pinholes, in one world whose unit is the metre.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The ground people walk on.
    pub ground: Plane,
    /// The cameras by name.
    pub cameras: BTreeMap<String, Pinhole>,
}

impl Calibration {
    /// Reads a calibration file.
    ///
    /// # Errors
    /// Where the file cannot be read, has keys that are not known or missing, or a camera in it cannot be: a rotation
    /// that is none, a focal length of 0, a ground plane without a direction.
    pub fn read(path: &Path) -> Result<Self, CalibrationError> {
        let text =
            std::fs::read(path).map_err(|error| CalibrationError::Io { path: path.to_owned(), error })?;
        Self::parse(&text).map_err(|problem| CalibrationError::Content { path: path.to_owned(), problem })
    }

    /// Reads the text of a calibration file.
    ///
    /// # Errors
    /// As [`read`](Self::read), in one sentence.
    pub fn parse(yaml: &[u8]) -> Result<Self, String> {
        file::parse(yaml)
    }

    /// The text of a calibration file that gives this calibration when it is read.
    pub fn to_yaml(&self) -> String {
        file::text(self)
    }

    /// Where somebody stands whose feet `camera` sees at `pixel`: x and y in the world, in metres.
    ///
    /// `None` where there is no such camera, or the pixel shows the sky.
    pub fn ground_position(&self, camera: &str, pixel: (f64, f64)) -> Option<(f64, f64)> {
        self.cameras.get(camera)?.ground_position(pixel, &self.ground)
    }
}

#[cfg(test)]
mod tests;
