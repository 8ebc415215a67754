//! Ctrl-C, and a request to terminate: the first one lets a run finish what it has, the second one ends the program.

use std::sync::Arc;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::{CancellationToken, print};

/// Makes Ctrl-C and SIGTERM, which `kill` and batch systems send, cancel a run. A hang-up is left alone, so that `nohup`
/// works.
///
/// # Errors
/// Where the system gives no signal handler.
pub fn cancel_on_ctrl_c(token: &Arc<CancellationToken>) -> Result<()> {
    let token = Arc::clone(token);
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("Ctrl-C cannot be handled")?;
    let handle = move || {
        for (earlier, _) in signals.forever().enumerate() {
            if earlier > 0 {
                std::process::exit(1);
            }
            token.cancel();
            print::error_lines(
                "stopping: what is under way will be finished and kept (Ctrl-C again ends at once)",
            );
        }
    };
    let thread = std::thread::Builder::new().name("signals".into()).spawn(handle);
    thread.map(drop).context("Ctrl-C cannot be handled")
}
