#![doc = include_str!("../README.md")]

use std::path::{Path, PathBuf};

/// A file or folder of the reference data, if it is there: for benches, which say what they skip. `path` is relative to the
/// folder that holds all reference data.
pub fn find_shared(path: impl AsRef<Path>) -> Option<PathBuf> {
    Some(shared_path(path.as_ref())).filter(|found| found.exists())
}

/// A file or folder of the reference data: `path` is relative to the folder that holds them all.
///
/// # Panics
/// Where it is not there: a test that asks for it cannot go on.
#[expect(clippy::panic, reason = "only tests depend on this crate")]
pub fn shared(path: impl AsRef<Path>) -> PathBuf {
    let found = shared_path(path.as_ref());
    if !found.exists() {
        panic!(
            "no reference data at {}: put them beside the checkout in shared/, or name their folder in MVMHAT_SHARED",
            found.display()
        );
    }
    found
}

fn shared_path(path: &Path) -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    std::env::var_os("MVMHAT_SHARED").map_or(beside, PathBuf::from).join(path)
}
