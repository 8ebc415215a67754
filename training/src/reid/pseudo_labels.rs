//! Pseudo-labels: the identity of every crop, as far as the association can tell with the embedding learned so far.
//!
//! The crops are embedded without augmentation, and each sequence is associated as `mvmhat track --offline` would: by motion, by
//! appearance over all the time that somebody is visible, by ground-plane positions if the cameras are calibrated. The labels
//! are kept in the folder of the run, one file per round, since a run that is resumed must go on with the labels it had.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mvmhat_association::{AssociationConfig, Evidence};
use mvmhat_scene::{
    BBox, CameraId, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, TrackedBox, ViewDetections,
    ViewFrame, write_atomically_with,
};
use serde::{Deserialize, Serialize};

use super::dataset::{Crop, CropDataset, SequenceInfo};

/// Where the labels of a round are kept.
pub(super) fn path(run: &Path, round: u64) -> PathBuf {
    run.join("identities").join(format!("round-{round}.csv"))
}

/// The identity of every crop, -1 where it has none; different people have different identities, also those of different
/// sequences. Whoever has one crop only has no identity, for there is nothing to compare that crop with.
///
/// # Errors
/// Constants of the association out of their range.
pub(super) fn compute(
    dataset: &CropDataset,
    embeddings: Vec<Embedding>,
    config: &AssociationConfig,
) -> Result<Vec<i64>> {
    let mut identities = vec![-1; dataset.crops.len()];
    let mut embeddings = embeddings.into_iter();
    let mut next = 0;
    let mut start = 0;
    for crops in dataset.crops.chunk_by(|a, b| a.sequence == b.sequence) {
        let info = &dataset.sequences[crops[0].sequence];
        let evidence = Evidence { ground_plane: info.ground.clone(), assignment_model: None };
        let mut associator = mvmhat_association::build(config, evidence)?;
        let mut tracked = Vec::new();
        for set in frame_sets(crops, info, &mut embeddings) {
            tracked.extend(associator.associate(set));
        }
        tracked.extend(associator.finish());
        let pairs = people_of_crops(crops, &tracked);
        let mut counts = BTreeMap::<u32, usize>::new();
        for (_, person) in &pairs {
            *counts.entry(*person).or_default() += 1;
        }
        let mut people = BTreeMap::new();
        for (index, person) in pairs.into_iter().filter(|(_, person)| counts[person] > 1) {
            identities[start + index] = *people.entry(person).or_insert_with(|| {
                next += 1;
                next - 1
            });
        }
        start += crops.len();
    }
    Ok(identities)
}

/// The crops of one sequence as the association is given them.
fn frame_sets(
    crops: &[Crop],
    info: &SequenceInfo,
    embeddings: &mut impl Iterator<Item = Embedding>,
) -> Vec<FrameSet<ViewDetections>> {
    let (first, last) = (crops.first(), crops.last());
    let timesteps = first.map_or(0, |crop| crop.timestep)..=last.map_or(0, |crop| crop.timestep);
    let mut sets = BTreeMap::new();
    for timestep in timesteps {
        // A camera without people is there all the same.
        let empty = |_| {
            let number = FrameNumber(timestep as u32);
            Some(ViewFrame { number, content: ViewDetections::default() })
        };
        let views = (0..info.cameras.len()).map(empty).collect();
        let seconds = timestep as f64 * info.seconds;
        sets.insert(timestep, FrameSet { index: FrameIndex(timestep), seconds, views });
    }
    for (crop, embedding) in crops.iter().zip(embeddings) {
        let view = sets.get_mut(&crop.timestep).and_then(|set| set.views[crop.camera.index()].as_mut());
        if let Some(view) = view {
            let detection = Detection { bbox: crop.bbox, score: 1.0, embedding: Some(embedding) };
            view.content.detections.push(detection);
        }
    }
    sets.into_values().collect()
}

/// The crops that are tracked, by their index, each with its person: in each view the pairs that overlap most come first.
fn people_of_crops(crops: &[Crop], tracked: &[FrameSet<Vec<TrackedBox>>]) -> Vec<(usize, u32)> {
    let mut views = BTreeMap::<(u64, CameraId), Vec<TrackedBox>>::new();
    for set in tracked {
        for (camera, view) in set.present() {
            views.entry((set.index.0, camera)).or_default().extend(&view.content);
        }
    }
    let mut people = Vec::new();
    let mut start = 0;
    for view in crops.chunk_by(|a, b| (a.timestep, a.camera) == (b.timestep, b.camera)) {
        let tracked = views.get(&(view[0].timestep, view[0].camera)).map_or(&[][..], Vec::as_slice);
        let boxes: Vec<BBox> = view.iter().map(|crop| crop.bbox).collect();
        let tracked_boxes: Vec<BBox> = tracked.iter().map(|tracked| tracked.bbox).collect();
        let pairs = mvmhat_evaluation::greedy_pairs(&boxes, &tracked_boxes);
        people.extend(pairs.into_iter().map(|(crop, other)| (start + crop, tracked[other].person.0)));
        start += view.len();
    }
    people
}

/// A row of the file of a round.
#[derive(Serialize, Deserialize)]
struct Row<'a> {
    recording: &'a str,
    camera: &'a str,
    frame: u32,
    x: f64,
    y: f64,
    w: f64,
    h: f64,
    identity: i64,
}

/// Keeps the labels of a round.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn save(path: &Path, dataset: &CropDataset, identities: &[i64]) -> Result<()> {
    let write = || -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        write_atomically_with(path, |file| -> Result<()> {
            let mut rows = csv::Writer::from_writer(file);
            for (crop, &identity) in dataset.crops.iter().zip(identities) {
                let info = &dataset.sequences[crop.sequence];
                let (camera, BBox { x, y, w, h }) = (&info.cameras[crop.camera.index()], crop.bbox);
                rows.serialize(Row {
                    recording: &info.name,
                    camera,
                    frame: crop.frame.0,
                    x,
                    y,
                    w,
                    h,
                    identity,
                })?;
            }
            Ok(rows.flush()?)
        })
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The labels of a round that were kept.
///
/// # Errors
/// A file that is missing, cannot be read or is of other crops.
pub(super) fn load(path: &Path, dataset: &CropDataset) -> Result<Vec<i64>> {
    if !path.exists() {
        bail!(
            "{}: the file is missing; a run cannot go on without the labels it has learned from, so put it back, or begin \
             anew in another folder",
            path.display()
        );
    }
    let read = || -> Result<Vec<i64>> {
        let mut identities = Vec::with_capacity(dataset.crops.len());
        let mut rows = csv::Reader::from_path(path)?;
        let mut record = csv::StringRecord::new();
        while rows.read_record(&mut record)? {
            let row: Row<'_> = record.deserialize(None)?;
            identities.push(row.identity);
        }
        let (labels, crops) = (identities.len(), dataset.crops.len());
        ensure!(labels == crops, "it has {labels} crops, the dataset {crops}");
        Ok(identities)
    };
    read().with_context(|| {
        format!("{}: these labels do not fit; has the dataset changed since the run began?", path.display())
    })
}
