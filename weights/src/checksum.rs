//! Checksums of files.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::WeightsError;

/// The sha256 of a file, 64 hexadecimal digits in lower case.
///
/// # Errors
/// If the file cannot be read.
pub fn sha256_of_file(path: &Path) -> Result<String, WeightsError> {
    let mut hasher = Sha256::new();
    File::open(path)
        .and_then(|file| io::copy(&mut BufReader::with_capacity(1 << 16, file), &mut hasher))
        .map_err(WeightsError::io("read", path))?;
    Ok(hex(hasher))
}

/// The sha256 of bytes, 64 hexadecimal digits in lower case.
pub fn sha256_of_bytes(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// The digest of a hasher, as 64 hexadecimal digits.
pub(super) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().fold(String::with_capacity(64), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}"); // writing to a string never fails
        digits
    })
}
