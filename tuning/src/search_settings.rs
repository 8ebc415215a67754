//! `tune.json`: the settings of a search, so that only the same search is resumed.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_console::{outputs, usage};
use serde_json::Value;

/// Writes the settings of a search that begins.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write(path: &Path, settings: &Value) -> Result<()> {
    outputs::write_file(path, format!("{settings:#}\n"))
}

/// Refuses to resume a search with other settings than it was begun with.
///
/// # Errors
/// Names everything that differs.
pub(crate) fn check(path: &Path, settings: &Value) -> Result<()> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let before: Value =
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
    // Compared as they are read back: numbers may lose their last digit on the way.
    let now: Value = serde_json::from_slice(&serde_json::to_vec(settings)?)?;
    let mut differences = Vec::new();
    compare("", &before, &now, &mut differences);
    if differences.is_empty() {
        return Ok(());
    }
    Err(usage!(
        "--resume: {} was begun with other settings: {}. Give the same ones, or another folder",
        path.parent().unwrap_or(path).display(),
        differences.join("; ")
    ))
}

fn compare(path: &str, before: &Value, now: &Value, differences: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(b), Value::Object(n)) => {
            let keys = b.keys().chain(n.keys().filter(|key| !b.contains_key(*key)));
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let value =
                    |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or_default();
                compare(&path, &value(b), &value(n), differences);
            }
        }
        (before, now) if before != now => differences.push(format!("{path} was {before}, now {now}")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_settings_pass_and_others_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tune.json");
        let settings = json!({"seed": 1, "ranges": {"a": [0.1, 1.0 / 3.0]}, "objective": "idf1"});
        write(&path, &settings).unwrap();
        check(&path, &settings).unwrap();
        let other = json!({"seed": 2, "ranges": {"a": [0.1, 0.5], "b": [0, 1]}, "objective": "idf1"});
        let error = format!("{:#}", check(&path, &other).unwrap_err());
        assert!(error.contains("seed was 1, now 2; ranges.a was [0.1,0.333"), "{error}");
        assert!(error.contains("ranges.b was null, now [0,1]"), "{error}");
        assert!(!error.contains("objective"), "{error}");
    }
}
