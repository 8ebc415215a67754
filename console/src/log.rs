//! Log lines on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Sends log lines to standard error, and panics, which are internal errors, with them. `MVMHAT_LOG` (for instance
/// `debug`) says how many; where it is not set, `level` does. Without colors where standard error is no terminal.
pub fn log_to_stderr(level: &str) {
    let filter = EnvFilter::try_from_env("MVMHAT_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .log_internal_errors(false)
        .init();
    std::panic::set_hook(Box::new(|info| tracing::error!("internal error: {info}")));
}
