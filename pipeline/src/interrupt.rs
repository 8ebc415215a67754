//! Ctrl-C: the first one lets a run finish what it has, the second one ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::print;
use crate::stream::Stop;

/// Makes Ctrl-C request `stop`. A hang-up is left alone, so that `nohup` works.
///
/// # Errors
/// Where the system gives no signal handler.
pub(crate) fn stop_on_ctrl_c(stop: &Arc<Stop>) -> Result<()> {
    let stop = Arc::clone(stop);
    let again = AtomicBool::new(false);
    let handler = move || {
        if again.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
        stop.request();
        print::complaint("stopping: what is under way will be finished and kept (Ctrl-C again ends at once)");
    };
    ctrlc::set_handler(handler).context("Ctrl-C cannot be handled")
}
