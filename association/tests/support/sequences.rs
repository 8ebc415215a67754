//! Sequences on disk with precomputed detections, as frame sets.

use std::error::Error;
use std::path::Path;

use mvmhat_scene::{DetectionFile, FrameNumber, FrameSet, FrameSets, Sequence, ViewDetections};

/// Detections of a sequence, timestep by timestep.
pub(crate) type Sets = Vec<FrameSet<ViewDetections>>;

/// The names of the cameras and all frame sets of a sequence with precomputed detections. A camera has a frame at every
/// number from the first to the last in which any camera has detections.
pub(crate) fn frame_sets(path: &Path) -> Result<(Vec<String>, Sets), Box<dyn Error>> {
    let sequence = Sequence::open(path)?;
    let mut files = Vec::new();
    for camera in &sequence.cameras {
        let Some(detections) = &camera.detections else {
            return Err(format!("{}: camera {} has no detections", path.display(), camera.name).into());
        };
        files.push(DetectionFile::read(detections)?);
    }
    let numbers = || files.iter().flat_map(DetectionFile::numbers).map(|n| n.0);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else {
        return Err(format!("{}: no detections at all", path.display()).into());
    };
    let stream = |file| {
        let detections: &DetectionFile = file;
        (first..=last)
            .map(FrameNumber)
            .map(|number| (number, ViewDetections::from(detections.detections(number).to_vec())))
    };
    let clock = sequence.clock(|camera| camera.fps.unwrap_or(25.0))?;
    let sets = FrameSets::new(clock, files.iter().map(stream).collect()).collect();
    Ok((sequence.cameras.into_iter().map(|camera| camera.name).collect(), sets))
}
