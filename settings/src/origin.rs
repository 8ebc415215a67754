//! Where a value of the configuration was said.

use std::fmt;
use std::path::PathBuf;

/// Who said a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: it is the value of the program itself.
    Default,
    /// A preset that is part of the program.
    Preset,
    /// A file, and the line of the key there, counted from 1.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// A setting of the command line, as `KEY=VALUE`.
    Set(String),
}

impl Origin {
    /// Whether a user said it, who can be told to mend it.
    pub fn is_of_user(&self) -> bool {
        matches!(self, Self::File { .. } | Self::Set(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset => f.write_str("preset"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Set(assignment) => write!(f, "--set {assignment}"),
        }
    }
}
