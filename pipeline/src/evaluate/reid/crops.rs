//! Which boxes of the ground truth an embedder is scored on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use anyhow::{Context, Result, bail};
use mvmhat_evaluation::{MATCH_IOU, greedy_pairs};
use mvmhat_scene::{
    BBox, CameraId, Detection, DetectionFile, FrameIndex, FrameNumber, FrameRange, Sequence, mot,
};

use crate::ground_truth::{RowSelection, counts, labelled_cameras};
use crate::source;

/// One box to be embedded.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledCrop {
    /// Its camera.
    pub camera: CameraId,
    /// Its timestep on the clock of the sequence.
    pub timestep: FrameIndex,
    /// The timestep as the camera numbers it.
    pub number: FrameNumber,
    /// Who it shows.
    pub person: i64,
    /// The box, and in the end its embedding.
    pub detection: Detection,
    /// In the end a small image of the person as JPEG, where one is wanted.
    pub thumbnail: Option<Vec<u8>>,
}

/// Which boxes are taken.
#[derive(Clone, Copy, Debug)]
pub struct LabelledCropSelection {
    /// Frames as the sources number them; `None`: all of them.
    pub frames: Option<FrameRange>,
    /// Cameras whose number is greater are left out.
    pub views: Option<u32>,
    /// Of the timesteps that two cameras or more have ground truth of, one in so many.
    pub every: NonZeroUsize,
    /// The share of a person that must be seen is greater than this.
    pub min_visibility: f64,
}

/// The boxes that are scored, sorted by camera, timestep and person.
///
/// # Errors
/// Ground truth that cannot be read or is not there.
pub fn labelled_crops(sequence: &Sequence, selection: &LabelledCropSelection) -> Result<Vec<LabelledCrop>> {
    let clock = sequence.clock(source::fps).context("the recording has no clock")?;
    let rows = RowSelection { frames: selection.frames.unwrap_or_default(), views: selection.views };
    let mut cameras = Vec::new();
    for labelled in labelled_cameras(sequence, &rows)? {
        let mut rows = labelled.rows.unwrap_or_default();
        // An identity of -1 is nobody's.
        rows.retain(|row| counts(row) && row.id != -1 && row.bbox.is_valid());
        if !rows.is_empty() {
            cameras.push((labelled.camera, rows));
        }
    }
    if cameras.is_empty() {
        let frames = selection
            .frames
            .map_or_else(String::new, |range| format!(" of the frames {} to {}", range.first, range.last));
        bail!("{} has no ground truth{frames}: it is read from <camera>/gt/gt.txt", sequence.root.display());
    }
    let mut labelled = BTreeMap::<FrameIndex, BTreeSet<CameraId>>::new();
    for (camera, rows) in &cameras {
        for row in rows {
            labelled.entry(clock.index(camera.id, row.frame)).or_default().insert(camera.id);
        }
    }
    labelled.retain(|_, cameras| cameras.len() > 1);
    let chosen: BTreeSet<FrameIndex> = labelled.into_keys().step_by(selection.every.get()).collect();
    let mut crops = BTreeMap::new();
    let mut repeated = 0;
    for (camera, rows) in &cameras {
        let is_visible =
            |row: &&mot::Row| row.visibility.is_none_or(|share| share > selection.min_visibility);
        for row in rows.iter().filter(is_visible) {
            let timestep = clock.index(camera.id, row.frame);
            if chosen.contains(&timestep) {
                let detection = Detection { bbox: row.bbox, score: 1.0, embedding: None };
                let (camera, number, person) = (camera.id, row.frame, row.id);
                let crop = LabelledCrop { camera, timestep, number, person, detection, thumbnail: None };
                repeated += usize::from(crops.insert((camera, timestep, person), crop).is_some());
            }
        }
    }
    if repeated > 0 {
        tracing::warn!(
            "{}: {repeated} rows repeat an identity in their frame; the last one counts",
            sequence.root.display()
        );
    }
    Ok(crops.into_values().collect())
}

/// Replaces each box by the detection of the recording's own files that covers it best, since embeddings of files belong to
/// the boxes of these files; leaves out boxes without one. A detection is taken once.
///
/// # Errors
/// Files that are not there or cannot be read.
pub fn detected_crops(sequence: &Sequence, crops: &[LabelledCrop]) -> Result<Vec<LabelledCrop>> {
    let mut found = Vec::with_capacity(crops.len());
    let all = crops.len();
    let mut files = BTreeMap::<CameraId, DetectionFile>::new();
    for view in crops.chunk_by(|a, b| (a.camera, a.timestep) == (b.camera, b.timestep)) {
        let camera = &sequence.cameras[view[0].camera.index()];
        let Some(path) = &camera.detections else {
            bail!("camera {} has no det/det.npy to take embeddings from", camera.name);
        };
        let file = match files.entry(camera.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unread) => unread.insert(DetectionFile::read(path)?),
        };
        found.extend(paired(view, file.detections(view[0].number)));
    }
    if found.len() < all {
        tracing::warn!(
            "{}: {} of {all} boxes of the ground truth have no detection (IoU {MATCH_IOU}) and are left out",
            sequence.root.display(),
            all - found.len()
        );
    }
    Ok(found)
}

