//! A sequence with ground truth and detections: what constants are scored on.

use std::path::Path;

use anyhow::{Context, Result, bail};
use mvmhat_association::{AssociationConfig, Evidence, GroundPlane};
use mvmhat_evaluation::{CameraRows, Comparison, Observation, Protocol, SequenceScores};
use mvmhat_pipeline::ground_truth::{Groups, labelled_window, observations, scored_window};
use mvmhat_scene::{FrameRange, FrameSet, Sequence, TrackedBox};

use crate::detection_cache::DetectionSets;
use crate::sequences::OpenedSequence;

/// A camera that is scored.
struct ScoredCamera {
    /// Its index in the frame sets.
    index: usize,
    name: String,
    ground_truth: Vec<Observation>,
}

/// The ground truth of a sequence.
pub(crate) struct GroundTruth {
    cameras: Vec<ScoredCamera>,
    /// The frames that are scored.
    window: FrameRange,
}

impl GroundTruth {
    /// Reads the ground truth of `sequence` from the folder `gt`, another one or its own. Only cameras that both have are scored,
    /// in the frames asked for, else those of a `groups.json`, else those that have ground truth.
    ///
    /// # Errors
    /// Files that cannot be read, and a sequence without ground truth.
    pub(crate) fn read(sequence: &Sequence, gt: &Path, frames: FrameRange) -> Result<Self> {
        let groups = Groups::of_dataset_around(gt)?;
        let group = groups.group(gt);
        let mut labelled = observations(&Sequence::open(gt)?, group.and_then(|group| group.views))?;
        labelled.retain(|(_, rows)| !rows.is_empty());
        if labelled.is_empty() {
            bail!(
                "{} has no ground truth (<camera>/gt/gt.txt), and constants can only be tuned on a recording that has; --gt \
                 DIR names the folder with the ground truth",
                gt.display()
            );
        }
        let mut cameras = Vec::new();
        for (index, camera) in sequence.cameras.iter().enumerate() {
            if let Some(found) = labelled.iter().position(|(name, _)| *name == camera.name) {
                let (name, ground_truth) = labelled.swap_remove(found);
                cameras.push(ScoredCamera { index, name, ground_truth });
            }
        }
        let Some(window) = labelled_window(cameras.iter().map(|camera| &camera.ground_truth)) else {
            let list = |names: Vec<&str>| names.join(", ");
            bail!(
                "no camera in common: {} has {}; {} has ground truth of {}",
                sequence.root.display(),
                list(sequence.cameras.iter().map(|camera| camera.name.as_str()).collect()),
                gt.display(),
                list(labelled.iter().map(|(name, _)| name.as_str()).collect()),
            );
        };
        let window = match group {
            Some(group) if frames == FrameRange::default() => group.window(),
            _ => scored_window(window, frames),
        };
        Ok(Self { cameras, window })
    }
}

/// A sequence with ground truth and detections.
pub(crate) struct LabelledSequence {
    /// What it is called in tables.
    pub(crate) label: String,
    /// Whether the search is not to see it.
    pub(crate) held_out: bool,
    ground_truth: GroundTruth,
    sets: DetectionSets,
    /// The calibration of its cameras on the ground plane, if it is calibrated.
    ground_plane: Option<GroundPlane>,
}

impl LabelledSequence {
    /// A sequence with what was detected in it.
    pub(crate) fn new(opened: OpenedSequence, sets: DetectionSets) -> Self {
        Self {
            ground_plane: GroundPlane::from_sequence(&opened.sequence),
            label: opened.label,
            held_out: opened.held_out,
            ground_truth: opened.ground_truth,
            sets,
        }
    }

    /// Associates the whole sequence by `config` and scores the tracks.
    ///
    /// # Errors
    /// Constants out of their range, or frames that cannot be scored.
    pub(crate) fn score(&self, config: &AssociationConfig) -> Result<SequenceScores> {
        let evidence = Evidence { ground_plane: self.ground_plane.clone(), assignment_model: None };
        let mut associator = mvmhat_association::build(config, evidence)?;
        let GroundTruth { cameras, window } = &self.ground_truth;
        let mut tracks: Vec<Vec<Observation>> = vec![Vec::new(); cameras.len()];
        let mut add = |tracked: Vec<FrameSet<Vec<TrackedBox>>>| {
            for set in tracked {
                for (camera, tracks) in cameras.iter().zip(&mut tracks) {
                    let Some(Some(view)) = set.views.get(camera.index) else { continue };
                    tracks.extend(view.content.iter().map(|tracked| Observation {
                        frame: view.number,
                        id: tracked.person.0.into(),
                        location: tracked.bbox,
                    }));
                }
            }
        };
        for set in &self.sets {
            add(associator.associate(set.clone()));
        }
        add(associator.finish());
        let rows = cameras.iter().zip(tracks).map(|(camera, tracks)| CameraRows {
            name: camera.name.clone(),
            gt: camera.ground_truth.clone(),
            tracks,
        });
        let comparison = Comparison::new(Some(*window), rows.collect())
            .with_context(|| format!("cannot score {}", self.label))?;
        Ok(SequenceScores::new(&comparison, Protocol::TrackEval))
    }
}
