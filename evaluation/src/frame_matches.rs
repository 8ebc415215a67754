//! The tracks that match people in every frame, by overlap alone: the pairwise and the space-time scores build on it.

use mvmhat_scene::BBox;

use crate::MATCH_IOU;
use crate::camera_overlaps::{CameraOverlaps, Overlap};
use crate::matching::{Candidate, Matcher};

/// For every frame of every view the one-to-one matching with the greatest sum of overlaps, of overlaps over one half.
#[derive(Debug)]
pub(crate) struct FrameMatches<'a>(Vec<Matched<'a>>);

/// One view: the matches of all frames one after the other, and where each frame starts.
#[derive(Debug)]
struct Matched<'a> {
    view: &'a CameraOverlaps<BBox>,
    starts: Vec<u32>,
    matches: Vec<Overlap>,
}

impl<'a> FrameMatches<'a> {
    /// Matches all frames of `views`.
    pub(crate) fn new(views: impl Iterator<Item = &'a CameraOverlaps<BBox>>) -> Self {
        let mut matcher = Matcher::default();
        let mut candidates = Vec::new();
        let matched = views.map(|view| {
            let (mut starts, mut matches) = (vec![0], Vec::new());
            for frame in (0..view.gt.frames()).map(|frame| view.frame(frame)) {
                candidates.clear();
                let overlaps = frame.overlaps.iter().filter(|overlap| overlap.similarity > MATCH_IOU);
                candidates.extend(overlaps.map(|o| Candidate { overlap: *o, score: o.similarity }));
                matcher.maximize(&frame, &mut candidates);
                matches.extend(candidates.iter().map(|candidate| candidate.overlap));
                starts.push(matches.len() as u32);
            }
            Matched { view, starts, matches }
        });
        Self(matched.collect())
    }

    /// Identities of all people of all views at one timestep.
    pub(crate) fn gt_at(&self, frame: usize) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(move |matched| matched.view.gt.people(frame).ids).copied()
    }

    /// Identities of all tracks of all views at one timestep.
    pub(crate) fn tracks_at(&self, frame: usize) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(move |matched| matched.view.tracks.people(frame).ids).copied()
    }

    /// Pairs of identities that match in some view at one timestep.
    pub(crate) fn pairs_at(&self, frame: usize) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(move |matched| {
            let range = matched.starts[frame] as usize..matched.starts[frame + 1] as usize;
            matched.matches[range].iter().map(|overlap| overlap.pair)
        })
    }
}
