//! Commands that are run with a configuration of one's own.

use std::path::PathBuf;

use crate::{Run, run};

/// A folder with a configuration `mine.yaml` for commands that read one. There is no sequence: a wrong configuration is refused
/// before the sequence is looked for.
#[derive(Debug)]
pub struct ConfigurationCase {
    folder: tempfile::TempDir,
}

impl ConfigurationCase {
    /// The case with this configuration.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn new(yaml: &str) -> Self {
        let case = Self { folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(case.path("mine.yaml"), yaml).expect("the configuration can be written");
        case
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `COMMAND RECORDING --out OUT --config mine.yaml MORE...`.
    ///
    /// # Panics
    /// Where the program cannot be started.
    pub fn run(&self, command: &str, more: &[&str]) -> Run {
        let [sequence, out, config] =
            ["sequence", "out", "mine.yaml"].map(|name| self.path(name).display().to_string());
        run([command, &sequence, "--out", &out, "--config", &config].iter().chain(more))
    }
}
