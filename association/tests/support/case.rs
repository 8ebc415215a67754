//! Sequences with detections and ground truth: associated, and scored.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use mvmhat_association::{AssociationConfig, Evidence, GroundPlane, build};
use mvmhat_evaluation::{CameraRows, Comparison, Observation};
use mvmhat_scene::{FrameRange, FrameSet, Sequence, TrackedBox};

use super::sequences::{Sets, frame_sets};

/// Tracked boxes, timestep by timestep.
pub(crate) type Tracks = Vec<FrameSet<Vec<TrackedBox>>>;

/// One sequence.
pub(crate) struct Case {
    /// What the association is given.
    pub(crate) sets: Sets,
    cameras: Vec<String>,
    ground_truth: Vec<Vec<Observation>>,
    /// The frames to be scored; those with ground truth where it is not given.
    window: Option<FrameRange>,
    /// How many of the cameras are scored; all of them if it is not given.
    views: Option<usize>,
    ground_plane: Option<GroundPlane>,
}

impl Case {
    /// Detections of the sequence at `path` (precomputed, with embeddings), and its ground truth from the folder of the same
    /// name in `ground_truth`, where `groups.json` may say which frames and cameras are scored.
    pub(crate) fn open(path: &Path, ground_truth: &Path) -> Result<Self, Box<dyn Error>> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (cameras, sets) = frame_sets(path)?;
        let sequence = Sequence::open(&ground_truth.join(&name))?;
        let rows = sequence.ground_truth()?.into_iter().map(Option::unwrap_or_default);
        let observations = rows.map(|rows| rows.iter().map(Observation::from).collect()).collect();
        let (mut window, mut views) = (None, None);
        if let Ok(text) = std::fs::read_to_string(ground_truth.join("groups.json")) {
            let groups: serde_json::Value = serde_json::from_str(&text)?;
            let number = |key: &str| groups[&name][key].as_u64().and_then(|n| u32::try_from(n).ok());
            window = number("start").zip(number("end")).map(|(first, last)| FrameRange::new(first, last));
            views = number("views").map(|views| views as usize);
        }
        Ok(Self {
            sets,
            cameras,
            ground_truth: observations,
            window,
            views,
            ground_plane: GroundPlane::from_sequence(&sequence),
        })
    }

    /// The tracks of an associator, and the seconds it took.
    pub(crate) fn track(&self, config: &AssociationConfig) -> Result<(Tracks, f64), Box<dyn Error>> {
        let mut associator =
            build(config, Evidence { ground_plane: self.ground_plane.clone(), assignment_model: None })?;
        let input = self.sets.clone();
        let start = Instant::now();
        let mut tracked: Vec<_> = input.into_iter().flat_map(|set| associator.associate(set)).collect();
        tracked.extend(associator.finish());
        Ok((tracked, start.elapsed().as_secs_f64()))
    }

    /// Tracks and ground truth, to be scored.
    pub(crate) fn compare(
        &self,
        tracked: &[FrameSet<Vec<TrackedBox>>],
    ) -> Result<Comparison, Box<dyn Error>> {
        let observed = |b: &TrackedBox, frame| Observation { frame, id: b.person.0.into(), location: b.bbox };
        let cameras =
            self.cameras.iter().zip(&self.ground_truth).enumerate().take(self.views.unwrap_or(usize::MAX));
        let rows = cameras.map(|(camera, (name, ground_truth))| {
            let views = tracked.iter().filter_map(|set| set.views[camera].as_ref());
            CameraRows {
                name: name.clone(),
                gt: ground_truth.clone(),
                tracks: views.flat_map(|v| v.content.iter().map(|b| observed(b, v.number))).collect(),
            }
        });
        Ok(Comparison::new(self.window, rows.collect())?)
    }
}
