//! What can be wrong with a file of numbers.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where a text stops making sense, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Byte in the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
}

/// Why a file could not be read. The message is whole: file, place and cause.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file could not be opened or read.
    #[error("cannot read {path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The text does not have the form it should have.
    #[error("{path}, {error}", path = path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: ParseError,
    },
    /// The file does not hold what it should hold.
    #[error("{path}: {problem}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what to do.
        problem: String,
    },
}

impl ReadError {
    pub(crate) fn text(path: &Path) -> impl FnOnce(ParseError) -> Self {
        move |error| Self::Text { path: path.to_owned(), error }
    }

    pub(crate) fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content { path: path.to_owned(), problem: problem.into() }
    }
}

/// The bytes of a file.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    std::fs::read(path).map_err(|error| ReadError::Io { path: path.to_owned(), error })
}
