//! What came of a run.

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Completed,
    /// There was no better validation for too long.
    EarlyStopped,
    /// The observer asked for it; the run can be resumed.
    Interrupted,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How it ended.
    pub end: End,
    /// Steps taken, those before a resume included.
    pub steps: u64,
    /// The best validation: after how many steps, and its score.
    pub best: Option<(u64, f64)>,
    /// What the validation says of the weights as they were written, in the order of
    /// [`Task::validation_metrics`](super::Task::validation_metrics); empty for a run that was interrupted or has no validation.
    pub scores: Vec<f64>,
}
