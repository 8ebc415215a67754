//! Paths as FFmpeg takes them.

use std::path::{Path, PathBuf};

/// The absolute path: FFmpeg reads what stands before a colon of any other as a protocol.
pub(crate) fn ffmpeg_path(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
