//! Which boxes are learned from, and at which timesteps.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clap::ValueEnum;
use mvmhat_scene::{BBox, Camera, CameraId, Clock, DetectionFile, FrameNumber, Sequence, Source, mot};
use serde::{Deserialize, Serialize};

use super::DataConfig;
use crate::frame_range::FrameRange;
use crate::source::Reader;

/// Where boxes come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Boxes {
    /// The boxes of the ground truth, without the identities.
    Gt,
    /// The recording's own file of detections.
    Det,
    /// The detector of the configuration looks for people.
    #[default]
    Detect,
}

/// The frames of one camera that are looked at, with their boxes; no boxes where a detector is to find them.
pub(super) type FrameBoxes = BTreeMap<FrameNumber, Vec<BBox>>;

/// The frames and boxes of every camera of a part of a recording.
///
/// # Errors
/// Files that cannot be read, or are not there.
pub(super) fn boxes(
    recording: &Sequence,
    part: FrameRange,
    data: &DataConfig,
    clock: &Clock,
) -> Result<Vec<FrameBoxes>> {
    let stride = stride(clock, data.rate);
    let mut all = match data.boxes {
        Boxes::Gt => truth(recording, data.visibility)?,
        Boxes::Det => {
            let of = |camera: &Camera| detections(camera, data.score);
            recording.cameras.iter().map(of).collect::<Result<_>>()?
        }
        Boxes::Detect => {
            let of = |camera: &Camera| Ok(numbers(camera)?.map(|number| (number, Vec::new())).collect());
            recording.cameras.iter().map(of).collect::<Result<Vec<FrameBoxes>>>()?
        }
    };
    for (camera, frames) in recording.cameras.iter().zip(&mut all) {
        keep_timesteps(frames, part, camera.id, clock, stride);
    }
    Ok(all)
}

/// Keeps of the frames of a camera, within the part that is learned from, those nearest to the timesteps that are looked at.
pub(super) fn keep_timesteps<T>(
    frames: &mut BTreeMap<FrameNumber, T>,
    part: FrameRange,
    camera: CameraId,
    clock: &Clock,
    stride: u64,
) {
    frames.retain(|number, _| (part.first..=part.last).contains(number));
    let mut nearest = BTreeMap::<u64, (u64, FrameNumber)>::new();
    for number in frames.keys() {
        let tick = clock.index(camera, *number).0;
        let timestep = (tick + stride / 2) / stride;
        let away = tick.abs_diff(timestep * stride);
        let best = nearest.entry(timestep).or_insert((away, *number));
        *best = (*best).min((away, *number));
    }
    frames.retain(|number, _| {
        let timestep = (clock.index(camera, *number).0 + stride / 2) / stride;
        nearest.get(&timestep).is_some_and(|(_, best)| best == number)
    });
}

/// Ticks of the clock between two timesteps that are looked at, `rate` of them a second.
pub(super) fn stride(clock: &Clock, rate: f64) -> u64 {
    ((clock.fps() / rate).round() as u64).max(1)
}

fn truth(recording: &Sequence, visibility: f64) -> Result<Vec<FrameBoxes>> {
    let all = recording.ground_truth()?;
    anyhow::ensure!(
        all.iter().any(Option::is_some),
        "{} has no ground truth (<camera>/gt/gt.txt): take --boxes det or --boxes detect",
        recording.root.display()
    );
    let of = |rows: Option<Vec<mot::Row>>| {
        let mut frames = FrameBoxes::new();
        let seen = |row: &mot::Row| row.visibility.is_none_or(|share| share >= visibility);
        for row in
            rows.into_iter().flatten().filter(|row| row.score > 0.0 && row.bbox.is_valid() && seen(row))
        {
            frames.entry(row.frame).or_default().push(row.bbox);
        }
        frames
    };
    Ok(all.into_iter().map(of).collect())
}

fn detections(camera: &Camera, score: f64) -> Result<FrameBoxes> {
    let path = camera.detections.as_ref().with_context(|| {
        format!("camera {} has no det/det.txt or det/det.npy: take --boxes gt or --boxes detect", camera.name)
    })?;
    let file = DetectionFile::read(path)?;
    let sure = |number: FrameNumber| {
        file.detections(number)
            .iter()
            .filter(|found| f64::from(found.score) >= score)
            .map(|found| found.bbox)
            .collect()
    };
    Ok(file.numbers().map(|number| (number, sure(number))).collect())
}

/// The numbers of all frames of a camera, as far as its source tells.
pub(super) fn numbers(camera: &Camera) -> Result<Box<dyn Iterator<Item = FrameNumber>>> {
    Ok(match &camera.source {
        Source::Images(files) => {
            let numbers: Vec<_> = files.iter().map(|(number, _)| *number).collect();
            Box::new(numbers.into_iter())
        }
        _ => {
            let frames = Reader::open(camera)?.expected().min(u64::from(u32::MAX)) as u32;
            Box::new((1..=frames).map(FrameNumber))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source;

    #[test]
    fn frames_nearest_to_each_instant_and_boxes_that_can_be_seen() {
        let folder = tempfile::tempdir().unwrap();
        let row = |frame, visibility| format!("{frame},7,10,10,20,40,1,1,{visibility}\n");
        let rows: String = (1..=12).map(|frame| row(frame, if frame == 5 { 0.1 } else { 0.9 })).collect();
        for camera in ["a", "b"] {
            fs::create_dir_all(folder.path().join(camera).join("gt")).unwrap();
            fs::create_dir_all(folder.path().join(camera).join("det")).unwrap();
            fs::write(folder.path().join(camera).join("gt/gt.txt"), &rows).unwrap();
            fs::write(
                folder.path().join(camera).join("det/det.txt"),
                "5,-1,1,1,9,30,0.2\n5,-1,1,1,9,30,0.9\n",
            )
            .unwrap();
        }
        let recording = Sequence::open(folder.path()).unwrap();
        let clock = recording.clock(source::fps).unwrap();
        let data = DataConfig { boxes: Boxes::Gt, rate: 5.0, visibility: 0.3, ..DataConfig::default() };
        let found = boxes(&recording, FrameRange::default(), &data, &clock).unwrap();
        // At 25 frames a second every fifth: 5 and 10, and what is nearest to 0, frame 1; of frame 5 nobody can be seen.
        let numbers: Vec<u32> = found[0].keys().map(|number| number.0).collect();
        assert_eq!(numbers, [1, 4, 10]);
        let part = "7..12".parse().unwrap();
        let numbers = boxes(&recording, part, &data, &clock).unwrap().remove(0).into_keys();
        assert_eq!(
            numbers.collect::<Vec<_>>(),
            [FrameNumber(7), FrameNumber(10)],
            "of a part, nearest to 5 and 10"
        );
        let whole = FrameRange::default();
        let data = DataConfig { boxes: Boxes::Det, score: 0.5, ..data };
        assert_eq!(boxes(&recording, whole, &data, &clock).unwrap()[1][&FrameNumber(5)].len(), 1);
        let error = boxes(&recording, whole, &DataConfig { boxes: Boxes::Detect, ..data }, &clock);
        assert!(error.is_err(), "no images");
    }
}
