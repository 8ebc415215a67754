//! What can be wrong with a data set.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of a data set cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The system refuses to read it.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is nowhere to be found.
    #[error("there is no {what} in {}: {remedy}", shown(folders))]
    Missing {
        /// What is looked for.
        what: String,
        /// Where.
        folders: Vec<PathBuf>,
        /// How to get it.
        remedy: &'static str,
    },
    /// It is not of the format it is read as.
    #[error("{} is no {format} file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that was expected.
        format: &'static str,
        /// What does not fit.
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
