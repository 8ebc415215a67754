//! Which boxes of the ground truth an embedding is scored on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use anyhow::{Context, Result, bail};
use mvmhat_evaluation::Window;
use mvmhat_scene::{CameraId, Detection, DetectionFile, FrameIndex, FrameNumber, Sequence, mot};

use crate::commands::eval::inputs;
use crate::source;

/// How much of a box a detection of the same person must cover (intersection over union).
const SAME_BOX: f64 = 0.5;

/// One box to be embedded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) camera: CameraId,
    pub(crate) timestep: FrameIndex,
    /// The timestep as the camera numbers it.
    pub(crate) number: FrameNumber,
    pub(crate) person: i64,
    /// The box, and in the end its embedding.
    pub(crate) detection: Detection,
    /// In the end a small image of the person as JPEG, where one is wanted.
    pub(crate) thumbnail: Option<Vec<u8>>,
}

/// What limits the boxes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Frames as the sources number them; all of them where nothing is said.
    pub(crate) window: Option<Window>,
    /// Cameras whose number is greater are left out.
    pub(crate) views: Option<u32>,
    /// Of the timesteps that two cameras or more have ground truth of, every so many.
    pub(crate) every: NonZeroUsize,
    /// The share of a person that must be seen is greater than this.
    pub(crate) visibility: f64,
}

/// The boxes that are scored, sorted by camera, timestep and person.
///
/// # Errors
/// Ground truth that cannot be read or is not there.
pub(crate) fn samples(recording: &Sequence, limits: &Limits) -> Result<Vec<Sample>> {
    let clock = recording.clock(source::fps).context("the recording has no clock")?;
    let within = |row: &mot::Row| {
        limits.window.is_none_or(|window| window.first <= row.frame && row.frame <= window.last)
    };
    let mut of_cameras = Vec::new();
    for (camera, rows) in recording.cameras.iter().zip(recording.ground_truth()?) {
        let mut rows = rows.unwrap_or_default();
        // An identity of -1 is nobody's.
        rows.retain(|row| inputs::counts(row) && within(row) && row.id != -1 && row.bbox.is_valid());
        if !rows.is_empty() && inputs::is_scored(&camera.name, limits.views) {
            of_cameras.push((camera, rows));
        }
    }
    if of_cameras.is_empty() {
        let frames = limits
            .window
            .map_or_else(String::new, |window| format!(" of the frames {} to {}", window.first, window.last));
        bail!("{} has no ground truth{frames}: it is read from <camera>/gt/gt.txt", recording.root.display());
    }
    let mut labelled = BTreeMap::<FrameIndex, BTreeSet<CameraId>>::new();
    for (camera, rows) in &of_cameras {
        for row in rows {
            labelled.entry(clock.index(camera.id, row.frame)).or_default().insert(camera.id);
        }
    }
    labelled.retain(|_, cameras| cameras.len() > 1);
    let chosen: BTreeSet<FrameIndex> = labelled.into_keys().step_by(limits.every.get()).collect();
    let mut samples = BTreeMap::new();
    let mut repeated = 0;
    for (camera, rows) in &of_cameras {
        let is_visible = |row: &&mot::Row| row.visibility.is_none_or(|share| share > limits.visibility);
        for row in rows.iter().filter(is_visible) {
            let timestep = clock.index(camera.id, row.frame);
            if chosen.contains(&timestep) {
                let detection = Detection { bbox: row.bbox, score: 1.0, embedding: None };
                let (camera, number, person) = (camera.id, row.frame, row.id);
                let sample = Sample { camera, timestep, number, person, detection, thumbnail: None };
                repeated += usize::from(samples.insert((camera, timestep, person), sample).is_some());
            }
        }
    }
    if repeated > 0 {
        tracing::warn!(
            "{}: {repeated} rows repeat an identity in their frame; the last one counts",
            recording.root.display()
        );
    }
    Ok(samples.into_values().collect())
}

/// Replaces each box by the detection of the recording's own files that covers it best, since embeddings of files belong to
/// the boxes of these files; leaves out boxes without one. A detection is taken once.
///
/// # Errors
/// Files that are not there or cannot be read.
pub(crate) fn detected(recording: &Sequence, samples: &[Sample]) -> Result<Vec<Sample>> {
    let mut found = Vec::with_capacity(samples.len());
    let all = samples.len();
    let mut files = BTreeMap::<CameraId, DetectionFile>::new();
    for view in samples.chunk_by(|a, b| (a.camera, a.timestep) == (b.camera, b.timestep)) {
        let camera = &recording.cameras[view[0].camera.index()];
        let Some(path) = &camera.detections else {
            bail!("camera {} has no det/det.npy to take embeddings from", camera.name);
        };
        let file = match files.entry(camera.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(DetectionFile::read(path)?),
        };
        found.extend(paired(view, file.at(view[0].number)));
    }
    if found.len() < all {
        tracing::warn!(
            "{}: {} of {all} boxes of the ground truth have no detection (IoU {SAME_BOX}) and are left out",
            recording.root.display(),
            all - found.len()
        );
    }
    Ok(found)
}

