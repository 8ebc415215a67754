//! Tracks of a multi-view sequence against its ground truth.

use std::path::Path;

use anyhow::{Context, Result};
use mvmhat_evaluation::{Comparison, Protocol, SequenceScores};
use mvmhat_scene::{FrameRange, Sequence};

use crate::ground_truth::{Group, ground_positions, gt_and_tracks, labelled_window, scored_window};

/// How tracks are scored.
#[derive(Clone, Copy, Debug)]
pub struct TrackEvaluation {
    /// Whose rules CLEAR and the identity measures follow.
    pub protocol: Protocol,
    /// The frames that are scored; `None`: those of `groups.json`, else the labelled ones.
    pub frames: Option<FrameRange>,
    /// Whether positions on the ground plane are scored too.
    pub ground_plane: bool,
}

/// A sequence that was scored.
pub struct ScoredSequence {
    /// The sequence with the ground truth.
    pub sequence: Sequence,
    /// Ground truth and tracks beside each other.
    pub comparison: Comparison,
    /// The scores.
    pub scores: SequenceScores,
}

impl TrackEvaluation {
    /// Scores the tracks in a folder against the ground truth in another. `group` is what `groups.json` says of the sequence.
    ///
    /// # Errors
    /// Files that cannot be read, cameras that only one of the two folders has, nothing to score.
    pub fn run(&self, gt: &Path, tracks: &Path, group: Option<&Group>) -> Result<ScoredSequence> {
        let sequence = Sequence::open(gt)?;
        let cameras = gt_and_tracks(&sequence, tracks, group.and_then(|group| group.views))?;
        let labelled = labelled_window(cameras.iter().map(|camera| &camera.gt))
            .with_context(|| format!("{} has no ground truth", gt.display()))?;
        let window = match (self.frames, group) {
            (Some(frames), _) => scored_window(labelled, frames),
            (None, Some(group)) => group.window(),
            (None, None) => labelled,
        };
        let positions = if self.ground_plane { Some(ground_positions(&sequence, &cameras)?) } else { None };
        let cannot = || format!("cannot score {}", gt.display());
        let comparison = Comparison::new(Some(window), cameras).with_context(cannot)?;
        let repeated = comparison.duplicates();
        if repeated.gt + repeated.tracks > 0 {
            tracing::warn!(
                gt = repeated.gt,
                tracks = repeated.tracks,
                "{}: rows that repeat an identity in their frame; the last one counts",
                gt.display()
            );
        }
        let mut scores = SequenceScores::new(&comparison, self.protocol);
        if let Some(positions) = positions {
            let ground = Comparison::new(Some(window), vec![positions]).with_context(cannot)?;
            scores = scores.with_ground_plane(&ground);
        }
        Ok(ScoredSequence { sequence, comparison, scores })
    }
}
