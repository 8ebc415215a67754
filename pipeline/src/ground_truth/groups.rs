//! `groups.json`: which frames and views of each sequence of a dataset are scored.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_scene::{FrameNumber, FrameRange};
use serde::Deserialize;

/// What is said of one sequence.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Group {
    /// First frame.
    start: u32,
    /// Last frame.
    end: u32,
    /// How many views are scored, those named 1, 2, ...; all of them where nothing is said. MvMHAT has recordings with a
    /// further view from above that its scores leave out.
    pub views: Option<u32>,
}

impl Group {
    /// The frames that are scored.
    pub fn window(&self) -> FrameRange {
        FrameRange::new(self.start, self.end)
    }

    /// The frames that are scored.
    pub fn frames(&self) -> FrameRange {
        FrameRange { first: FrameNumber(self.start), last: FrameNumber(self.end) }
    }
}

/// The groups by the name of their sequence; empty where there is no `groups.json`.
#[derive(Debug, Default)]
pub struct Groups(BTreeMap<String, Group>);

impl Groups {
    /// Those of the dataset that a sequence lies in.
    ///
    /// # Errors
    /// A `groups.json` that cannot be read.
    pub fn of_dataset_around(sequence: &Path) -> Result<Self> {
        // The parent of `.` is not in its name.
        let sequence = std::path::absolute(sequence)?;
        sequence.parent().map_or_else(|| Ok(Self::default()), Self::of_dataset)
    }

    /// Those of a dataset.
    ///
    /// # Errors
    /// A `groups.json` that cannot be read.
    pub fn of_dataset(dataset: &Path) -> Result<Self> {
        let path = dataset.join("groups.json");
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let groups = serde_json::from_slice(&text).with_context(|| {
            format!("{}: write {{\"name\": {{\"start\": A, \"end\": B}}}}", path.display())
        })?;
        Ok(Self(groups))
    }

    /// What is said of the sequence in `folder`.
    pub fn group(&self, folder: &Path) -> Option<&Group> {
        let folder = std::path::absolute(folder).ok()?;
        self.0.get(folder.file_name()?.to_str()?)
    }

    /// Names of the sequences: those of `groups.json`, else the folders of the dataset. Sorted as people count.
    ///
    /// # Errors
    /// A folder that cannot be read, or that holds nothing.
    pub fn sequences(&self, dataset: &Path) -> Result<Vec<String>> {
        let mut names: Vec<String> = self.0.keys().cloned().collect();
        if names.is_empty() {
            let cannot = || format!("cannot read {}", dataset.display());
            for entry in std::fs::read_dir(dataset).with_context(cannot)? {
                let entry = entry.with_context(cannot)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_dir() && !name.starts_with('.') {
                    names.push(name);
                }
            }
        }
        // Numbers first, by value.
        names.sort_by_cached_key(|name| (name.parse::<u64>().unwrap_or(u64::MAX), name.clone()));
        anyhow::ensure!(
            !names.is_empty(),
            "{} has no recordings: --dataset wants a folder of them",
            dataset.display()
        );
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn recordings_are_those_of_the_file_by_number() {
        let dataset = tempfile::tempdir().unwrap();
        let text = r#"{"12": {"start": 5, "end": 9, "views": 3, "frames": 5}, "3": {"start": 1, "end": 2}}"#;
        fs::write(dataset.path().join("groups.json"), text).unwrap();
        let groups = Groups::of_dataset(dataset.path()).unwrap();
        assert_eq!(groups.sequences(dataset.path()).unwrap(), ["3", "12"]);
        let around = Groups::of_dataset_around(&dataset.path().join("12")).unwrap();
        let group = around.group(&dataset.path().join("12")).unwrap();
        assert_eq!((group.window(), group.views), (FrameRange::new(5, 9), Some(3)));
        assert!(groups.group(&dataset.path().join("4")).is_none());
    }

    #[test]
    fn without_the_file_every_folder_is_a_recording() {
        let dataset = tempfile::tempdir().unwrap();
        assert!(
            Groups::of_dataset(dataset.path()).unwrap().sequences(dataset.path()).is_err(),
            "none at all"
        );
        for name in ["yard", "hall", ".cache"] {
            fs::create_dir(dataset.path().join(name)).unwrap();
        }
        let groups = Groups::of_dataset(dataset.path()).unwrap();
        assert_eq!(groups.sequences(dataset.path()).unwrap(), ["hall", "yard"]);
    }

    #[test]
    fn a_broken_file_is_named() {
        let dataset = tempfile::tempdir().unwrap();
        fs::write(dataset.path().join("groups.json"), r#"{"1": {"start": "x"}}"#).unwrap();
        let error = format!("{:#}", Groups::of_dataset(dataset.path()).unwrap_err());
        assert!(error.contains("groups.json") && error.contains("line 1 column"), "{error}");
    }
}
