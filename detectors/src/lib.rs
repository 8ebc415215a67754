//! Networks that look at images: person detectors, re-ID embedders, their weights.
//!
//! * A [`Detector`] finds people in the frames of all cameras at once, an [`Embedder`] says how each of them looks.
//!   Both are chosen by name in the configuration ([`DetectorConfig`], [`EmbedderConfig`]) and made by
//!   [`build_detector`] and [`build_embedder`], once for every worker.
//! * `file` stands for what was computed before, in both: no image is looked at then, and
//!   [`Detector::needs_images`] says so.
//! * Networks are defined in [`networks`], with variables named as in the published checkpoints, on the blocks of
//!   [`learning`].
//!
//! ```no_run
//! use mvmhat_detectors::{DetectorConfig, EmbedderConfig, Frame, build_detector, build_embedder};
//! use tch::Device;
//!
//! # fn frames() -> Vec<Frame> { Vec::new() }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recording = mvmhat_scene::Sequence::open("recording".as_ref())?;
//! let mut detector = build_detector(&DetectorConfig::default(), &recording, Device::Cpu)?;
//! let mut embedder = build_embedder(&EmbedderConfig::default(), &recording, Device::Cpu)?;
//! let frames = frames(); // one of each camera
//! let mut people = detector.detect(&frames)?;
//! embedder.embed(&frames, &mut people)?;
//! # Ok(())
//! # }
//! ```

mod color_histogram;
mod crop_input;
mod crops;
mod detector;
mod embedder;
mod embeddings;
mod error;
mod file_detector;
mod file_embedder;
mod grid_detector;
mod letterbox;
mod network_embedder;
pub mod networks;
mod nms;
mod person_detector;
mod image;
mod weights;
mod yolox_detector;

pub use crop_input::CropInput;
pub use crops::crop;
pub use detector::{Detector, DetectorConfig, DetectorName, build_detector};
pub use embedder::{Embedder, EmbedderConfig, EmbedderName, build_embedder};
pub use embeddings::embeddings;
pub use error::Error;
pub use person_detector::person_detector;
pub use image::{Frame, Image};
pub use weights::{
    Availability, ColorOrder, Fetched, Fit, InputConvention, Licence, Mismatch, Origin, Place, Registry,
    StateDict, WeightsEntry, WeightsError, WeightsFile, WeightsStore, available, locate, sha256, sha256_of,
};
