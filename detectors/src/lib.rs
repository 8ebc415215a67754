#![doc = include_str!("../README.md")]

mod detect;
mod error;
mod image;
mod inference;
#[cfg(test)]
mod parity;
mod reid;

pub use detect::{
    Architecture, DETECTORS, DetectionLoss, DetectionTargets, Detector, DetectorConfig, DetectorModel,
    DetectorNetwork, PYRAMIDS, PersonNetwork, PersonNetworkConfig, PretrainedParts, PyramidBackbone,
    Thresholds, Yolox, YoloxConfig, build_detector, detection_loss, person_detector,
};
pub use error::{ConfigError, Error};
pub use image::{CropInput, Frame, Image, crop, limit_opencv_threads};
pub use inference::Inference;
pub use reid::{
    Embedder, EmbedderConfig, EmbedderName, EmbeddingNetwork, EmbeddingNetworkConfig, build_embedder,
    embeddings,
};
