//! Programs that ran to their end, and what is asserted of them.

use std::ffi::OsStr;
use std::process::{Child, Command, Output};

/// Runs `mvmhat` with these arguments to its end.
///
/// # Panics
/// Where it cannot be started.
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    finish(crate::mvmhat().args(arguments))
}

/// Runs `papers` with these arguments to its end.
///
/// # Panics
/// Where it cannot be started.
pub fn run_papers<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    finish(crate::papers().args(arguments))
}

fn finish(command: &mut Command) -> Run {
    Run::from(command.output().expect("the program starts"))
}

/// Sends `INT` or `TERM` to a program that is running.
///
/// # Panics
/// Where it is running no longer.
pub fn send_signal(child: &Child, signal: &str) {
    // The shell's own `kill`: a small system has no other.
    let kill = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(kill.expect("a shell starts").success(), "the signal arrives");
}

/// What a finished program left.
#[derive(Debug)]
pub struct Run {
    /// Its exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Run {
    /// Asserts that the run succeeded.
    ///
    /// # Panics
    /// Where it did not.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self
    }

    /// Asserts that the run ended with `status` and a message that holds all of `words`, and that nothing panicked.
    ///
    /// # Panics
    /// Where it did not.
    #[track_caller]
    pub fn failed(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in {self:#?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }

    /// Asserts that the message does not hold `word`.
    ///
    /// # Panics
    /// Where it does.
    #[track_caller]
    pub fn does_not_say(self, word: &str) -> Self {
        assert!(!self.stderr.contains(word), "`{word}` in {self:#?}");
        self
    }
}
