//! The weights that are part of the program, so that tracking works without a download.
//!
//! What they were trained on, with which commands, and how they score: the model cards beside them in `weights/shipped`.

use std::fs;
use std::path::{Path, PathBuf};

use mvmhat_scene::write_atomically;

use crate::{WeightsEntry, WeightsError, sha256_of_bytes, sha256_of_file};

/// The files: name and content.
const SHIPPED: [(&str, &[u8]); 2] = [
    ("mvmhat-person.safetensors", include_bytes!("../shipped/mvmhat-person.safetensors")),
    ("mvmhat-reid.safetensors", include_bytes!("../shipped/mvmhat-reid.safetensors")),
];

/// The bytes of the weights of an entry, if they are part of the program.
pub(super) fn bytes(entry: &WeightsEntry) -> Option<&'static [u8]> {
    let (_, bytes) = SHIPPED.iter().find(|(name, _)| entry.files.iter().any(|file| file.name == *name))?;
    Some(*bytes)
}

/// The file of shipped weights in the cache folder, written there unless it is there and whole. Its name has part of the
/// checksum, so that several versions of the program do not take each other's.
///
/// # Errors
/// If the cache folder cannot be written.
pub(super) fn unpacked(cache: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, WeightsError> {
    let checksum = sha256_of_bytes(bytes);
    let path = cache.join(format!("{name}-{}.safetensors", &checksum[..8]));
    if path.is_file() && sha256_of_file(&path)? == checksum {
        return Ok(path);
    }
    fs::create_dir_all(cache).map_err(WeightsError::io("create", cache))?;
    write_atomically(&path, bytes).map_err(WeightsError::io("write", &path))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Registry, StateDict};

    #[test]
    fn every_shipped_file_is_in_the_list_with_its_checksum_and_small() {
        let mut all = 0;
        for (name, bytes) in SHIPPED {
            let entries = Registry::builtin().unwrap().entries().iter();
            let file = entries.flat_map(|entry| &entry.files).find(|file| file.name == name).unwrap();
            assert_eq!(file.sha256.as_deref(), Some(sha256_of_bytes(bytes).as_str()), "{name}");
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
