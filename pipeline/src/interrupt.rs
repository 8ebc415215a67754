//! Ctrl-C: the first one lets a run finish what it has, the second one ends the program.

use std::sync::Arc;

use crate::stream::Stop;

/// Makes Ctrl-C (and a polite `kill`) request `stop`.
///
/// # Errors
/// Where the system gives no signal handler.
pub(crate) fn stop_on_ctrl_c(stop: &Arc<Stop>) -> anyhow::Result<()> {
    let stop = Arc::clone(stop);
    ctrlc::set_handler(move || {
        if stop.is_requested() {
            std::process::exit(1);
        }
        stop.request();
        eprintln!("\nstopping: what is under way will be finished and kept (Ctrl-C again ends at once)");
    })?;
    Ok(())
}
