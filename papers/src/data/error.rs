//! Errors of reading a data set.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of a data set cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// It does not exist.
    #[error("there is no {what} in {}: {remedy}", shown(folders))]
    Missing {
        /// The name of the file.
        what: String,
        /// The folders that were searched.
        folders: Vec<PathBuf>,
        /// How to get it.
        remedy: &'static str,
    },
    /// It does not have the expected format.
    #[error("{} is not a valid {format} file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The expected format.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl DataError {
    /// The bytes of a file.
    pub(super) fn read(path: &Path) -> Result<Vec<u8>, Self> {
        std::fs::read(path).map_err(|source| Self::Io { path: path.to_path_buf(), source })
    }

    pub(crate) fn format(path: &Path, format: &'static str, reason: impl Into<String>) -> Self {
        Self::Format { path: path.to_path_buf(), format, reason: reason.into() }
    }
}

fn shown(folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    folders.join(" or ")
}
