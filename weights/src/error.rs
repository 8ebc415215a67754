//! Errors of weights.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why weights cannot be found, read, fetched or used. Every message names the file or the weights and, where there is a
/// remedy, the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The system refuses to read or write.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// `read`, `write`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file that is neither safetensors nor a PyTorch checkpoint.
    #[error("{} holds no weights: it is neither a safetensors file nor a PyTorch checkpoint", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A file that violates its format or ends early.
    #[error("{} is damaged or cut short: {reason}; fetch it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint without a state dict, or of a kind that cannot be read without executing it.
    #[error("{} cannot be used: {reason}; save the network's state_dict() with a current PyTorch, or as safetensors", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// Weights of another architecture.
    #[error("{} does not fit the network: {mismatch}", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The tensors that differ.
        mismatch: Box<Mismatch>,
    },
    /// Weights of another architecture than their name stands for.
    #[error("{} does not fit {name}: that is {expected}, and the file {}", path.display(), resembles(*found))]
    Architecture {
        /// The file.
        path: PathBuf,
        /// The name it was imported or fetched as.
        name: String,
        /// The architecture of that name.
        expected: String,
        /// The architecture the file looks like, if any.
        found: Option<&'static str>,
    },
    /// A name that stands for no weights.
    #[error("there are no weights named `{name}`{}; `mvmhat weights list` names all", did_you_mean(nearest.as_deref()))]
    Unknown {
        /// The name.
        name: String,
        /// The most similar known name, if any is similar.
        nearest: Option<String>,
    },
    /// A path at which there is no file.
    #[error("there is no weights file {}", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// Known weights that are not on this machine.
    #[error(
        "the weights {name} are not on this machine: {way}, or run `mvmhat weights import FILE --as {name}` \
         with a copy of {file}, or set MVMHAT_WEIGHTS_MIRROR to a folder that holds one"
    )]
    Absent {
        /// The name of the weights.
        name: String,
        /// How to get them.
        way: String,
        /// The name of the file to look for.
        file: String,
    },
    /// A file with another checksum than the known one.
    #[error(
        "{} has sha256 {actual}, not {expected}: it is damaged or another file; delete it and run `mvmhat weights pull {name}`",
        path.display()
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The name of the weights.
        name: String,
        /// The checksum it should have.
        expected: String,
        /// The checksum it has.
        actual: String,
    },
    /// Weights that could not be downloaded from any of their URLs.
    #[error(
        "cannot download {name}: {reason}; fetch the file on another machine and run `mvmhat weights import FILE --as {name}`, \
         or set MVMHAT_WEIGHTS_MIRROR to a folder that holds it"
    )]
    Download {
        /// The name of the weights.
        name: String,
        /// Each URL with the failure.
        reason: String,
    },
    /// The list of known weights is invalid.
    #[error("configs/weights.yaml: {0}")]
    Registry(String),
    /// The environment does not say where the cache folder is.
    #[error("there is no home folder to keep weights in: set MVMHAT_CACHE to a folder")]
    NoCache,
    /// libtorch fails.
    #[error("libtorch cannot take the tensors of {}", path.display())]
    Torch {
        /// The file that was being read.
        path: PathBuf,
        /// libtorch's reason.
        source: tch::TchError,
    },
}

impl WeightsError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_path_buf(), source }
    }

    /// The file is damaged, for the given reason.
    pub fn damaged(path: &Path, reason: String) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

fn resembles(architecture: Option<&str>) -> String {
    architecture
        .map_or("is of an architecture that is not known here".into(), |name| format!("looks like {name}"))
}

/// How the tensors of a file differ from those of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Names the network has and the file has not, sorted.
    pub missing: Vec<String>,
    /// Names the file has and the network has not, sorted.
    pub unexpected: Vec<String>,
    /// Tensors both have, in different shapes, sorted by name.
    pub misshapen: Vec<ShapeMismatch>,
    /// The architecture the file looks like, if it is a known one.
    pub resembles: Option<&'static str>,
}

/// A tensor that a file and a network have in different shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// Its name.
    pub name: String,
    /// Its shape in the file.
    pub file: Vec<i64>,
    /// Its shape in the network.
    pub network: Vec<i64>,
}

/// How many tensors of a kind an error names.
const NAMED: usize = 3;

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes: Vec<_> = self
            .misshapen
            .iter()
            .map(|ShapeMismatch { name, file, network }| {
                format!("{name}: {file:?} in the file, {network:?} in the network")
            })
            .collect();
        let kinds =
            [("missing", &self.missing), ("unexpected", &self.unexpected), ("of another shape", &shapes)];
        let told: Vec<_> = kinds
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(kind, names)| {
                let more = if names.len() > NAMED { ", …" } else { "" };
                format!("{} {kind} ({}{more})", names.len(), names[..names.len().min(NAMED)].join(", "))
            })
            .collect();
        write!(f, "tensors {}", told.join(", "))?;
        self.resembles.map_or(Ok(()), |name| write!(f, "; the file looks like {name}"))
    }
}

/// What is wrong with a file whose path is added later.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Damaged(String),
    Unsupported(String),
    Torch(tch::TchError),
}

impl Fault {
    pub(super) fn damaged(reason: &str) -> Self {
        Self::Damaged(reason.into())
    }

    pub(super) fn in_file(self, path: &Path) -> WeightsError {
        let path = path.to_path_buf();
        match self {
            Self::Io(source) => WeightsError::Io { what: "read", path, source },
            Self::Damaged(reason) => WeightsError::Damaged { path, reason },
            Self::Unsupported(reason) => WeightsError::Unsupported { path, reason },
            Self::Torch(source) => WeightsError::Torch { path, source },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::damaged("it ends early"),
            // Never from the system: a wrong checksum inside an archive.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::Damaged(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

impl From<tch::TchError> for Fault {
    fn from(error: tch::TchError) -> Self {
        Self::Torch(error)
    }
}
