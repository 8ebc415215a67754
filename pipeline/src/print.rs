//! Printing results.

use std::io::Write;

/// Prints lines to standard output. Where its reader has gone (`mvmhat ... | head`) there is nobody left to tell, and
/// `println!` would panic.
pub(crate) fn lines(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}
