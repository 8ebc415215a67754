//! Who is who in the footage that is learned from, as far as the association can tell with the embedding learned so far.
//!
//! The crops are embedded as they are, and each recording is associated as `mvmhat track --offline` would: by motion, by
//! looks over all the time that somebody is in view, by where people stand on the ground if the cameras are calibrated.
//! What this gives are labels that nobody has written. They are kept in the folder of the run, a file a round, since a run
//! that is resumed must go on with the labels it had.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mvmhat_association::{AssociationConfig, Evidence};
use mvmhat_evaluation::greedy_pairs;
use mvmhat_scene::{AtomicFile, BBox, CameraId, Detection, Embedding, FrameIndex, FrameSet, ViewDetections, TrackedBox, ViewFrame};
use serde::{Deserialize, Serialize};

use super::footage::{Crop, Footage};

/// Where the labels of a round are kept.
pub(super) fn path(run: &Path, round: u64) -> PathBuf {
    run.join("identities").join(format!("round-{round}.csv"))
}

/// The identity of every crop, -1 where it has none; different people have different numbers, also those of different
/// recordings. Whoever is seen once only has none, for there is nothing to compare that crop with.
///
/// # Errors
/// Constants of the association out of their range.
pub(super) fn associate(
    footage: &Footage,
    embeddings: Vec<Embedding>,
    config: &AssociationConfig,
) -> Result<Vec<i64>> {
    let mut identities = vec![-1; footage.crops.len()];
    let mut embeddings = embeddings.into_iter();
    let mut next = 0;
    let mut start = 0;
    for crops in footage.crops.chunk_by(|a, b| a.recording == b.recording) {
        let filmed = &footage.recordings[crops[0].recording];
        let evidence = Evidence { ground_plane: filmed.ground.clone(), assignment_model: None };
        let mut associator = mvmhat_association::build(config, evidence)?;
        let mut decided = Vec::new();
        for set in frame_sets(crops, filmed.cameras.len(), filmed.seconds, &mut embeddings) {
            decided.extend(associator.associate(set));
        }
        decided.extend(associator.finish());
        let pairs = of_crops(crops, &decided);
        let mut seen = BTreeMap::<u32, usize>::new();
        for (_, person) in &pairs {
            *seen.entry(*person).or_default() += 1;
        }
        let mut people = BTreeMap::new();
        for (place, person) in pairs.into_iter().filter(|(_, person)| seen[person] > 1) {
            identities[start + place] = *people.entry(person).or_insert_with(|| {
                next += 1;
                next - 1
            });
        }
        start += crops.len();
    }
    Ok(identities)
}

/// The crops of one recording as the association sees them.
fn frame_sets(
    crops: &[Crop],
    cameras: usize,
    seconds: f64,
    embeddings: &mut impl Iterator<Item = Embedding>,
) -> Vec<FrameSet<ViewDetections>> {
    let mut sets = BTreeMap::new();
    for timestep in crops.first().map_or(0, |crop| crop.timestep)..=crops.last().map_or(0, |crop| crop.timestep)
    {
        // A camera that sees nobody is there all the same.
        let nobody = |_| Some(ViewFrame { number: mvmhat_scene::FrameNumber(timestep as u32), content: ViewDetections::default() });
        let views = (0..cameras).map(nobody).collect();
        sets.insert(
            timestep,
            FrameSet { index: FrameIndex(timestep), seconds: timestep as f64 * seconds, views },
        );
    }
    for (crop, embedding) in crops.iter().zip(embeddings) {
        let view = sets.get_mut(&crop.timestep).and_then(|set| set.views[crop.camera.index()].as_mut());
        if let Some(view) = view {
            view.content.detections.push(Detection {
                bbox: crop.bbox,
                score: 1.0,
                embedding: Some(embedding),
            });
        }
    }
    sets.into_values().collect()
}

/// Which crop is which person: in each view those that overlap most are paired first.
fn of_crops(crops: &[Crop], decided: &[FrameSet<Vec<TrackedBox>>]) -> Vec<(usize, u32)> {
    let mut views = BTreeMap::<(u64, CameraId), Vec<TrackedBox>>::new();
    for set in decided {
        for (camera, view) in set.present() {
            views.entry((set.index.0, camera)).or_default().extend(&view.content);
        }
    }
    let mut pairs = Vec::new();
    let mut start = 0;
    for view in crops.chunk_by(|a, b| (a.timestep, a.camera) == (b.timestep, b.camera)) {
        let tracked = views.get(&(view[0].timestep, view[0].camera)).map_or(&[][..], Vec::as_slice);
        let crops: Vec<BBox> = view.iter().map(|crop| crop.bbox).collect();
        let boxes: Vec<BBox> = tracked.iter().map(|tracked| tracked.bbox).collect();
        // In the order of their IoU, which the numbers of identities follow.
        let paired = greedy_pairs(&crops, &boxes).into_iter();
        pairs.extend(paired.map(|(crop, partner)| (start + crop, tracked[partner].person.0)));
        start += view.len();
    }
    pairs
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
pub(super) fn save(path: &Path, footage: &Footage, identities: &[i64]) -> Result<()> {
    let write = || -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = AtomicFile::create(path)?;
        let mut rows = csv::Writer::from_writer(&mut file);
        for (crop, &identity) in footage.crops.iter().zip(identities) {
            let filmed = &footage.recordings[crop.recording];
            let (camera, BBox { x, y, w, h }) = (&filmed.cameras[crop.camera.index()], crop.bbox);
            let recording = &filmed.name;
            rows.serialize(Row { recording, camera, frame: crop.frame.0, x, y, w, h, identity })?;
        }
        rows.flush()?;
        drop(rows);
        Ok(file.commit()?)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The labels of a round that were kept.
///
/// # Errors
/// A file that is missing, cannot be read or is of other crops.
pub(super) fn load(path: &Path, footage: &Footage) -> Result<Vec<i64>> {
    if !path.exists() {
        bail!(
            "{}: the file is missing; a run cannot go on without the labels it has learned from, so put it back, or begin \
             anew in another folder",
            path.display()
        );
    }
    let read = || -> Result<Vec<i64>> {
        let mut identities = Vec::with_capacity(footage.crops.len());
        let mut rows = csv::Reader::from_path(path)?;
        let mut record = csv::StringRecord::new();
        while rows.read_record(&mut record)? {
            let row: Row<'_> = record.deserialize(None)?;
            identities.push(row.identity);
        }
        let (labels, crops) = (identities.len(), footage.crops.len());
        ensure!(labels == crops, "it has {labels} crops, the footage {crops}");
        Ok(identities)
    };
    let at = || {
        format!("{}: these labels do not fit; has the footage changed since the run began?", path.display())
    };
    read().with_context(at)
}
