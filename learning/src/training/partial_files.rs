//! The temporary files of a killed run.

use std::fs;
use std::path::Path;

use super::TrainError;

/// The extension of the temporary files of [`mvmhat_scene::AtomicFile`], also in earlier versions.
const PARTIAL: &str = "partial";

/// Deletes the temporary files of a killed run.
pub(super) fn remove_partial_files(folder: &Path) -> Result<(), TrainError> {
    for entry in fs::read_dir(folder).map_err(TrainError::io("read", folder))? {
        let path = entry.map_err(TrainError::io("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == PARTIAL) {
            fs::remove_file(&path).map_err(TrainError::io("delete", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{AtomicFile, write_atomically};

    use super::*;

    #[test]
    fn a_file_is_replaced_and_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        write_atomically(&path, b"old").unwrap();
        // A killed run does not drop what it writes.
        std::mem::forget(AtomicFile::create(&path).unwrap());
        fs::write(folder.path().join("weights.partial"), b"left by an earlier version").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        remove_partial_files(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
