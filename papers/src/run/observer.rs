//! A training run on the console.

use std::ops::ControlFlow;
use std::sync::Arc;

use mvmhat_console::{CancellationToken, FinishedStep, TrainingProgress};
use mvmhat_learning::{Observer, StepRecord};

/// Shows a run on the console and ends it when it is cancelled.
pub(super) struct ConsoleObserver {
    progress: TrainingProgress,
}

impl ConsoleObserver {
    pub(super) fn new(cancellation: &Arc<CancellationToken>, validation: &[&str]) -> Self {
        Self { progress: TrainingProgress::new(cancellation, validation) }
    }
}

impl Observer for ConsoleObserver {
    fn started(&mut self, step: u64, total: u64) {
        self.progress.start(step, total);
    }

    fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()> {
        let &StepRecord { step, epoch, loss, ref validation, .. } = record;
        self.progress.advance(&FinishedStep { step, epoch, loss, validation: validation.as_deref() })
    }
}
