//! A training run on the console: a progress bar, a log line per validation, Ctrl-C.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::{CancellationToken, Progress};

/// Shows the steps of a training run and ends it when it is cancelled.
#[derive(Debug)]
pub struct TrainingProgress {
    progress: Option<Progress>,
    cancellation: Arc<CancellationToken>,
    /// The names of the validation metrics.
    validation: Vec<String>,
}

/// A step that is done.
#[derive(Clone, Copy, Debug)]
pub struct FinishedStep<'a> {
    /// Its number, from 1.
    pub step: u64,
    /// The number of its epoch, from 1.
    pub epoch: u64,
    /// The loss of its batch.
    pub loss: f64,
    /// The metrics of the validation after it, if there was one.
    pub validation: Option<&'a [f64]>,
}

impl TrainingProgress {
    /// Shows nothing yet. `validation` names the metrics.
    pub fn new(cancellation: &Arc<CancellationToken>, validation: &[&str]) -> Self {
        let validation = validation.iter().map(|name| (*name).to_owned()).collect();
        Self { progress: None, cancellation: Arc::clone(cancellation), validation }
    }

    /// The names of the validation metrics.
    pub fn validation(&self) -> &[String] {
        &self.validation
    }

    /// The run begins after `step` of `total` steps.
    pub fn start(&mut self, step: u64, total: u64) {
        if step > 0 {
            tracing::info!("resuming after step {step} of {total}");
        }
        self.progress = Some(Progress::new(total.saturating_sub(step), "steps"));
    }

    /// A step is done; whether the run goes on.
    pub fn advance(&self, finished: &FinishedStep<'_>) -> ControlFlow<()> {
        if let Some(progress) = &self.progress {
            progress.advance();
        }
        if let Some(values) = finished.validation {
            let metrics = self.validation.iter().zip(values);
            let metrics: Vec<String> = metrics.map(|(name, value)| format!("{name} {value:.3}")).collect();
            let FinishedStep { step, epoch, loss, .. } = finished;
            tracing::info!("step {step}, epoch {epoch}: loss {loss:.3}, {}", metrics.join(", "));
        }
        if self.cancellation.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for TrainingProgress {
    fn drop(&mut self) {
        if let Some(progress) = &self.progress {
            progress.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_until_it_is_cancelled() {
        let cancellation = Arc::new(CancellationToken::default());
        let mut progress = TrainingProgress::new(&cancellation, &["accuracy"]);
        progress.start(3, 9);
        let finished = FinishedStep { step: 4, epoch: 1, loss: 0.5, validation: Some(&[0.25]) };
        assert_eq!(progress.advance(&finished), ControlFlow::Continue(()));
        cancellation.cancel();
        assert_eq!(progress.advance(&finished), ControlFlow::Break(()));
    }
}
