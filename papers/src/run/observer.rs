//! A training run on the console: a progress bar, a log line per validation, Ctrl-C.

use std::ops::ControlFlow;
use std::sync::Arc;

use mvmhat_console::{CancellationToken, Progress};
use mvmhat_learning::{Observer, StepRecord};

/// Shows a run on the console and ends it when it is cancelled.
pub(super) struct ConsoleObserver {
    progress: Option<Progress>,
    cancellation: Arc<CancellationToken>,
    /// The names of the validation metrics.
    validation: Vec<String>,
}

impl ConsoleObserver {
    pub(super) fn new(cancellation: &Arc<CancellationToken>, validation: &[&str]) -> Self {
        let validation = validation.iter().map(|name| (*name).to_owned()).collect();
        Self { progress: None, cancellation: Arc::clone(cancellation), validation }
    }
}

impl Observer for ConsoleObserver {
    fn started(&mut self, step: u64, total: u64) {
        if step > 0 {
            tracing::info!("resumed after step {step} of {total}");
        }
        self.progress = Some(Progress::new(total.saturating_sub(step), "steps"));
    }

    fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()> {
        if let Some(progress) = &self.progress {
            progress.advance();
        }
        if let Some(values) = &record.validation {
            let metrics = self.validation.iter().zip(values);
            let metrics: Vec<_> = metrics.map(|(name, value)| format!("{name} {value:.3}")).collect();
            let StepRecord { step, epoch, loss, .. } = record;
            tracing::info!("step {step}, epoch {epoch}: loss {loss:.3}, {}", metrics.join(", "));
        }
        if self.cancellation.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for ConsoleObserver {
    fn drop(&mut self) {
        if let Some(progress) = &self.progress {
            progress.finish();
        }
    }
}