/// The samples of one image on their detections, those that cover each other best first.
fn paired(view: &[Sample], detections: &[Detection]) -> Vec<Sample> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (place, sample) in view.iter().enumerate() {
        for (other, detection) in detections.iter().enumerate() {
            pairs.push((sample.detection.bbox.iou(&detection.bbox), place, other));
        }
    }
    pairs.retain(|(overlap, ..)| *overlap >= SAME_BOX);
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut of_sample = vec![None; view.len()];
    let mut taken = vec![false; detections.len()];
    for (_, place, other) in pairs {
        if of_sample[place].is_none() && !taken[other] {
            of_sample[place] = Some(other);
            taken[other] = true;
        }
    }
    let with = |(sample, other): (&Sample, Option<usize>)| {
        Some(Sample { detection: detections.get(other?)?.clone(), ..sample.clone() })
    };
    view.iter().zip(of_sample).filter_map(with).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use mvmhat_scene::BBox;

    use super::*;

    fn recording(folder: &Path, cameras: &[(&str, &str)]) -> Sequence {
        for (name, rows) in cameras {
            fs::create_dir_all(folder.join(name).join("gt")).unwrap();
            fs::write(folder.join(name).join("gt/gt.txt"), rows).unwrap();
        }
        Sequence::open(folder).unwrap()
    }

    fn limits(every: usize) -> Limits {
        Limits { window: None, views: None, every: NonZeroUsize::new(every).unwrap(), visibility: 0.5 }
    }

    fn keys(samples: &[Sample]) -> Vec<(u16, u32, i64)> {
        samples.iter().map(|s| (s.camera.0, s.number.0, s.person)).collect()
    }

    #[test]
    fn every_other_instant_that_two_cameras_see_and_what_is_visible_there() {
        let folder = tempfile::tempdir().unwrap();
        // Frame 2 is labelled in `a` only, so that 3 is the second timestep and 5 the third.
        let a =
            "1,1,0,0,9,9,1,1,0.9\n1,2,0,0,9,9,1,1,0.5\n2,1,0,0,9,9,1,1,1\n3,1,0,0,9,9,1,1,1\n5,1,0,0,9,9\n";
        let b = "5,2,0,0,9,9\n5,1,0,0,9,9,1,1,1\n3,1,0,0,9,9,1,1,1\n1,1,0,0,9,9,1,1,1\n1,7,0,0,9,9,0,8,1\n1,-1,0,0,9,9\n";
        let recording = recording(folder.path(), &[("a", a), ("b", b)]);
        let found = samples(&recording, &limits(2)).unwrap();
        assert_eq!(keys(&found), [(0, 1, 1), (0, 5, 1), (1, 1, 1), (1, 5, 1), (1, 5, 2)]);
        let all = samples(&recording, &limits(1)).unwrap();
        assert_eq!(all.len(), 7, "and frame 3 of both");
        let window = Limits { window: Some(Window::new(3, 4)), ..limits(1) };
        assert_eq!(keys(&samples(&recording, &window).unwrap()), [(0, 3, 1), (1, 3, 1)]);
        let hidden = Limits { visibility: 0.45, ..limits(2) };
        assert_eq!(samples(&recording, &hidden).unwrap().len(), 6);
        let nothing = Limits { window: Some(Window::new(50, 60)), ..limits(1) };
        let error = samples(&recording, &nothing).unwrap_err().to_string();
        assert!(error.contains("no ground truth of the frames 50 to 60"), "{error}");
    }

    #[test]
    fn a_repeated_identity_is_where_its_last_row_says() {
        let folder = tempfile::tempdir().unwrap();
        let recording =
            recording(folder.path(), &[("a", "1,1,0,0,9,9\n1,1,50,0,9,9\n"), ("b", "1,1,0,0,9,9\n")]);
        let found = samples(&recording, &limits(1)).unwrap();
        assert_eq!((found.len(), found[0].detection.bbox.x), (2, 50.0));
    }

    #[test]
    fn detections_are_those_that_cover_best_and_are_taken_once() {
        let sample = |person, x| Sample {
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
