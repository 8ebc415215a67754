//! What a run shows while it goes on: a progress bar, log lines, curves. It ends the run at Ctrl-C.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use mvmhat_console::{CancellationToken, FinishedStep, TrainingProgress};
use mvmhat_learning::{Observer, StepRecord, Task};

use crate::curves::Curves;

/// Where the curves of a run are drawn while it goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CurveOutputs<'a> {
    /// A file for the Rerun viewer.
    pub(crate) rrd: Option<&'a Path>,
    /// Whether the viewer is started.
    pub(crate) view: bool,
}

/// Shows the steps of a run.
pub(crate) struct RunObserver {
    progress: TrainingProgress,
    curves: Vec<Curves>,
    metrics: Vec<String>,
}

impl RunObserver {
    /// Shows the steps of `task`, until `cancellation` is requested.
    ///
    /// # Errors
    /// Curves that cannot be drawn.
    pub(crate) fn new(
        task: &impl Task,
        outputs: CurveOutputs<'_>,
        cancellation: &Arc<CancellationToken>,
    ) -> Result<Self> {
        Ok(Self {
            progress: TrainingProgress::new(cancellation, task.validation_metrics()),
            curves: outputs.open()?,
            metrics: task.metrics().iter().map(|name| (*name).to_owned()).collect(),
        })
    }

    fn log_curves(&self, record: &StepRecord) {
        for curves in &self.curves {
            if let Err(error) = curves.log(record, &self.metrics, self.progress.validation()) {
                tracing::warn!("a step is missing in the viewer: {error:#}");
            }
        }
    }
}

impl CurveOutputs<'_> {
    /// Refuses curves that this program cannot draw.
    ///
    /// # Errors
    /// A program that was built without Rerun, or no viewer.
    pub(crate) fn check(self) -> Result<()> {
        mvmhat_pipeline::sinks::viewer::require(self.rrd.is_some(), self.view)
    }

    fn open(self) -> Result<Vec<Curves>> {
        let mut curves = Vec::new();
        if let Some(path) = self.rrd {
            curves.push(Curves::save(path)?);
        }
        if self.view {
            curves.push(Curves::view()?);
        }
        Ok(curves)
    }
}

impl Observer for RunObserver {
    fn started(&mut self, step: u64, total: u64) {
        self.progress.start(step, total);
    }

    fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()> {
        self.log_curves(record);
        let &StepRecord { step, epoch, loss, ref validation, .. } = record;
        self.progress.advance(&FinishedStep { step, epoch, loss, validation: validation.as_deref() })
    }
}
