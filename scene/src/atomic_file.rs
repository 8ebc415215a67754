//! Files that appear complete or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Writes a whole file: it appears complete or not at all, and what had the name before stays until then.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("run.json");
/// mvmhat_scene::write_atomically(&path, "{}")?;
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// As [`AtomicFile::create`] and [`AtomicFile::commit`].
pub fn write_atomically(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> io::Result<()> {
    write_atomically_with(path, |file| file.write_all(content.as_ref()))
}

/// As [`write_atomically`], for a content that `write` brings piece by piece.
///
/// # Errors
/// That of `write`, and as [`AtomicFile::create`] and [`AtomicFile::commit`]; nothing is left behind then.
pub fn write_atomically_with<E: From<io::Error>>(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut AtomicFile) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = AtomicFile::create(path.as_ref())?;
    write(&mut file)?;
    Ok(file.commit()?)
}

/// A file that is written under a temporary name in the same folder and gets its own name only when it is complete.
///
/// Dropped without [`commit`](Self::commit) it leaves nothing behind, and what had the name before stays as it was.
///
/// ```
/// use std::io::Write;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("run.json");
/// let mut file = mvmhat_scene::AtomicFile::create(&path)?;
/// file.write_all(b"{}")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    writer: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl AtomicFile {
    /// Starts the file that will be `path`; its folder must exist.
    ///
    /// # Errors
    /// Where the folder does not exist or cannot be written, or where there is something of this name that is no file: a
    /// folder or a device.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        // Behind a link it is the file that is replaced, not the link.
        let path = path.canonicalize().unwrap_or(path);
        if path.metadata().is_ok_and(|known| !known.is_file()) {
            let reason = format!("{} is there and is no file", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let name = path.file_name().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{} names no file", path.display()))
        })?;
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(".partial");
        // Temporary files are private by default; this one becomes a result, readable as the umask says.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let writer = BufWriter::new(builder.tempfile_in(folder(&path))?);
        Ok(Self { writer, path })
    }

    /// The temporary file with all that was written so far, to be checked before it gets its name.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn partial(&mut self) -> io::Result<&Path> {
        self.writer.flush()?;
        Ok(self.writer.get_ref().path())
    }

    /// Puts everything on the disk and gives the file its name.
    ///
    /// # Errors
    /// Where the disk is full or the name cannot be taken; nothing is left behind then. Where the folder cannot be put on the
    /// disk the file is there, but might not survive a power failure.
    pub fn commit(self) -> io::Result<()> {
        let file = self.writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop::<File>).map_err(|e| e.error)?;
        // The name is the folder's content. One that may be written but not read cannot be asked for it.
        match File::open(folder(&self.path)) {
            Ok(folder) if cfg!(unix) => folder.sync_all(),
            _ => Ok(()),
        }
    }

    /// Gives its name to as much of a text as reached the disk, up to the last whole line: what can still be done when
    /// writing has failed.
    ///
    /// # Errors
    /// Where not even that is possible; nothing is left behind then.
    pub fn commit_whole_lines(self) -> io::Result<()> {
        // Taken apart, so that the rest is not tried again.
        let (mut file, _unwritten) = self.writer.into_parts();
        let mut text = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        file.as_file().set_len(whole as u64)?;
        file.persist(&self.path).map(drop::<File>).map_err(|e| e.error)
    }
}

/// The folder that a path is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_given_up_leaves_the_old_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tracks.txt");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(file.partial().unwrap()).unwrap(), b"new");
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn content_that_cannot_be_had_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tracks.txt");
        fs::write(&path, "old").unwrap();
        let error = write_atomically_with(&path, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(error.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_kept_and_what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [target, link] = ["target.txt", "link.txt"].map(|name| folder.path().join(name));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut file = AtomicFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(link.is_symlink());
        for other in [folder.path(), Path::new("/dev/null")] {
            let error = AtomicFile::create(other).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_committed_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tracks.txt");
        fs::write(&path, "old").unwrap();
        write_atomically(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_reached_the_disk_can_be_kept_by_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tracks.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"1,1\n2,1\n3").unwrap();
        file.flush().unwrap();
        file.write_all(b",1\n").unwrap();
        file.commit_whole_lines().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1,1\n2,1\n");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_a_result_as_they_may_any_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        AtomicFile::create(&ours).unwrap().commit().unwrap();
        fs::write(&plain, "").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(AtomicFile::create(folder.path().join("no/such/file")).is_err());
        assert!(AtomicFile::create("/").is_err());
    }
}
