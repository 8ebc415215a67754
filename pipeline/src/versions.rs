//! Versions of the native libraries that this process runs on.

use std::path::PathBuf;

use serde_json::{Value, json};

/// OpenCV's version, as the library itself says.
pub fn opencv() -> String {
    opencv::core::get_version_string().unwrap_or_else(|_| "unknown".into())
}

/// The libtorch that was loaded: its version where its folder tells, and its file.
pub fn libtorch() -> (Option<String>, Option<PathBuf>) {
    // libtorch has no function that says its version; its folder has a file that does.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let file = maps.lines().filter_map(|l| l.split_whitespace().nth(5)).find(|f| f.contains("libtorch_cpu"));
    let file = file.map(PathBuf::from);
    let folder = file.as_ref().and_then(|f| f.parent()?.parent());
    let version = folder.and_then(|f| {
        let says = std::fs::read_to_string(f.join("build-version")).ok();
        says.or_else(|| python_version(&std::fs::read_to_string(f.join("version.py")).ok()?))
    });
    (version.map(|v| v.trim().to_owned()), file)
}

/// `__version__` in PyTorch's `version.py`.
fn python_version(text: &str) -> Option<String> {
    let line = text.lines().find(|l| l.starts_with("__version__"))?;
    Some(line.split(['\'', '"']).nth(1)?.to_owned())
}

/// All of them, for `run.json`.
pub fn all() -> Value {
    json!({"opencv": opencv(), "libtorch": libtorch().0, "rerun": rerun_sdk()})
}

/// The version of Rerun whose recordings are written; `None` where the program was built without it.
pub fn rerun_sdk() -> Option<String> {
    #[cfg(feature = "rerun")]
    let version = Some(rerun::build_info().version.to_string());
    #[cfg(not(feature = "rerun"))]
    let version = None;
    version
}
