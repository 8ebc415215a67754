//! Recordings with detections and ground truth: associated, and scored.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use mvmhat_association::{AssociationConfig, Evidence, GroundPlane, build};
use mvmhat_evaluation::{CameraRows, Comparison, Observation, Window};
use mvmhat_scene::{FrameNumber, FrameSet, Sequence, TrackedBox};

use super::recordings::{Sets, frame_sets};

/// Tracked boxes, timestep by timestep.
pub(crate) type Tracks = Vec<FrameSet<Vec<TrackedBox>>>;

/// One recording.
pub(crate) struct Case {
    /// What the association is given.
    pub(crate) sets: Sets,
    cameras: Vec<String>,
    truth: Vec<Vec<Observation>>,
    /// The frames to be scored; those with ground truth where it is not given.
    window: Option<Window>,
    /// Whether the first so many cameras are scored only.
    views: Option<usize>,
    ground: Option<GroundPlane>,
}

impl Case {
    /// Detections of the recording at `path` (precomputed, with embeddings), and its ground truth from the folder of the same
    /// name in `truth`, where `groups.json` may say what is to be scored of it.
    pub(crate) fn open(path: &Path, truth: &Path) -> Result<Self, Box<dyn Error>> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (cameras, sets) = frame_sets(path)?;
        let recording = Sequence::open(&truth.join(&name))?;
        let rows = recording.ground_truth()?.into_iter().map(Option::unwrap_or_default);
        let truth_rows = rows.map(|rows| rows.iter().map(Observation::from).collect()).collect();
        let (mut window, mut views) = (None, None);
        if let Ok(text) = std::fs::read_to_string(truth.join("groups.json")) {
            let groups: serde_json::Value = serde_json::from_str(&text)?;
            let number = |key: &str| groups[&name][key].as_u64().and_then(|n| u32::try_from(n).ok());
            window = number("start")
                .zip(number("end"))
                .map(|(first, last)| Window { first: FrameNumber(first), last: FrameNumber(last) });
            views = number("views").map(|views| views as usize);
        }
        Ok(Self {
            sets,
            cameras,
            truth: truth_rows,
            window,
            views,
            ground: GroundPlane::from_sequence(&recording),
        })
    }

    /// Who is who according to an associator, and the seconds it took.
    pub(crate) fn track(&self, config: &AssociationConfig) -> Result<(Tracks, f64), Box<dyn Error>> {
        let mut associator =
            build(config, Evidence { ground_plane: self.ground.clone(), assignment_model: None })?;
        let input = self.sets.clone();
        let start = Instant::now();
        let mut tracked: Vec<_> = input.into_iter().flat_map(|set| associator.associate(set)).collect();
        tracked.extend(associator.finish());
        Ok((tracked, start.elapsed().as_secs_f64()))
    }

    /// Tracks beside the ground truth.
    pub(crate) fn compare(
        &self,
        tracked: &[FrameSet<Vec<TrackedBox>>],
    ) -> Result<Comparison, Box<dyn Error>> {
        let observed = |b: &TrackedBox, frame| Observation { frame, id: b.person.0.into(), location: b.bbox };
        let cameras = self.cameras.iter().zip(&self.truth).enumerate().take(self.views.unwrap_or(usize::MAX));
        let rows = cameras.map(|(camera, (name, truth))| {
            let views = tracked.iter().filter_map(|set| set.views[camera].as_ref());
            CameraRows {
                name: name.clone(),
                gt: truth.clone(),
                tracks: views.flat_map(|v| v.content.iter().map(|b| observed(b, v.number))).collect(),
            }
        });
        Ok(Comparison::new(self.window, rows.collect())?)
    }
}
