//! Which images a detector is scored on, and who is in them.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use anyhow::{Result, bail};
use mvmhat_evaluation::{DetectionFrame, GroundTruthBox, PredictedBox};
use mvmhat_scene::{CameraId, Detection, FrameNumber, FrameRange, Sequence};

use crate::ground_truth::{RowSelection, counts, labelled_cameras};

/// An image and who is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledImage {
    /// Its camera.
    pub camera: CameraId,
    /// Its frame as the camera numbers it.
    pub number: FrameNumber,
    /// The labelled people.
    pub gt: Vec<GroundTruthBox>,
}

impl LabelledImage {
    /// The image with what was found in it.
    pub fn scored(&self, found: &[Detection]) -> DetectionFrame {
        let predicted = |found: &Detection| PredictedBox { bbox: found.bbox, score: f64::from(found.score) };
        DetectionFrame { gt: self.gt.clone(), predictions: found.iter().map(predicted).collect() }
    }
}

/// Which images are taken.
#[derive(Clone, Copy, Debug)]
pub struct LabelledImageSelection {
    /// Frames as the sources number them.
    pub frames: FrameRange,
    /// Cameras whose number is greater are left out.
    pub views: Option<u32>,
    /// Of the labelled frames of a camera, one in so many.
    pub every: NonZeroUsize,
    /// People of whom no greater share than this can be seen are ignored.
    pub min_visibility: f64,
}

/// The images that are scored, sorted by camera and number.
///
/// # Errors
/// Ground truth that cannot be read or is not there.
pub fn labelled_images(
    sequence: &Sequence,
    selection: &LabelledImageSelection,
) -> Result<Vec<LabelledImage>> {
    let rows = RowSelection { frames: selection.frames, views: selection.views };
    let mut images = Vec::new();
    for labelled in labelled_cameras(sequence, &rows)? {
        let mut by_frame = BTreeMap::<FrameNumber, Vec<GroundTruthBox>>::new();
        for row in labelled.rows.into_iter().flatten().filter(|row| row.bbox.is_valid()) {
            let is_visible = row.visibility.is_none_or(|share| share > selection.min_visibility);
            let ignored = !(counts(&row) && is_visible);
            let gt = GroundTruthBox { bbox: row.bbox, ignored, visibility: row.visibility };
            by_frame.entry(row.frame).or_default().push(gt);
        }
        let chosen = by_frame.into_iter().step_by(selection.every.get());
        let camera = labelled.camera.id;
        images.extend(chosen.map(|(number, gt)| LabelledImage { camera, number, gt }));
    }
    if images.is_empty() {
        bail!(
            "{} has no ground truth of these frames: it is read from <camera>/gt/gt.txt",
            sequence.root.display()
        );
    }
    Ok(images)
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
        let sequence = Sequence::open(folder.path()).unwrap();
        let selection = LabelledImageSelection {
            frames: "..=8".parse().unwrap(),
            views: None,
            every: NonZeroUsize::new(2).unwrap(),
            min_visibility: 0.5,
        };
        let found = labelled_images(&sequence, &selection).unwrap();
        let told: Vec<_> = found.iter().map(|image| (image.number.0, image.gt.len())).collect();
        assert_eq!(told, [(1, 1), (5, 2)]);
        assert!(found[1].gt.iter().all(|gt| gt.ignored), "too little seen, and marked");
        let none = LabelledImageSelection { frames: "20..".parse().unwrap(), ..selection };
        assert!(labelled_images(&sequence, &none).is_err());
    }
}
