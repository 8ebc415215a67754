//! What an associator may use besides detections.

use crate::{AssignmentModel, GroundPlane};

/// Sources of evidence besides motion and appearance; nothing by default.
#[derive(Default)]
pub struct Evidence {
    /// Where the cameras stand, so that people seen at one timestep can be compared by their ground-plane positions.
    pub ground_plane: Option<GroundPlane>,
    /// A network that looks at everybody seen at one timestep, for
    /// [`AssignmentSource::Network`](crate::AssignmentSource::Network).
    pub assignment_model: Option<Box<dyn AssignmentModel>>,
}
