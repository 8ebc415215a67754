//! Files that tests read and write.

use std::path::{Path, PathBuf};

/// Fixtures that belong to this project.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The real four-camera clip that `scripts/demo-clip.sh` puts into the cache folder. Tests that need it are ignored unless they are
/// asked for.
///
/// # Panics
/// Where it is not there.
pub fn treadmill_hall() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let clip = cache.expect("a home folder").join("mvmhat/footage/treadmill-hall");
    assert!(clip.is_dir(), "{} is not there: scripts/demo-clip.sh downloads it", clip.display());
    clip
}

/// The content of a text file.
///
/// # Panics
/// Where it cannot be read.
#[track_caller]
pub fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The content of a JSON file.
///
/// # Panics
/// Where it cannot be read.
#[track_caller]
pub fn json(path: impl AsRef<Path>) -> serde_json::Value {
    serde_json::from_str(&text(path)).expect("valid JSON")
}

/// The keys of a JSON object, in their order.
///
/// # Panics
/// Where it is no object.
#[track_caller]
pub fn keys(value: &serde_json::Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The bytes of a `.npy` file with a table of so many columns, as `numpy.save` writes them.
pub fn npy(columns: usize, values: &[f32]) -> Vec<u8> {
    let rows = values.len() / columns;
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}
