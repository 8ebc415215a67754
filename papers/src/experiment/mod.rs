//! An experiment: a model of the literature as something to train and measure.

mod results;

use mvmhat_learning::{InitError, Task, TaskError};

use crate::data::DataError;
pub use results::{Chart, Curve, NamedPoint, Panel, Results};

/// A [`Task`] with the measures and figures that its model is known for.
pub trait Experiment: Task {
    /// The results with the weights it has now.
    ///
    /// # Errors
    /// If the data cannot be had.
    fn results(&mut self) -> Result<Results, TaskError>;
}

/// An experiment whose data are there.
pub enum PreparedExperiment {
    /// Something to train.
    Training(Box<dyn Experiment>),
    /// The results of an experiment that needs no training.
    Computed(Results),
}

/// Why an experiment cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A file of the data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A setting of the experiment that makes no sense.
    #[error("experiment.{key}: {reason}")]
    Configuration {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Sizes of the data that the network does not fit.
    #[error("{what} have the shape {found:?}, and the experiment needs {needed}")]
    Dimensions {
        /// What was read.
        what: &'static str,
        /// Its shape.
        found: Vec<i64>,
        /// What is needed.
        needed: String,
    },
    /// A word that the vocabulary does not have.
    #[error("experiment.{key}: the corpus has no word `{word}`")]
    UnknownWord {
        /// The key that names it.
        key: &'static str,
        /// The word.
        word: String,
    },
    /// An initializer that does not fit.
    #[error(transparent)]
    Init(#[from] InitError),
}

impl ExperimentError {
    /// A setting that makes no sense.
    pub(crate) fn setting(key: &'static str, reason: impl Into<String>) -> Self {
        Self::Configuration { key, reason: reason.into() }
    }
}
