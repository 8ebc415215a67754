//! What stands for the curves in the Rerun viewer where this crate was built without the feature `rerun`.

use std::path::Path;

use anyhow::{Result, bail};
use mvmhat_learning::StepRecord;

/// No curves can be drawn.
pub(crate) enum Curves {}

impl Curves {
    /// Refuses to write a file.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn save(_path: &Path) -> Result<Self> {
        bail!("built without the feature `rerun`");
    }

    /// Refuses to start the viewer.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn view() -> Result<Self> {
        bail!("built without the feature `rerun`");
    }

    /// Is never called, for there are no curves.
    ///
    /// # Errors
    /// None.
    pub(crate) fn log(
        &self,
        _record: &StepRecord,
        _metrics: &[String],
        _validation: &[String],
    ) -> Result<()> {
        match *self {}
    }
}
