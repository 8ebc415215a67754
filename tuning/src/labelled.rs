//! A recording whose people are known: what a set of constants is worth on it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mvmhat_association::{AssociationConfig, Evidence, GroundPlane};
use mvmhat_evaluation::{CameraRows, Comparison, Observation, Protocol, SequenceScores, Window};
use mvmhat_scene::{FrameSet, Sequence, TrackedBox};

use super::detections::Sets;
use crate::commands::eval::groups::Groups;
use crate::commands::eval::inputs;
use crate::frame_range::FrameRange;

/// Ground truth beside what the networks see.
pub(super) struct Labelled {
    /// What it is called in tables.
    pub(super) label: String,
    /// Place in the frame sets, name and ground truth of each camera that is scored.
    cameras: Vec<(usize, String, Vec<Observation>)>,
    window: Window,
    sets: Sets,
    ground: Option<GroundPlane>,
}

/// The ground truth of a recording before anything is detected.
pub(super) struct Truth {
    cameras: Vec<(usize, String, Vec<Observation>)>,
    window: Window,
    /// Where the cameras of the recording stand, if that is known.
    ground: Option<GroundPlane>,
}

impl Truth {
    /// Reads the ground truth of `recording` from the folder `gt`, another one or its own. Only cameras that both have are
    /// scored, in the frames asked for, else those of a `groups.json`, else those that have ground truth.
    ///
    /// # Errors
    /// Files that cannot be read, and a recording without ground truth.
    pub(super) fn read(recording: &Sequence, gt: &Path, frames: FrameRange) -> Result<Self> {
        let groups = Groups::beside(gt)?;
        let group = groups.of(gt);
        let mut truth = inputs::truth(&Sequence::open(gt)?, group.and_then(|group| group.views))?;
        truth.retain(|(_, rows)| !rows.is_empty());
        if truth.is_empty() {
            bail!(
                "{} has no ground truth (<camera>/gt/gt.txt): constants can only be tuned on a recording whose people \
                 are known; --gt FOLDER names the folder that knows them",
                gt.display()
            );
        }
        let mut cameras = Vec::new();
        for (place, camera) in recording.cameras.iter().enumerate() {
            if let Some(found) = truth.iter().position(|(name, _)| *name == camera.name) {
                let (name, rows) = truth.swap_remove(found);
                cameras.push((place, name, rows));
            }
        }
        let Some(labelled) = inputs::labelled(cameras.iter().map(|(_, _, rows)| rows)) else {
            let list = |names: Vec<&str>| names.join(", ");
            bail!(
                "no camera in common: {} has {}; {} has ground truth of {}",
                recording.root.display(),
                list(recording.cameras.iter().map(|camera| camera.name.as_str()).collect()),
                gt.display(),
                list(truth.iter().map(|(name, _)| name.as_str()).collect()),
            );
        };
        let window = match group {
            Some(group) if frames == FrameRange::default() => group.window(),
            _ => inputs::within(labelled, frames.first, frames.last),
        };
        Ok(Self { cameras, window, ground: GroundPlane::from_sequence(recording) })
    }

    /// Beside what the networks see.
    pub(super) fn beside(self, label: String, sets: Sets) -> Labelled {
        Labelled { label, cameras: self.cameras, window: self.window, sets, ground: self.ground }
    }
}

impl Labelled {
    /// Associates the whole recording by `config` and scores what comes out.
    ///
    /// # Errors
    /// Constants out of their range, or frames that cannot be scored.
    pub(super) fn score(&self, config: &AssociationConfig) -> Result<SequenceScores> {
        let mut associator =
            mvmhat_association::build(config, Evidence { ground_plane: self.ground.clone(), assignment_model: None })?;
        let mut tracks: Vec<Vec<Observation>> = vec![Vec::new(); self.cameras.len()];
        let mut take = |decided: Vec<FrameSet<Vec<TrackedBox>>>| {
            for set in decided {
                for ((place, _, _), tracks) in self.cameras.iter().zip(&mut tracks) {
                    let Some(Some(view)) = set.views.get(*place) else { continue };
                    tracks.extend(view.content.iter().map(|tracked| Observation {
                        frame: view.number,
                        id: tracked.person.0.into(),
                        location: tracked.bbox,
                    }));
                }
            }
        };
        for set in &self.sets {
            take(associator.associate(set.clone()));
        }
        take(associator.finish());
        let rows = self.cameras.iter().zip(tracks);
        let rows = rows.map(|((_, name, truth), tracks)| CameraRows {
            name: name.clone(),
            gt: truth.clone(),
            tracks,
        });
        let comparison = Comparison::new(Some(self.window), rows.collect())
            .with_context(|| format!("cannot score {}", self.label))?;
        Ok(SequenceScores::new(&comparison, Protocol::TrackEval))
    }
}

/// Short names of folders that tell them apart: their own, with that of the folder they lie in where two are called the
/// same.
///
/// # Errors
/// A folder that is given twice.
pub(super) fn labels(folders: &[PathBuf]) -> Result<Vec<String>> {
    let last = |folder: &Path, parts: usize| {
        let parts: Vec<_> = folder.components().rev().take(parts).collect();
        parts.iter().rev().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    for parts in 1..=2 {
        let labels: Vec<String> = folders.iter().map(|folder| last(folder, parts)).collect();
        let mut sorted = labels.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() == labels.len() {
            return Ok(labels);
        }
    }
    Err(crate::error::usage!(
        "two recordings cannot be told apart by their names: give each once, for the search or for --validate"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_folders_apart() {
        let labels = |folders: &[&str]| labels(&folders.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(labels(&["/a/one", "/a/two"]).unwrap(), ["one", "two"]);
        assert_eq!(labels(&["/a/one", "/b/one"]).unwrap(), ["a/one", "b/one"]);
        assert!(labels(&["/a/one", "/a/one"]).is_err());
    }
}
