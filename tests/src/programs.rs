//! The programs that are tested, built from the sources as they are now.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `mvmhat` program of this source tree.
///
/// # Panics
/// Where it cannot be built.
pub fn mvmhat() -> Command {
    Command::new(built().join(format!("mvmhat{}", std::env::consts::EXE_SUFFIX)))
}

/// The `papers` program of this source tree.
///
/// # Panics
/// Where it cannot be built.
pub fn papers() -> Command {
    Command::new(built().join(format!("papers{}", std::env::consts::EXE_SUFFIX)))
}

/// An example of one of the libraries: `cargo run --package PACKAGE --example NAME`.
///
/// # Panics
/// Where this test does not lie in a target folder.
pub fn example(package: &str, name: &str) -> Command {
    let mut command = cargo("run");
    command.args(["--package", package, "--example", name]);
    command
}

/// The folder of the programs. The first call in a process builds both; where nothing has changed, that takes Cargo less than a
/// second. So no test can run a program that is older than its sources.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // All packages, as in `cargo build`: a selection might enable fewer features of the large dependencies, which would be
        // compiled once more.
        let status = cargo("build").args(["--workspace", "--bins"]).status().expect("cargo starts");
        assert!(status.success(), "the programs cannot be built: {status}");
        profile_folder()
    })
}

/// Cargo on this workspace, with the profile and the target folder of the test that asks.
fn cargo(subcommand: &str) -> Command {
    let folder = profile_folder();
    let profile = match folder.file_name().and_then(|name| name.to_str()).expect("a profile has a name") {
        "debug" => "dev",
        other => other,
    };
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    // What Cargo tells a test of its package would look like a change of environment to build scripts that ask for it (ring's
    // does), and everything above them, Rerun among it, would be compiled once more.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command.args([subcommand, "--quiet", "--locked", "--profile", profile, "--target-dir"]);
    command.arg(folder.parent().expect("a profile lies in the target folder"));
    command
}

/// `target/<profile>`: the tests lie in `target/<profile>/deps`.
fn profile_folder() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    own.ancestors().nth(2).expect("a test lies in target/<profile>/deps").to_path_buf()
}
