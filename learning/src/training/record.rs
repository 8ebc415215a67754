//! What a step was like, and who wants to know.

use std::ops::ControlFlow;

/// What a step was like: a row of `history.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its number, from 1.
    pub step: u64,
    /// The number of its epoch, from 1.
    pub epoch: u64,
    /// The learning rate.
    pub rate: f64,
    /// The loss of the batch.
    pub loss: f64,
    /// The length of the gradients of all parameters as one vector, before clipping.
    pub gradient_norm: f64,
    /// What the task told beside the loss, in the order of its metrics.
    pub metrics: Vec<f64>,
    /// What a validation after the step told, if there was one, in the order of the task's validation metrics.
    pub validation: Option<Vec<f64>>,
}

/// Someone who watches training: a progress bar, a viewer of curves.
pub trait Observer {
    /// Training starts or goes on: `step` of `total` steps are done.
    fn started(&mut self, _step: u64, _total: u64) {}

    /// A step was taken and is in the history. [`ControlFlow::Break`] ends the run here, to be resumed.
    fn stepped(&mut self, record: &Record) -> ControlFlow<()>;
}

/// Watches nothing.
impl Observer for () {
    fn stepped(&mut self, _record: &Record) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Any function of records is an observer.
impl<F: FnMut(&Record) -> ControlFlow<()>> Observer for F {
    fn stepped(&mut self, record: &Record) -> ControlFlow<()> {
        self(record)
    }
}
