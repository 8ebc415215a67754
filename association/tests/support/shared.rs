//! Test data that is not part of the project.

use std::path::{Path, PathBuf};

/// The folder of shared test data, where there is one: `MVMHAT_SHARED`, else `shared` beside the checkout.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    Some(std::env::var_os("MVMHAT_SHARED").map_or(beside, PathBuf::from)).filter(|folder| folder.is_dir())
}
