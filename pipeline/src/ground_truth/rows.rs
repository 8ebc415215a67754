//! The labelled rows of every camera.

use anyhow::Result;
use mvmhat_scene::{Camera, FrameRange, Sequence, mot};

/// Which rows are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowSelection {
    /// The frames, as the sources number them.
    pub frames: FrameRange,
    /// Cameras whose number is greater are left out; `None`: none is.
    pub views: Option<u32>,
}

/// A camera with its labelled rows.
#[derive(Clone, Debug)]
pub struct LabelledCamera<'a> {
    /// The camera.
    pub camera: &'a Camera,
    /// The rows in the order of their file; `None` where the camera has no file of ground truth.
    pub rows: Option<Vec<mot::Row>>,
}

/// The ground truth of every camera that is scored.
///
/// # Errors
/// Ground truth that cannot be read.
pub fn labelled_cameras<'a>(
    sequence: &'a Sequence,
    selection: &RowSelection,
) -> Result<Vec<LabelledCamera<'a>>> {
    let cameras = sequence.cameras.iter().zip(sequence.ground_truth()?);
    let scored = cameras.filter(|(camera, _)| is_scored(&camera.name, selection.views));
    let labelled = scored.map(|(camera, mut rows)| {
        if let Some(rows) = &mut rows {
            rows.retain(|row| selection.frames.contains(row.frame));
        }
        LabelledCamera { camera, rows }
    });
    Ok(labelled.collect())
}

/// Whether a camera is scored where only those up to the number `views` are.
pub fn is_scored(camera: &str, views: Option<u32>) -> bool {
    match (views, camera.parse::<u32>()) {
        (Some(views), Ok(number)) => number <= views,
        _ => true,
    }
}

/// Whether a row of ground truth is scored. MOTChallenge marks statues and reflections by a 0 before the class; other
/// dialects mean nothing by it.
pub fn counts(row: &mot::Row) -> bool {
    row.class.is_none() || row.score != 0.0
}
