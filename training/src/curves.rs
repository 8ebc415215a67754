//! The curves of a run in the Rerun viewer.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_learning::StepRecord;
use rerun::{RecordingStream, RecordingStreamBuilder, Scalars};

/// The timeline of steps.
const STEP: &str = "step";
/// The name of the program in the viewer.
const APPLICATION: &str = "mvmhat train";

/// One curve each for learning rate, loss, gradient norm and the metrics of the task.
pub(crate) struct Curves(RecordingStream);

impl Curves {
    /// Curves in a file for the viewer.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn save(path: &Path) -> Result<Self> {
        let stream = RecordingStreamBuilder::new(APPLICATION).save(path);
        Ok(Self::new(stream.with_context(|| format!("cannot write {}", path.display()))?))
    }

    /// Curves in a viewer that is started, while the run goes on.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn view() -> Result<Self> {
        Ok(Self::new(
            RecordingStreamBuilder::new(APPLICATION).spawn().context("the viewer cannot be started")?,
        ))
    }

    fn new(stream: RecordingStream) -> Self {
        stream.set_log_tick_enabled(false);
        stream.set_log_time_enabled(false);
        Self(stream)
    }

    /// Appends a step. `metrics` and `validation` are the names of the values of the record.
    ///
    /// # Errors
    /// If the viewer or the file does not take it.
    pub(crate) fn log(&self, record: &StepRecord, metrics: &[String], validation: &[String]) -> Result<()> {
        self.0.set_time_sequence(STEP, i64::try_from(record.step)?);
        let scalar = |path: &str, value: f64| self.0.log(path, &Scalars::single(value));
        scalar("training/loss", record.loss)?;
        scalar("training/lr", record.lr)?;
        scalar("training/gradient_norm", record.gradient_norm)?;
        for (name, value) in metrics.iter().zip(&record.metrics) {
            scalar(&format!("training/terms/{name}"), *value)?;
        }
        for (name, value) in validation.iter().zip(record.validation.iter().flatten()) {
            scalar(&format!("validation/{name}"), *value)?;
        }
        Ok(())
    }
}
