//! A model of the literature as something to train and measure.

use super::Findings;
use crate::{DataError, InitError, Task, TaskError};

/// A [`Task`] that can say what came of it.
pub trait Chapter: Task {
    /// The measures and figures that the model is known for, with the weights it has now.
    ///
    /// # Errors
    /// If the data cannot be had.
    fn conclude(&mut self) -> Result<Findings, TaskError>;
}

/// What a chapter comes to.
pub enum Lesson {
    /// Something to train.
    Training(Box<dyn Chapter>),
    /// Something that is known without training.
    Study(Findings),
}

/// Why a chapter cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChapterError {
    /// A file of the data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A setting of the chapter that makes no sense.
    #[error("chapter.{key}: {reason}")]
    Configuration {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Sizes of the data that the network does not fit.
    #[error("{what} have the shape {found:?}, and the chapter needs {needed}")]
    Dimensions {
        /// What was read.
        what: &'static str,
        /// Its shape.
        found: Vec<i64>,
        /// What is needed.
        needed: String,
    },
    /// A word that the vocabulary does not have.
    #[error("chapter.{key}: the corpus has no word `{word}`")]
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

impl ChapterError {
    /// A setting that makes no sense.
    pub(super) fn setting(key: &'static str, reason: impl Into<String>) -> Self {
        Self::Configuration { key, reason: reason.into() }
    }
}
