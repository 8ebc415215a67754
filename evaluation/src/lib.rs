#![doc = include_str!("../README.md")]

mod camera_overlaps;
mod clear_mot;
mod clear_mot_rules;
mod comparison;
mod cross_view_pairs;
mod detection;
mod embedding;
mod error_writer;
mod frame_matches;
mod greedy_pairs;
mod ground;
mod hota;
mod identity;
mod json;
mod matching;
mod metric;
mod mvmhat_protocol;
mod observation;
mod pair_counter;
mod protocol_constants;
mod re_entries;
mod scores;
mod stma;
mod table;
mod tracking_errors;

pub use clear_mot::{Clear, Protocol, clear};
pub use comparison::{CameraRows, CameraSequence, Comparison, ComparisonError, GtAndTracks};
pub use cross_view_pairs::{CrossViewPairs, cross_view_pairs};
pub use detection::{
    COCO_IOU_THRESHOLDS, DatasetDetectionScores, DetectionFrame, DetectionScores, FoundRatio, GroundTruthBox,
    HEIGHT_BINS, OperatingPoint, PredictedBox, VISIBILITY_BINS, average_precision,
};
pub use embedding::{
    Confusion, Crop, CropError, Crops, CrossViewAccuracy, DatasetEmbeddingScores, EmbeddingCounts,
    EmbeddingScores, Histogram, PrincipalComponents, Retrieval, Separation,
};
pub use error_writer::ErrorWriter;
pub use greedy_pairs::greedy_pairs;
pub use ground::{GroundPoint, fuse, modp};
pub use hota::{ALPHAS, Hota, PerAlpha, alpha, hota};
pub use identity::{Identity, identity};
pub use mvmhat_protocol::{MvmhatScores, mvmhat};
pub use observation::{Location, Observation};
pub use protocol_constants::{MATCH_IOU, MIN_VISIBILITY, OPERATING_SCORE};
pub use re_entries::{MIN_ABSENCE, ReEntries, re_entries};
pub use scores::{CrossView, DatasetScores, Scores, SequenceScores};
pub use stma::{STMA_LENGTHS, stma};
pub use table::{Table, TableFormat};
pub use tracking_errors::{ErrorKind, OtherView, TrackingError, tracking_errors};
