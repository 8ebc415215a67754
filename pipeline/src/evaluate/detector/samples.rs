//! Which images a detector is scored on, and who is in them.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use mvmhat_evaluation::{DetectionFrame, Found, Truth};
use mvmhat_scene::{CameraId, Detection, FrameNumber, Sequence};

use crate::commands::eval::inputs;
use crate::frame_range::FrameRange;

/// An image and who is in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) camera: CameraId,
    pub(crate) number: FrameNumber,
    pub(crate) truth: Vec<Truth>,
}

impl View {
    /// The image with what was found in it.
    pub(crate) fn scored(&self, found: &[Detection]) -> DetectionFrame {
        let found = found.iter().map(|found| Found { bbox: found.bbox, score: f64::from(found.score) });
        DetectionFrame { truth: self.truth.clone(), found: found.collect() }
    }
}

/// What limits the images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Frames as the sources number them; all of them where nothing is said.
    pub(crate) frames: Option<FrameRange>,
    /// Cameras whose number is greater are left out.
    pub(crate) views: Option<u32>,
    /// Of the labelled frames of a camera, every so many.
    pub(crate) every: usize,
    /// Whoever can be seen no more than this need not be found.
    pub(crate) visibility: f64,
}

/// The images that are scored, sorted by camera and number.
///
/// # Errors
/// Ground truth that cannot be read or is not there.
pub(crate) fn views(recording: &Sequence, limits: &Limits) -> Result<Vec<View>> {
    let frames = limits.frames.unwrap_or_default();
    let mut views = Vec::new();
    for (camera, rows) in recording.cameras.iter().zip(recording.ground_truth()?) {
        if !inputs::is_scored(&camera.name, limits.views) {
            continue;
        }
        let mut of_camera = BTreeMap::<FrameNumber, Vec<Truth>>::new();
        let within = |number: FrameNumber| (frames.first..=frames.last).contains(&number);
        for row in rows.into_iter().flatten().filter(|row| within(row.frame) && row.bbox.is_valid()) {
            let seen = row.visibility.is_none_or(|share| share > limits.visibility);
            let counts = inputs::counts(&row) && seen;
            let truth = Truth { bbox: row.bbox, counts, visibility: row.visibility };
            of_camera.entry(row.frame).or_default().push(truth);
        }
        let chosen = of_camera.into_iter().step_by(limits.every);
        views.extend(chosen.map(|(number, truth)| View { camera: camera.id, number, truth }));
    }
    if views.is_empty() {
        bail!(
            "{} has no ground truth of these frames: it is read from <camera>/gt/gt.txt",
            recording.root.display()
        );
    }
    Ok(views)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_so_many_labelled_frames_with_those_who_must_be_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/gt")).unwrap();
        let rows = "1,1,0,0,9,9,1,1,0.9\n2,1,0,0,9,9,1,1,0.9\n5,1,0,0,9,9,1,1,0.5\n5,2,0,0,9,9,0,1,0.9\n9,1,0,0,9,9,1,1,1\n";
        fs::write(folder.path().join("a/gt/gt.txt"), rows).unwrap();
        let recording = Sequence::open(folder.path()).unwrap();
        let limits = Limits { frames: Some("..8".parse().unwrap()), views: None, every: 2, visibility: 0.5 };
        let found = views(&recording, &limits).unwrap();
        let told: Vec<_> = found.iter().map(|view| (view.number.0, view.truth.len())).collect();
        assert_eq!(told, [(1, 1), (5, 2)]);
        assert!(found[1].truth.iter().all(|truth| !truth.counts), "too little seen, and marked");
        let none = Limits { frames: Some("20..".parse().unwrap()), ..limits };
        assert!(views(&recording, &none).is_err());
    }
}
