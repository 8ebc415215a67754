//! Observers of training, and the record of a step.

use std::ops::ControlFlow;

/// The record of a step: a row of `history.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// Its number, from 1.
    pub step: u64,
    /// The number of its epoch, from 1.
    pub epoch: u64,
    /// The learning rate.
    pub lr: f64,
    /// The loss of the batch.
    pub loss: f64,
    /// The norm of the gradients of all parameters as one vector, before clipping.
    pub gradient_norm: f64,
    /// The task's metrics beside the loss, in the order of [`Task::metrics`](super::Task::metrics).
    pub metrics: Vec<f64>,
    /// The metrics of a validation after the step, if there was one, in the order of
    /// [`Task::validation_metrics`](super::Task::validation_metrics).
    pub validation: Option<Vec<f64>>,
}

/// An observer of training, for instance a progress bar.
pub trait Observer {
    /// Training starts or resumes: `step` of `total` steps are done.
    fn started(&mut self, _step: u64, _total: u64) {}

    /// A step is done and in the history. [`ControlFlow::Break`] interrupts the run, which can be resumed.
    fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()>;
}

/// Observes nothing.
impl Observer for () {
    fn stepped(&mut self, _record: &StepRecord) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Any function of records is an observer.
impl<F: FnMut(&StepRecord) -> ControlFlow<()>> Observer for F {
    fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()> {
        self(record)
    }
}