/// The crops of one image with the boxes of detections, those that cover each other best first.
fn paired(view: &[LabelledCrop], detections: &[Detection]) -> Vec<LabelledCrop> {
    let labelled: Vec<BBox> = view.iter().map(|crop| crop.detection.bbox).collect();
    let found: Vec<BBox> = detections.iter().map(|detection| detection.bbox).collect();
    let mut pairs = greedy_pairs(&labelled, &found);
    pairs.sort_unstable();
    let detected = |(crop, partner): (usize, usize)| LabelledCrop {
        detection: detections[partner].clone(),
        ..view[crop].clone()
    };
    pairs.into_iter().map(detected).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn open(folder: &Path, cameras: &[(&str, &str)]) -> Sequence {
        for (name, rows) in cameras {
            fs::create_dir_all(folder.join(name).join("gt")).unwrap();
            fs::write(folder.join(name).join("gt/gt.txt"), rows).unwrap();
        }
        Sequence::open(folder).unwrap()
    }

    fn selection(every: usize) -> LabelledCropSelection {
        let every = NonZeroUsize::new(every).unwrap();
        LabelledCropSelection { frames: None, views: None, every, min_visibility: 0.5 }
    }

    fn keys(crops: &[LabelledCrop]) -> Vec<(u16, u32, i64)> {
        crops.iter().map(|s| (s.camera.0, s.number.0, s.person)).collect()
    }

    #[test]
    fn every_other_timestep_that_two_cameras_see_and_what_is_visible_there() {
        let folder = tempfile::tempdir().unwrap();
        // Frame 2 is labelled in `a` only, so that 3 is the second timestep and 5 the third.
        let a =
            "1,1,0,0,9,9,1,1,0.9\n1,2,0,0,9,9,1,1,0.5\n2,1,0,0,9,9,1,1,1\n3,1,0,0,9,9,1,1,1\n5,1,0,0,9,9\n";
        let b = "5,2,0,0,9,9\n5,1,0,0,9,9,1,1,1\n3,1,0,0,9,9,1,1,1\n1,1,0,0,9,9,1,1,1\n1,7,0,0,9,9,0,8,1\n1,-1,0,0,9,9\n";
        let sequence = open(folder.path(), &[("a", a), ("b", b)]);
        let found = labelled_crops(&sequence, &selection(2)).unwrap();
        assert_eq!(keys(&found), [(0, 1, 1), (0, 5, 1), (1, 1, 1), (1, 5, 1), (1, 5, 2)]);
        let all = labelled_crops(&sequence, &selection(1)).unwrap();
        assert_eq!(all.len(), 7, "and frame 3 of both");
        let range = LabelledCropSelection { frames: Some("3..=4".parse().unwrap()), ..selection(1) };
        assert_eq!(keys(&labelled_crops(&sequence, &range).unwrap()), [(0, 3, 1), (1, 3, 1)]);
        let hidden = LabelledCropSelection { min_visibility: 0.45, ..selection(2) };
        assert_eq!(labelled_crops(&sequence, &hidden).unwrap().len(), 6);
        let nothing = LabelledCropSelection { frames: Some("50..=60".parse().unwrap()), ..selection(1) };
        let error = labelled_crops(&sequence, &nothing).unwrap_err().to_string();
        assert!(error.contains("no ground truth of the frames 50 to 60"), "{error}");
    }

    #[test]
    fn a_repeated_identity_is_where_its_last_row_says() {
        let folder = tempfile::tempdir().unwrap();
        let sequence = open(folder.path(), &[("a", "1,1,0,0,9,9\n1,1,50,0,9,9\n"), ("b", "1,1,0,0,9,9\n")]);
        let found = labelled_crops(&sequence, &selection(1)).unwrap();
        assert_eq!((found.len(), found[0].detection.bbox.x), (2, 50.0));
    }

    #[test]
    fn detections_are_those_that_cover_best_and_are_taken_once() {
        let sample = |person, x| LabelledCrop {
            camera: CameraId(0),
            timestep: FrameIndex(1),
            number: FrameNumber(1),
            person,
            detection: Detection { bbox: BBox::new(x, 0.0, 10.0, 10.0), score: 1.0, embedding: None },
            thumbnail: None,
        };
        let detection = |x, score| Detection { bbox: BBox::new(x, 0.0, 10.0, 10.0), score, embedding: None };
        // Both people overlap the first detection; it is nearer to person 2, so that person 1 gets the other one.
        let found = paired(
            &[sample(1, 0.0), sample(2, 2.0), sample(3, 70.0)],
            &[detection(1.5, 0.9), detection(-3.0, 0.8), detection(200.0, 0.7)],
        );
        let scores: Vec<_> = found.iter().map(|s| (s.person, s.detection.score)).collect();
        assert_eq!(scores, [(1, 0.8), (2, 0.9)]);
    }
}
