//! Person detectors: from the frames of all cameras to detections.
//!
//! [`DETECTORS`] is the table of all detectors, [`DetectorConfig`] the section `detector` of a configuration. Networks
//! that predict boxes on grids ([`yolox`], [`person`]) share one [`grid_detector`]: letterbox, forward pass, decoding,
//! non-maximum suppression ([`nms`]).

mod config;
mod detector;
mod file_detector;
mod grid_detector;
mod models;
mod nms;
mod person;
mod person_detector;
mod yolox;

pub use config::DetectorConfig;
pub use detector::{Detector, build_detector};
pub use models::{Architecture, DETECTORS, DetectorModel, DetectorNetwork, Thresholds};
pub use person::{
    DetectionLoss, DetectionTargets, PYRAMIDS, PersonNetwork, PersonNetworkConfig, PretrainedParts,
    PyramidBackbone, detection_loss,
};
pub use person_detector::person_detector;
pub use yolox::{Yolox, YoloxConfig};
