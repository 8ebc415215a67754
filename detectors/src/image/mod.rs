//! Images as OpenCV has them, and their way into the input of a network: shrunk as a whole ([`letterbox`]) for
//! detectors, cut out and resized per box ([`crop_input`]) for embedders.

mod crop_input;
mod crops;
#[expect(clippy::module_inception, reason = "the type of this folder's name")]
mod image;
mod letterbox;
mod opencv_threads;

pub use crop_input::CropInput;
pub use crops::crop;
pub use image::{Frame, Image};
pub(crate) use letterbox::Letterbox;
pub use opencv_threads::limit_opencv_threads;
