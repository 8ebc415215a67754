//! What one camera gives to the association at one instant.

use serde::{Deserialize, Serialize};

use crate::{CameraMotion, Detection};

/// The people that a camera has found, and how it has moved. Small and self-contained: no picture goes further.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The people found.
    pub detections: Vec<Detection>,
    /// How the picture has moved since the camera's frame before; `None` where nobody has looked, as for a camera
    /// that stands still.
    pub camera_motion: Option<CameraMotion>,
}

impl From<Vec<Detection>> for Seen {
    /// Detections of a camera that stands still.
    fn from(detections: Vec<Detection>) -> Self {
        Self { detections, camera_motion: None }
    }
}
