//! What there is besides looks to tell who is who.

/// What an associator may use besides detections: nothing, by default.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Evidence {}
