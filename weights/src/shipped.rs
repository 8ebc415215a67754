//! The weights that are part of the program, so that it finds and knows people from the first minute, without a network.
//!
//! What they were trained on, by which commands, and how good they are is told beside them, in `detectors/weights`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use mvmhat_scene::AtomicFile;

use super::{WeightsEntry, WeightsError, sha256, sha256_of};

/// Names of files and what is in them.
const SHIPPED: [(&str, &[u8]); 2] = [
    ("mvmhat-person.safetensors", include_bytes!("../../weights/mvmhat-person.safetensors")),
    ("mvmhat-reid.safetensors", include_bytes!("../../weights/mvmhat-reid.safetensors")),
];

/// The bytes of the weights of an entry, if they are part of the program.
pub(super) fn bytes(entry: &WeightsEntry) -> Option<&'static [u8]> {
    let of = |name: &str| SHIPPED.iter().find(|(shipped, _)| *shipped == name);
    entry.files.iter().find_map(|file| of(&file.name)).map(|(_, bytes)| *bytes)
}

/// The file of shipped weights in the cache folder, which they are written to where it is not there or not whole. Its name
/// has part of the checksum, so that programs of several versions do not take each other's.
///
/// # Errors
/// If the cache folder cannot be written.
pub(super) fn unpacked(cache: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, WeightsError> {
    let checksum = sha256_of(bytes);
    let path = cache.join(format!("{name}-{}.safetensors", &checksum[..8]));
    if path.is_file() && sha256(&path)? == checksum {
        return Ok(path);
    }
    let written = || {
        fs::create_dir_all(cache)?;
        let mut file = AtomicFile::create(&path)?;
        file.write_all(bytes)?;
        file.commit()
    };
    written().map_err(WeightsError::io("write", &path))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::super::{Registry, StateDict};
    use super::*;

    #[test]
    fn every_shipped_file_is_in_the_list_with_its_checksum_and_small() {
        let mut all = 0;
        for (name, bytes) in SHIPPED {
            let entries = Registry::builtin().unwrap().entries().iter();
            let file = entries.flat_map(|entry| &entry.files).find(|file| file.name == name).unwrap();
            assert_eq!(file.sha256.as_deref(), Some(sha256_of(bytes).as_str()), "{name}");
            assert_eq!(file.bytes, Some(bytes.len() as u64), "{name}");
            assert!(bytes.len() <= 4_000_000, "{name}");
            let folder = tempfile::tempdir().unwrap();
            let weights = StateDict::read(&unpacked(folder.path(), "some", bytes).unwrap()).unwrap();
            let entries = Registry::builtin().unwrap().entries().iter();
            let entry = entries.into_iter().find(|entry| entry.files.iter().any(|file| file.name == name));
            assert_eq!(weights.architecture(), Some(entry.unwrap().architecture.as_str()));
            all += 1;
        }
        assert_eq!(all, 2);
    }

    #[test]
    fn they_are_unpacked_once_and_mended() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let path = unpacked(&cache, "some", b"bytes").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"bytes");
        fs::write(&path, b"byt").unwrap();
        assert_eq!(unpacked(&cache, "some", b"bytes").unwrap(), path);
        assert_eq!(fs::read(&path).unwrap(), b"bytes");
        assert_ne!(unpacked(&cache, "some", b"others").unwrap(), path);
    }
}
