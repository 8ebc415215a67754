//! The checkpoints of a run.

use std::fs;
use std::path::{Path, PathBuf};

use mvmhat_scene::write_atomically;
use tracing::warn;

use super::TrainError;
use super::checkpoint::Checkpoint;
use super::partial_files::remove_partial_files;

const PREFIX: &str = "step-";
const SUFFIX: &str = ".safetensors";

/// The folder with the checkpoints of a run, `step-00000500.safetensors` after 500 steps.
#[derive(Debug)]
pub(super) struct Checkpoints {
    folder: PathBuf,
    /// Steps between two checkpoints.
    every: u64,
    /// How many of the newest are kept.
    keep: usize,
}

impl Checkpoints {
    /// The checkpoints in a folder, which is made if it is not there.
    pub(super) fn open(folder: PathBuf, every: u64, keep: usize) -> Result<Self, TrainError> {
        fs::create_dir_all(&folder).map_err(TrainError::io("make the folder", &folder))?;
        remove_partial_files(&folder)?;
        Ok(Self { folder, every, keep })
    }

    /// The steps of the existing checkpoints, in order.
    pub(super) fn steps(&self) -> Result<Vec<u64>, TrainError> {
        let mut steps = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(TrainError::io("read", &self.folder))? {
            let name = entry.map_err(TrainError::io("read", &self.folder))?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
            steps.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        steps.sort_unstable();
        Ok(steps)
    }

    /// The file of a step.
    pub(super) fn path(&self, step: u64) -> PathBuf {
        self.folder.join(format!("{PREFIX}{step:08}{SUFFIX}"))
    }

    /// Whether a checkpoint is due after a step.
    pub(super) fn due(&self, step: u64) -> bool {
        step.is_multiple_of(self.every)
    }

    /// Reads the checkpoint of a step.
    pub(super) fn read(&self, step: u64) -> Result<Checkpoint, TrainError> {
        let path = self.path(step);
        let bytes = fs::read(&path).map_err(TrainError::io("read", &path))?;
        Checkpoint::decode(bytes, &path)
    }

    /// The newest intact checkpoint and its file. Damaged ones are skipped with a warning.
    ///
    /// # Errors
    /// If there are checkpoints and all of them are damaged.
    pub(super) fn newest(&self) -> Result<Option<(PathBuf, Checkpoint)>, TrainError> {
        let mut damage = None;
        for step in self.steps()?.into_iter().rev() {
            match self.read(step) {
                Ok(checkpoint) => return Ok(Some((self.path(step), checkpoint))),
                Err(error @ TrainError::Damaged { .. }) => {
                    warn!("{error}; trying the one before");
                    damage.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        damage.map_or(Ok(None), Err)
    }

    /// Writes the checkpoint of a step and deletes old ones: all but this one, the best one and the newest of those that were
    /// due. Checkpoints of later steps are kept: they are damaged, or this run would have resumed from them, and will be
    /// overwritten.
    pub(super) fn write(&self, step: u64, best: Option<u64>, bytes: &[u8]) -> Result<(), TrainError> {
        let path = self.path(step);
        write_atomically(&path, bytes).map_err(TrainError::io("write", &path))?;
        let past: Vec<_> = self.steps()?.into_iter().filter(|&other| other < step).collect();
        let newer = usize::from(self.due(step));
        let mut kept =
            past.iter().rev().filter(|&&step| self.due(step)).take(self.keep.saturating_sub(newer));
        let oldest = kept.by_ref().last().copied().unwrap_or(step);
        for other in past {
            if Some(other) != best && !(self.due(other) && other >= oldest) {
                let path = self.path(other);
                fs::remove_file(&path).map_err(TrainError::io("delete", &path))?;
            }
        }
        Ok(())
    }

    /// The newest file, for an error message.
    pub(super) fn last_file(&self) -> Option<PathBuf> {
        Some(self.path(*self.steps().ok()?.last()?))
    }
}

/// Whether a folder has checkpoints in it.
pub(super) fn any(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::progress::Progress;
    use serde_json::Value;

    fn checkpoints(folder: &Path) -> Checkpoints {
        Checkpoints::open(folder.to_path_buf(), 10, 2).unwrap()
    }

    fn bytes(step: u64) -> Vec<u8> {
        Checkpoint::encode(Progress { step, best: None }, &Value::Null, &[], Path::new("")).unwrap()
    }

    #[test]
    fn the_last_and_the_best_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let all = checkpoints(folder.path());
        let steps_after = |step, best| {
            all.write(step, best, &bytes(step)).unwrap();
            all.steps().unwrap()
        };
        assert_eq!(steps_after(5, Some(5)), [5], "best, though not due");
        assert_eq!(steps_after(10, Some(5)), [5, 10]);
        assert_eq!(steps_after(20, Some(5)), [5, 10, 20]);
        assert_eq!(steps_after(30, Some(5)), [5, 20, 30]);
        assert_eq!(steps_after(33, Some(5)), [5, 20, 30, 33], "the run was interrupted here");
        assert_eq!(steps_after(35, Some(35)), [20, 30, 35], "a new best");
        assert_eq!(steps_after(40, Some(35)), [30, 35, 40]);
        assert_eq!(steps_after(20, Some(20)), [20, 30, 35, 40], "what is later stays");
    }

    #[test]
    fn a_damaged_one_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let all = checkpoints(folder.path());
        assert!(all.newest().unwrap().is_none());
        all.write(10, None, &bytes(10)).unwrap();
        all.write(20, None, &bytes(20)).unwrap();
        fs::write(all.path(20), &bytes(20)[..100]).unwrap();
        assert_eq!(all.newest().unwrap().unwrap().1.note.progress.step, 10);
        fs::write(all.path(10), "nothing").unwrap();
        let error = all.newest().unwrap_err();
        assert!(error.to_string().contains("step-00000020.safetensors is damaged"), "{error}");
    }
}
