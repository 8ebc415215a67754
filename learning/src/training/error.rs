//! Errors of training.

use std::io;
use std::path::{Path, PathBuf};

use mvmhat_plots::PlotError;

use super::TaskError;
use crate::FreezeError;

/// Why training cannot start or continue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file cannot be read or written.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// `read`, `write`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// An invalid setting.
    #[error("{key}: {reason}")]
    Configuration {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A prefix to freeze that matches no variable.
    #[error("freeze: {0}")]
    Freeze(#[from] FreezeError),
    /// The folder already holds a run.
    #[error("{} holds a training run already: resume it, or choose another folder", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// A truncated or modified checkpoint.
    #[error("{} is damaged: {reason}; delete it to go on from the one before it, if there is one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint of another run.
    #[error(
        "{} does not fit the configuration: {}; go back to the configuration of the run, or choose another folder",
        path.display(), differences.join(", ")
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// What differs.
        differences: Vec<String>,
    },
    /// A checkpoint whose configuration has the keys of an earlier version of this program.
    #[error(
        "{} was written by an earlier version, whose configuration keys had other names: it cannot be resumed; begin anew in another folder",
        path.display()
    )]
    EarlierVersion {
        /// The file.
        path: PathBuf,
    },
    /// A history that lacks rows.
    #[error(
        "{} ends after {rows} of the {step} steps of the checkpoint: bring the file back, or begin anew in another folder",
        path.display()
    )]
    History {
        /// The file.
        path: PathBuf,
        /// Whole rows in it.
        rows: u64,
        /// Steps before the checkpoint.
        step: u64,
    },
    /// A loss or gradient that is infinite or not a number.
    #[error(
        "the {what} of step {step} (epoch {epoch}) is {value}, on {batch}; {}; look at these samples, or lower `lr.peak` or `grad_clip_norm`",
        last_good(checkpoint.as_deref())
    )]
    NotFinite {
        /// `loss` or `gradient`.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The number of the step, from 1.
        step: u64,
        /// The number of the epoch, from 1.
        epoch: u64,
        /// The samples of the batch.
        batch: String,
        /// The newest checkpoint before this step.
        checkpoint: Option<PathBuf>,
    },
    /// The task failed.
    #[error("step {step} of training failed")]
    Task {
        /// The number of the step, from 1.
        step: u64,
        /// The error of the task.
        source: TaskError,
    },
    /// The task returns more or fewer values than it has names for.
    #[error("the task names {names} {kind} metrics and gives {values}")]
    Metrics {
        /// `training` or `validation`.
        kind: &'static str,
        /// The number of names.
        names: usize,
        /// The number of values.
        values: usize,
    },
    /// libtorch failed.
    #[error("libtorch failed in training or with its tensors")]
    Torch(#[from] tch::TchError),
    /// The curves cannot be drawn.
    #[error("the curves cannot be drawn")]
    Curves(#[from] PlotError),
}

impl TrainError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_path_buf(), source }
    }

    pub(super) fn damaged(path: &Path, reason: &dyn ToString) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.to_string() }
    }
}

fn last_good(checkpoint: Option<&Path>) -> String {
    match checkpoint {
        Some(path) => format!("the last good checkpoint is {}", path.display()),
        None => "there is no checkpoint yet".into(),
    }
}
