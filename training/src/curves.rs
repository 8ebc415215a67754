//! Watching a run: a progress bar, curves in the Rerun viewer, Ctrl-C.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use mvmhat_learning::{Observer, StepRecord};
use rerun::{RecordingStream, RecordingStreamBuilder, Scalars};

use crate::progress::Progress;
use crate::stream::Stop;

/// The timeline of steps.
const STEP: &str = "step";
/// The name of the program in the viewer.
const APPLICATION: &str = "mvmhat train";

/// Curves in the viewer, one each for rate, loss and whatever else a step tells.
pub(crate) struct Curves {
    stream: RecordingStream,
}

impl Curves {
    /// Into a file for the viewer.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn save(path: &Path) -> Result<Self> {
        let stream = RecordingStreamBuilder::new(APPLICATION).save(path);
        Self::on(stream.with_context(|| format!("cannot write {}", path.display()))?)
    }

    /// In a viewer of its own, while the run goes on.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn view() -> Result<Self> {
        Self::on(RecordingStreamBuilder::new(APPLICATION).spawn().context("the viewer cannot be started")?)
    }

    fn on(stream: RecordingStream) -> Result<Self> {
        stream.set_log_tick_enabled(false);
        stream.set_log_time_enabled(false);
        Ok(Self { stream })
    }

    fn log(&self, record: &StepRecord, metrics: &[String], validation: &[String]) -> Result<()> {
        self.stream.set_time_sequence(STEP, i64::try_from(record.step)?);
        let one = |path: &str, value: f64| self.stream.log(path, &Scalars::single(value));
        one("training/loss", record.loss)?;
        one("training/rate", record.rate)?;
        one("training/gradient_norm", record.gradient_norm)?;
        for (name, value) in metrics.iter().zip(&record.metrics) {
            one(&format!("training/terms/{name}"), *value)?;
        }
        for (name, value) in validation.iter().zip(record.validation.iter().flatten()) {
            one(&format!("validation/{name}"), *value)?;
        }
        Ok(())
    }
}

/// Watches a run.
pub(crate) struct Watch {
    progress: Option<Progress>,
    curves: Vec<Curves>,
    stop: Arc<Stop>,
    metrics: Vec<String>,
    validation: Vec<String>,
}

impl Watch {
    /// Names are those of the task, in its order.
    pub(crate) fn new(curves: Vec<Curves>, stop: &Arc<Stop>, metrics: &[&str], validation: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (metrics, validation) = (owned(metrics), owned(validation));
        Self { progress: None, curves, stop: Arc::clone(stop), metrics, validation }
    }
}

impl Observer for Watch {
    fn started(&mut self, step: u64, total: u64) {
        if step > 0 {
            tracing::info!("going on after step {step} of {total}");
        }
        self.progress = Some(Progress::new(total.saturating_sub(step), "steps"));
    }

    fn stepped(&mut self, record: &StepRecord) -> ControlFlow<()> {
        if let Some(progress) = &self.progress {
            progress.advance();
        }
        for curves in &self.curves {
            if let Err(error) = curves.log(record, &self.metrics, &self.validation) {
                tracing::warn!("a step is missing in the viewer: {error:#}");
            }
        }
        if let Some(values) = &record.validation {
            let told: Vec<String> = self
                .validation
                .iter()
                .zip(values)
                .map(|(name, value)| format!("{name} {value:.3}"))
                .collect();
            tracing::info!(
                "step {}, epoch {}: loss {:.3}, {}",
                record.step,
                record.epoch,
                record.loss,
                told.join(", ")
            );
        }
        if self.stop.is_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(progress) = &self.progress {
            progress.finish();
        }
    }
}
