//! What a run shows while it goes on: a progress bar, log lines, curves. It ends the run at Ctrl-C.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use mvmhat_console::{CancellationToken, Progress};
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
    progress: Option<Progress>,
    curves: Vec<Curves>,
    cancellation: Arc<CancellationToken>,
    metrics: Vec<String>,
    validation: Vec<String>,
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
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Ok(Self {
            progress: None,
            curves: outputs.open()?,
            cancellation: Arc::clone(cancellation),
            metrics: owned(task.metrics()),
            validation: owned(task.validation_metrics()),
        })
    }

    fn log_curves(&self, record: &StepRecord) {
        for curves in &self.curves {
            if let Err(error) = curves.log(record, &self.metrics, &self.validation) {
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
        if step > 0 {
            tracing::info!("resuming after step {step} of {total}");
        }
        self.progress = Some(Progress::new(total.saturating_sub(step), "steps"));
    }

    fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()> {
        if let Some(progress) = &self.progress {
            progress.advance();
        }
        self.log_curves(record);
        if let Some(values) = &record.validation {
            let scores = self.validation.iter().zip(values);
            let scores: Vec<String> = scores.map(|(name, value)| format!("{name} {value:.3}")).collect();
            let StepRecord { step, epoch, loss, .. } = record;
            tracing::info!("step {step}, epoch {epoch}: loss {loss:.3}, {}", scores.join(", "));
        }
        if self.cancellation.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for RunObserver {
    fn drop(&mut self) {
        if let Some(progress) = &self.progress {
            progress.finish();
        }
    }
}
