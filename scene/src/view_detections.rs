//! What one camera gives to the association at one timestep.

use serde::{Deserialize, Serialize};

use crate::{CameraMotion, Detection};

/// The people that a camera has found, and how it has moved. Small and self-contained: no image goes further.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewDetections {
    /// The people found.
    pub detections: Vec<Detection>,
    /// How the image has moved since the camera's frame before; `None` where nobody has looked, as for a camera
    /// that stands still.
    pub camera_motion: Option<CameraMotion>,
}

impl From<Vec<Detection>> for ViewDetections {
    /// Detections of a camera that stands still.
    fn from(detections: Vec<Detection>) -> Self {
        Self { detections, camera_motion: None }
    }
}
