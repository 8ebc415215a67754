//! What there is besides looks to tell who is who.

use crate::{AssignmentModel, Ground};

/// What an associator may use besides detections; nothing by default.
#[derive(Default)]
pub struct Evidence {
    /// Where the cameras stand, so that people seen at one timestep can be compared by where they are.
    pub ground: Option<Ground>,
    /// A network that looks at everybody seen at one timestep, for
    /// [`AssignmentSource::Network`](crate::AssignmentSource::Network).
    pub assignment: Option<Box<dyn AssignmentModel>>,
}
