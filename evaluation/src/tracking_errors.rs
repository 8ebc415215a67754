//! The errors behind the counts, one by one, to look at.

use mvmhat_scene::{BBox, FrameNumber};
use serde::Serialize;

use crate::camera_overlaps::{CameraOverlaps, FrameOverlaps};
use crate::clear_mot::scored_frames;
use crate::clear_mot_rules::ClearRules;
use crate::{Comparison, Protocol};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ErrorKind {
    /// A track where there is no person.
    #[serde(rename = "FP")]
    FalsePositive,
    /// A person without a track.
    #[serde(rename = "FN")]
    FalseNegative,
    /// A person whose track changed.
    #[serde(rename = "IDSW")]
    Switch,
    /// One person under two identities in two views, or two people under one.
    #[serde(rename = "cross-view")]
    CrossView,
}

/// One error of one camera in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrackingError<'a> {
    /// The frame, as the source numbers it.
    pub frame: FrameNumber,
    /// Name of the camera.
    pub camera: &'a str,
    /// What went wrong.
    pub kind: ErrorKind,
    /// Identity of the person; `None` for a false positive.
    pub gt: Option<i64>,
    /// Identity of the track; `None` for a false negative.
    pub track: Option<i64>,
    /// The box of the person for a false negative, else that of the track.
    pub bbox: BBox,
    /// For a cross-view error, whom the other view shows.
    pub other: Option<OtherView<'a>>,
}

/// The other side of a cross-view error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OtherView<'a> {
    /// Name of the other camera.
    pub camera: &'a str,
    /// Identity of the person there.
    pub gt: i64,
    /// Identity of its track there.
    pub track: i64,
}

/// All errors of a sequence by the rules of `protocol`, sorted by frame, then by camera in the order of the comparison.
///
/// False positives, false negatives and switches are those that [`clear`](crate::clear()) counts. Cross-view errors
/// compare the people matched by these rules at one timestep: for each two views every person that both match with
/// different tracks, and every track that they match with different people.
pub fn tracking_errors(
    comparison: &Comparison,
    protocol: Protocol,
) -> impl Iterator<Item = TrackingError<'_>> {
    let mut cameras: Vec<_> = comparison
        .sequences()
        .zip(&comparison.views)
        .map(|(sequence, view)| CameraErrors {
            comparison,
            view,
            frames: scored_frames(sequence, protocol),
            rules: ClearRules::new(protocol, comparison.gt_ids().len()),
            matched: Vec::new(),
        })
        .collect();
    (0..comparison.frames()).flat_map(move |frame| {
        let mut errors = Vec::new();
        for index in 0..cameras.len() {
            let (before, rest) = cameras.split_at_mut(index);
            if let Some(camera) = rest.first_mut() {
                camera.step(frame, &mut errors);
                before.iter().for_each(|other| camera.compare(other, frame, &mut errors));
            }
        }
        errors
    })
}

/// One camera on its way through the frames.
struct CameraErrors<'a> {
    comparison: &'a Comparison,
    view: &'a CameraOverlaps<BBox>,
    /// How many frames the protocol looks at.
    frames: usize,
    rules: ClearRules,
    /// The matches of the current frame.
    matched: Vec<Matched>,
}

/// A matched person: dense identities, and the track's box.
#[derive(Clone, Copy)]
struct Matched {
    gt: u32,
    track: u32,
    bbox: BBox,
}

impl<'a> CameraErrors<'a> {
    /// Takes the next frame: what one camera alone gets wrong.
    fn step(&mut self, frame: usize, errors: &mut Vec<TrackingError<'a>>) {
        self.matched.clear();
        if frame >= self.frames {
            return;
        }
        let content: FrameOverlaps<'_, BBox> = self.view.frame(frame);
        let (mut people, mut tracks) =
            (vec![true; content.gt.ids.len()], vec![true; content.tracks.ids.len()]);
        let mut switches = Vec::new();
        for found in self.rules.step(&content) {
            let (person, track) = (found.overlap.gt as usize, found.overlap.track as usize);
            (people[person], tracks[track]) = (false, false);
            let matched = Matched {
                gt: content.gt.ids[person],
                track: content.tracks.ids[track],
                bbox: content.tracks.locations[track],
            };
            self.matched.push(matched);
            if found.switch {
                switches.push(matched);
            }
        }
        for (index, _) in tracks.iter().enumerate().filter(|(_, stray)| **stray) {
            let (id, bbox) = (content.tracks.ids[index], content.tracks.locations[index]);
            errors.push(self.error(frame, ErrorKind::FalsePositive, None, Some(id), bbox));
        }
        for (index, _) in people.iter().enumerate().filter(|(_, missed)| **missed) {
            let (id, bbox) = (content.gt.ids[index], content.gt.locations[index]);
            errors.push(self.error(frame, ErrorKind::FalseNegative, Some(id), None, bbox));
        }
        for Matched { gt, track, bbox } in switches {
            errors.push(self.error(frame, ErrorKind::Switch, Some(gt), Some(track), bbox));
        }
    }

    /// What this camera and `other` get wrong together in the current frame.
    fn compare(&self, other: &Self, frame: usize, errors: &mut Vec<TrackingError<'a>>) {
        for Matched { gt, track, bbox } in &self.matched {
            for there in other.matched.iter().filter(|o| (o.gt == *gt) != (o.track == *track)) {
                let camera = other.view.name.as_str();
                let (person, name) = self.originals(there.gt, there.track);
                errors.push(TrackingError {
                    other: Some(OtherView { camera, gt: person, track: name }),
                    ..self.error(frame, ErrorKind::CrossView, Some(*gt), Some(*track), *bbox)
                });
            }
        }
    }

    fn error(
        &self,
        frame: usize,
        kind: ErrorKind,
        gt: Option<u32>,
        track: Option<u32>,
        bbox: BBox,
    ) -> TrackingError<'a> {
        TrackingError {
            frame: FrameNumber(self.comparison.window().first.0 + frame as u32),
            camera: &self.view.name,
            kind,
            gt: gt.map(|id| self.comparison.gt_ids().original(id)),
            track: track.map(|id| self.comparison.track_ids().original(id)),
            bbox,
            other: None,
        }
    }

    fn originals(&self, gt: u32, track: u32) -> (i64, i64) {
        (self.comparison.gt_ids().original(gt), self.comparison.track_ids().original(track))
    }
}
