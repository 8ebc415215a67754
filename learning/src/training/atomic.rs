//! Files that are there whole or not at all, whenever the program is killed.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::TrainError;

/// The extension of unfinished files: always the same name, so that the next attempt replaces what a killed one left.
const PARTIAL: &str = "partial";

/// Writes a file that is either there in full or not at all, whenever the program is killed or the power fails: under
/// another name, to the disk, then renamed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let partial = partial(path);
    File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(TrainError::io("write", &partial))?;
    fs::rename(&partial, path).map_err(TrainError::io("write", path))?;
    // The name is the folder's content.
    match path.parent() {
        Some(folder) => {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(TrainError::io("write", folder))
        }
        None => Ok(()),
    }
}

/// Deletes what a killed run left of unfinished files.
pub(super) fn remove_partial_files(folder: &Path) -> Result<(), TrainError> {
    for entry in fs::read_dir(folder).map_err(TrainError::io("read", folder))? {
        let path = entry.map_err(TrainError::io("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == PARTIAL) {
            fs::remove_file(&path).map_err(TrainError::io("delete", &path))?;
        }
    }
    Ok(())
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(PARTIAL);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        write(&path, b"old").unwrap();
        fs::write(partial(&path), b"what a killed run left, longer than what comes").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::write(partial(&path), b"left again").unwrap();
        remove_partial_files(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
