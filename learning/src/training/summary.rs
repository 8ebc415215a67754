//! The summary of a run.

use super::BestValidation;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingEnd {
    /// All epochs are done.
    Completed,
    /// Early stopping: no better validation within `patience`.
    EarlyStopped,
    /// Interrupted by the observer; the run can be resumed.
    Interrupted,
}

/// The summary of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSummary {
    /// How it ended.
    pub end: TrainingEnd,
    /// Steps taken, those before a resume included.
    pub steps: u64,
    /// The best validation.
    pub best: Option<BestValidation>,
    /// The validation metrics of the weights as they were written, in the order of
    /// [`Task::validation_metrics`](super::Task::validation_metrics); empty for a run that was interrupted or has no
    /// validation.
    pub scores: Vec<f64>,
}
