//! `--errors`: the list of errors as a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mvmhat_evaluation::{Comparison, ErrorWriter, Protocol, tracking_errors};
use mvmhat_scene::AtomicFile;

/// A list of errors that gets its name when it is complete.
pub(super) struct ErrorFile {
    writer: ErrorWriter<AtomicFile>,
    path: PathBuf,
}

impl ErrorFile {
    /// For the errors of one sequence.
    pub(super) fn for_sequence(path: &Path) -> Result<Self> {
        Self::create(path, ErrorWriter::for_sequence)
    }

    /// For those of several, each with its name.
    pub(super) fn for_dataset(path: &Path) -> Result<Self> {
        Self::create(path, ErrorWriter::for_dataset)
    }

    fn create<E>(
        path: &Path,
        writer: impl FnOnce(AtomicFile) -> Result<ErrorWriter<AtomicFile>, E>,
    ) -> Result<Self>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let begin = || -> Result<_> { Ok(writer(AtomicFile::create(path)?)?) };
        let writer = begin().with_context(|| cannot_write(path))?;
        Ok(Self { writer, path: path.to_owned() })
    }

    /// Adds the errors of a sequence.
    pub(super) fn write(
        &mut self,
        recording: &str,
        comparison: &Comparison,
        protocol: Protocol,
    ) -> Result<()> {
        let errors = tracking_errors(comparison, protocol);
        self.writer.write(recording, errors).with_context(|| cannot_write(&self.path))
    }

    /// The list is complete.
    pub(super) fn finish(self) -> Result<()> {
        let complete = || -> Result<_> { Ok(self.writer.finish()?.commit()?) };
        complete().with_context(|| cannot_write(&self.path))
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
