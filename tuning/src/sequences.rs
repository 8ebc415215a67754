//! The sequences of a search and their ground truth, before anything is detected.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use mvmhat_console::usage;
use mvmhat_pipeline::Config;
use mvmhat_pipeline::ground_truth::Groups;
use mvmhat_scene::Sequence;

use crate::labelled_sequence::GroundTruth;
use crate::options::TuneOptions;

/// A sequence before anything is detected in it.
pub(crate) struct OpenedSequence {
    pub(crate) sequence: Sequence,
    pub(crate) folder: PathBuf,
    /// The folder with its ground truth.
    pub(crate) gt: PathBuf,
    pub(crate) ground_truth: GroundTruth,
    /// What it is called in tables.
    pub(crate) label: String,
    /// Whether the search is not to see it.
    pub(crate) held_out: bool,
}

/// Opens all sequences of a search, those that are held out last.
///
/// # Errors
/// A folder that cannot be read or is given twice, and a sequence without ground truth.
pub(crate) fn open_sequences(options: &TuneOptions, config: &Config) -> Result<Vec<OpenedSequence>> {
    let mut folders = Vec::new();
    for path in &options.recordings {
        folders.extend(sequence_folders(options, path)?);
    }
    let searched = folders.len();
    for path in &options.validate {
        folders.extend(sequence_folders(options, path)?);
    }
    let labels = unique_labels(&folders)?;
    let is_single = folders.len() == 1 && !options.dataset;
    let mut opened = Vec::new();
    for (index, (folder, label)) in folders.into_iter().zip(labels).enumerate() {
        let gt = match &options.gt {
            Some(gt) if is_single => gt.clone(),
            Some(gt) => gt.join(folder.file_name().unwrap_or_default()),
            None => folder.clone(),
        };
        ensure!(
            gt.is_dir(),
            "--gt: {}: no such folder; of one recording --gt is its ground truth, of several (--validate counts) it holds \
             a folder for each",
            gt.display()
        );
        let sequence = config.open_sequence(&folder)?;
        let ground_truth = GroundTruth::read(&sequence, &gt, options.frames)?;
        opened.push(OpenedSequence {
            sequence,
            folder,
            gt,
            ground_truth,
            label,
            held_out: index >= searched,
        });
    }
    Ok(opened)
}

/// The folders of the sequences that an argument stands for.
fn sequence_folders(options: &TuneOptions, path: &Path) -> Result<Vec<PathBuf>> {
    let path = std::path::absolute(path)?;
    if !options.dataset {
        return Ok(vec![path]);
    }
    let dataset = options.gt.as_deref().unwrap_or(&path);
    let names = Groups::of_dataset(dataset)?.sequences(dataset)?;
    Ok(names.into_iter().map(|name| path.join(name)).collect())
}

/// Short names of folders that tell them apart: their own, after that of the folder they lie in where two have the same name.
///
/// # Errors
/// A folder that is given twice.
fn unique_labels(folders: &[PathBuf]) -> Result<Vec<String>> {
    let last_parts = |folder: &Path, count: usize| {
        let parts: Vec<_> = folder.components().rev().take(count).collect();
        parts.iter().rev().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    for count in 1..=2 {
        let labels: Vec<String> = folders.iter().map(|folder| last_parts(folder, count)).collect();
        let mut sorted = labels.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() == labels.len() {
            return Ok(labels);
        }
    }
    Err(usage!(
        "two recordings cannot be told apart by their names: give each once, for the search or for --validate"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_folders_apart() {
        let labels = |folders: &[&str]| unique_labels(&folders.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(labels(&["/a/one", "/a/two"]).unwrap(), ["one", "two"]);
        assert_eq!(labels(&["/a/one", "/b/one"]).unwrap(), ["a/one", "b/one"]);
        assert!(labels(&["/a/one", "/a/one"]).is_err());
    }
}
