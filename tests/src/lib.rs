//! What the end-to-end tests share: the program, a small recording that is made on the spot, and reference data.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on must fail, and say where")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

mod blocks;
mod panning;

pub use blocks::{Blocks, Images, deepsort};
pub use panning::Panning;

/// The `mvmhat` program of this build.
///
/// # Panics
/// Where it has not been built: `cargo test --workspace` builds it.
pub fn mvmhat() -> Command {
    let own = std::env::current_exe().expect("a test knows its own path");
    // target/release/deps/<this test>: the program is one folder up.
    let program = own.ancestors().nth(2).expect("a test lies in target/<profile>/deps").join("mvmhat");
    assert!(program.is_file(), "{} is not there; run `cargo build --release` first", program.display());
    Command::new(program)
}

/// Runs the program with these arguments to its end.
///
/// # Panics
/// Where it cannot be started.
pub fn run<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    let output = mvmhat().args(arguments).output().expect("mvmhat starts");
    Run::from(output)
}

/// What a finished program left.
#[derive(Debug)]
pub struct Run {
    /// Its exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
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
    pub fn succeeded(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self
    }

    /// Asserts that the run ended with `status` and a message that holds all of `words`, and that nothing panicked.
    ///
    /// # Panics
    /// Where it did not.
    pub fn failed(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in {self:#?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }
}

/// Fixtures that belong to this project.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A file or folder of the reference data that may lie beside the checkout (`MVMHAT_SHARED`, else `../shared`).
/// `None`, and a line that says so, where it is not there: the test is then skipped.
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("MVMHAT_SHARED").map_or(beside, PathBuf::from);
    found(root.join(path))
}

/// The real four-camera clip that `scripts/footage.sh` brings into the cache folder.
pub fn treadmill_hall() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    found(cache.join("mvmhat/footage/treadmill-hall"))
}

fn found(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// The content of a text file.
///
/// # Panics
/// Where it cannot be read.
pub fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The bytes of a `.npy` file with a table of so many columns, as `numpy.save` writes them.
pub fn npy(columns: usize, values: &[f32]) -> Vec<u8> {
    let rows = values.len() / columns;
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

/// The content of a JSON file.
///
/// # Panics
/// Where it cannot be read.
pub fn json(path: impl AsRef<Path>) -> serde_json::Value {
    serde_json::from_str(&text(path)).expect("valid JSON")
}
