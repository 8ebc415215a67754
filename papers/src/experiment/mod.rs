//! An experiment: a model of the literature that can be trained and evaluated.

mod results;

use mvmhat_learning::{InitError, Task, TaskError};

use crate::data::DataError;
pub use results::{Chart, Curve, NamedPoint, Panel, Results};

/// A [`Task`] with the measures and charts that its model is known for.
pub trait Experiment: Task {
    /// Evaluates the model with its current weights.
    ///
    /// # Errors
    /// If the data cannot be read or libtorch fails.
    fn results(&mut self) -> Result<Results, TaskError>;
}

/// An experiment whose data have been read.
pub enum PreparedExperiment {
    /// A model to train.
    Training(Box<dyn Experiment>),
    /// The results of an experiment without training.
    Computed(Results),
}

/// Why an experiment cannot be prepared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A file of the data set cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An invalid setting of the experiment.
    #[error("experiment.{key}: {reason}")]
    Configuration {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Data whose shape does not fit the network.
    #[error("{what} have the shape {found:?}, and the experiment needs {needed}")]
    Dimensions {
        /// The data.
        what: &'static str,
        /// Its shape.
        found: Vec<i64>,
        /// The shape that is needed.
        needed: String,
    },
    /// A word that is not in the vocabulary.
    #[error("experiment.{key}: the corpus has no word `{word}`")]
    UnknownWord {
        /// The key that names it.
        key: &'static str,
        /// The word.
        word: String,
    },
    /// An initializer that does not fit its variable.
    #[error(transparent)]
    Init(#[from] InitError),
}

impl ExperimentError {
    /// An invalid setting.
    pub(crate) fn setting(key: &'static str, reason: impl Into<String>) -> Self {
        Self::Configuration { key, reason: reason.into() }
    }
}
