//! What was filmed: cameras, frames, boxes, identities, calibration; recording layouts and file formats.
//!
//! This room has no native library and knows nothing of images: everything in it can be built and tested in
//! seconds. The other rooms speak to each other in its words:
//!
//! * [`CameraId`], [`FrameIndex`], [`FrameNumber`] and [`PersonId`] keep a camera from being taken for a person;
//! * [`BBox`], [`Detection`] and [`TrackedBox`] are what is seen, and what is known of it afterwards;
//! * [`FrameSet`] is everything that all cameras have at one timestep;
//! * [`Clock`] says which frames of which cameras are one timestep, and [`FrameSets`] brings them together;
//! * [`Sequence`] finds the cameras in a folder, whatever its layout: see [`sequence`];
//! * [`Calibration`] goes from the ground to the pixels of a camera and back;
//! * [`mot`], [`world`], [`wildtrack`] and [`DetectionFile`] read and write the file formats of the field;
//! * [`AtomicFile`] writes files that appear complete or not at all, [`nearest`] finds what a mistyped key was meant
//!   to be.

mod atomic_file;
mod bbox;
mod calibration;
mod camera_motion;
mod clock;
mod detection;
mod detection_file;
mod fields;
mod frame_range;
mod frame_set;
mod frame_sets;
mod ids;
pub mod mot;
mod npy;
mod read_error;
pub mod sequence;
mod sequence_part;

mod suggest;
mod view_detections;
pub mod wildtrack;
pub mod world;

pub use atomic_file::{AtomicFile, write_atomically, write_atomically_with};
pub use bbox::BBox;
pub use calibration::{Calibration, CalibrationError, Pinhole, Plane};
pub use camera_motion::CameraMotion;
pub use clock::{Clock, ClockError, Timeline};
pub use detection::{Detection, Embedding, TrackedBox};
pub use detection_file::DetectionFile;
pub use frame_range::FrameRange;
pub use frame_set::{FrameSet, ViewFrame};
pub use frame_sets::FrameSets;
pub use ids::{CameraId, FrameIndex, FrameNumber, PersonId};
pub use read_error::{ParseError, ReadError};
pub use sequence::{Camera, DEFAULT_FPS, Rotation, Sequence, SequenceError, Source, UnknownCamera};
pub use sequence_part::SequencePart;
pub use suggest::{nearest, nearest_key};
pub use view_detections::ViewDetections;
