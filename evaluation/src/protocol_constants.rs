//! The thresholds that several scores share, once.

/// The IoU (on the ground, the similarity) from which two boxes can be the same person.
pub const MATCH_IOU: f64 = 0.5;

/// The visibility below which a person of the ground truth is ignored where detectors and embeddings are scored.
pub const MIN_VISIBILITY: f64 = 0.5;

/// The score threshold at which the recall and precision of a detector are given.
pub const OPERATING_SCORE: f64 = 0.3;
