//! What was filmed: cameras, frames, boxes, identities, calibration; recording layouts and file formats.
//!
//! This room has no native library and knows nothing of pictures: everything in it can be built and tested in
//! seconds. The other rooms speak to each other in its words:
//!
//! * [`CameraId`], [`FrameIndex`], [`FrameNumber`] and [`PersonId`] keep a camera from being taken for a person;
//! * [`BBox`], [`Detection`] and [`TrackedBox`] are what is seen, and what is known of it afterwards;
//! * [`FrameSet`] is everything that all cameras have at one instant.

mod bbox;
mod detection;
mod frame_set;
mod ids;

pub use bbox::BBox;
pub use detection::{Detection, Embedding, TrackedBox};
pub use frame_set::{FrameSet, View};
pub use ids::{CameraId, FrameIndex, FrameNumber, PersonId};
