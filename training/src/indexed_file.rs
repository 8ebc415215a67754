//! A file with many entries and an index of them.
//!
//! The entries lie one after the other, then a JSON index, its length (8 bytes, little-endian) and a magic word that says what
//! kind of file it is. The file appears complete or not at all.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use mvmhat_scene::AtomicFile;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where in the file an entry lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct ByteRange {
    offset: u64,
    length: u64,
}

/// A complete file.
pub(crate) struct IndexedFile(File);

impl IndexedFile {
    /// Opens a file and reads its index.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged.
    pub(crate) fn open<I: DeserializeOwned>(path: &Path, magic: &[u8; 8]) -> Result<(Self, I)> {
        let read = || -> Result<(Self, I)> {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            let mut end = [0; 16];
            file.read_exact_at(&mut end, length.checked_sub(16).context("it is too short")?)?;
            let (size, found) = end.split_at(8);
            ensure!(found == magic, "it does not end as such a file does");
            let size = u64::from_le_bytes(size.try_into()?);
            let start =
                length.checked_sub(size.saturating_add(16)).context("it is too short for its index")?;
            let mut index = vec![0; size as usize];
            file.read_exact_at(&mut index, start)?;
            Ok((Self(file), serde_json::from_slice(&index)?))
        };
        read().with_context(|| {
            format!("{} cannot be read; delete the file to have it made anew", path.display())
        })
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn bytes(&self, range: ByteRange) -> Result<Vec<u8>> {
        let mut bytes = vec![0; range.length as usize];
        self.0.read_exact_at(&mut bytes, range.offset)?;
        Ok(bytes)
    }
}

/// A file that is being written.
pub(crate) struct IndexedWriter {
    file: AtomicFile,
    written: u64,
}

impl IndexedWriter {
    /// Begins a file at `path`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        Ok(Self { file: AtomicFile::create(path)?, written: 0 })
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<ByteRange> {
        self.file.write_all(bytes)?;
        let range = ByteRange { offset: self.written, length: bytes.len() as u64 };
        self.written += range.length;
        Ok(range)
    }

    /// Makes the file appear.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn finish(mut self, index: &impl Serialize, magic: &[u8; 8]) -> Result<()> {
        let index = serde_json::to_vec(index)?;
        self.file.write_all(&index)?;
        self.file.write_all(&(index.len() as u64).to_le_bytes())?;
        self.file.write_all(magic)?;
        Ok(self.file.commit()?)
    }
}
