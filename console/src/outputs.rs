//! Where a command may not write.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::error::usage;

/// Refuses a folder for outputs that is a file, or one of the recordings that are read.
///
/// # Errors
/// What is wrong with it, and what to give instead.
pub(crate) fn refuse(out: &Path, recordings: &[PathBuf]) -> Result<()> {
    if out.exists() && !out.is_dir() {
        return Err(usage!("--out {}: this is a file, not a folder", out.display()));
    }
    let Ok(place) = out.canonicalize() else { return Ok(()) };
    if recordings.iter().any(|recording| recording.canonicalize().is_ok_and(|recording| recording == place)) {
        return Err(usage!(
            "--out {}: this is the recording itself; give a folder of its own",
            place.display()
        ));
    }
    Ok(())
}
