//! What ends a run, and with which exit status.

use std::process::ExitCode;

use crate::print;

/// A command line or a configuration that cannot be accepted: exit status 2, where a run that failed gives 1.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// A [`UsageError`] made like [`anyhow::anyhow!`].
macro_rules! usage {
    ($($arg:tt)*) => { anyhow::Error::new($crate::error::UsageError(format!($($arg)*))) };
}
pub(crate) use usage;

/// Prints an error as one sentence with its causes and gives the exit status that belongs to it.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    print::complaint(&format!("error: {error:#}"));
    if error.chain().any(|cause| cause.is::<UsageError>()) { ExitCode::from(2) } else { ExitCode::FAILURE }
}
