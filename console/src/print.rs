//! Printing, where the reader may have gone (`mvmhat ... | head`): there is nobody left to tell then, and `println!`
//! would panic.

use std::io::Write;

/// Prints lines to standard output.
pub fn lines(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints lines to standard error.
pub fn error_lines(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
