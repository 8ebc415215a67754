//! What ends a run, and with which exit status.

use std::error::Error;
use std::process::ExitCode;

use crate::print;

/// A command line or a configuration that cannot be accepted: exit status 2, where a run that failed gives 1.
///
/// Made of a text by [`usage!`](crate::usage), or of an error that says more than a text with [`UsageError::new`].
#[derive(Debug)]
pub struct UsageError(Box<dyn Error + Send + Sync>);

impl UsageError {
    /// Says that this error is the user's to mend.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }

    /// The error it was made of, if it is of this type.
    pub fn cause<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for UsageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// An [`anyhow::Error`] that holds a [`UsageError`], made like [`anyhow::anyhow!`].
#[macro_export]
macro_rules! usage {
    ($($arg:tt)*) => { ::anyhow::Error::new($crate::UsageError::new(format!($($arg)*))) };
}

/// Prints an error as one sentence with its causes and gives the exit status that belongs to it: 2 where a
/// [`UsageError`] is among the causes, else 1.
pub fn report(error: &anyhow::Error) -> ExitCode {
    print::error_lines(&format!("error: {error:#}"));
    if is_usage(error) { ExitCode::from(2) } else { ExitCode::FAILURE }
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<UsageError>())
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_wrong_option_is_told_from_a_run_that_failed_also_behind_a_context() {
        let wrong: anyhow::Error = usage!("--frames {}: no range", "x");
        assert_eq!(wrong.to_string(), "--frames x: no range");
        assert!(is_usage(&Err::<(), _>(wrong).context("at the start").unwrap_err()));
        assert!(!is_usage(&anyhow::anyhow!("the disk is full")));
    }

    #[test]
    fn the_error_inside_can_be_asked_for() {
        let error = UsageError::new(std::io::Error::other("no such key"));
        assert_eq!(error.to_string(), "no such key");
        assert!(error.cause::<std::io::Error>().is_some());
        assert!(error.cause::<std::fmt::Error>().is_none());
    }
}
