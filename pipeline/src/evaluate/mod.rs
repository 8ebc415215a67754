//! Tracks, detectors and embedders scored against ground truth: what `mvmhat eval`, `eval-detector` and `eval-reid` do.

pub mod detector;
pub mod reid;
pub mod tracks;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use mvmhat_evaluation::{MIN_VISIBILITY, Table};
use mvmhat_scene::FrameRange;
use serde_json::Value;

use crate::ground_truth::folder_name;

/// Which labelled frames a network is scored on.
#[derive(Clone, Copy, Debug)]
pub struct FrameSelection {
    /// Frames as the sources number them; `None`: those of a `groups.json` beside the sequence, else all.
    pub frames: Option<FrameRange>,
    /// Of the labelled timesteps, one in so many.
    pub every: NonZeroUsize,
    /// People of whom no greater share than this can be seen do not count, 0 to 1.
    pub min_visibility: f64,
}

impl Default for FrameSelection {
    fn default() -> Self {
        const EVERY: NonZeroUsize = NonZeroUsize::new(10).unwrap();
        Self { frames: None, every: EVERY, min_visibility: MIN_VISIBILITY }
    }
}

/// The scores of a network.
#[derive(Clone, Debug)]
pub struct NetworkScores {
    /// For people.
    pub tables: Vec<Table>,
    /// For programs.
    pub json: Value,
}

/// Sequences with a name each: that of the folder, or its whole path where two folders have one name.
fn named(folders: &[PathBuf]) -> Vec<(String, &Path)> {
    let names: Vec<String> = folders.iter().map(|folder| folder_name(folder)).collect();
    let named = folders.iter().zip(&names).map(|(folder, name)| {
        let is_unique = names.iter().filter(|other| *other == name).count() == 1;
        let name = if is_unique { name.clone() } else { folder.display().to_string() };
        (name, folder.as_path())
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_one_name_go_by_their_paths() {
        let folders = ["a/hall", "b/hall", "b/yard"].map(PathBuf::from);
        let names: Vec<String> = named(&folders).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a/hall", "b/hall", "yard"]);
    }
}
