//! The CLEAR protocols frame by frame: which people and tracks match, and which matches are switches.

use crate::camera_overlaps::{FrameOverlaps, Overlap};
use crate::matching::{Candidate, Matcher};
use crate::{Location, MATCH_IOU, Protocol};

/// No track.
const NONE: u32 = u32::MAX;

/// A person and a track that belong together in one frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClearMatch {
    pub(crate) overlap: Overlap,
    /// The person was matched before, with another track.
    pub(crate) switch: bool,
    /// The person was not matched in the previous timestep.
    pub(crate) begins: bool,
}

/// Follows one sequence.
#[derive(Debug)]
pub(crate) struct ClearRules {
    protocol: Protocol,
    matcher: Matcher,
    candidates: Vec<Candidate>,
    matches: Vec<ClearMatch>,
    /// By true identity: the last track it was ever matched with, and that of the previous timestep.
    last: Vec<u32>,
    previous: Vec<u32>,
    /// Identities that have a `previous` track, and those that were present.
    matched_before: Vec<u32>,
    present_before: Vec<bool>,
    present: Vec<u32>,
}

impl ClearRules {
    pub(crate) fn new(protocol: Protocol, gt_identities: usize) -> Self {
        Self {
            protocol,
            matcher: Matcher::default(),
            candidates: Vec::new(),
            matches: Vec::new(),
            last: vec![NONE; gt_identities],
            previous: vec![NONE; gt_identities],
            matched_before: Vec::new(),
            present_before: vec![false; gt_identities],
            present: Vec::new(),
        }
    }

    /// The matches of the next frame, sorted as its overlaps.
    pub(crate) fn step<P: Location>(&mut self, frame: &FrameOverlaps<'_, P>) -> &[ClearMatch] {
        self.matches.clear();
        self.candidates.clear();
        match self.protocol {
            // A frame without people or tracks does not end the previous timestep.
            Protocol::TrackEval if frame.gt.ids.is_empty() || frame.tracks.ids.is_empty() => return &[],
            Protocol::TrackEval => self.prefer_previous(frame),
            Protocol::Devkit => self.keep_previous(frame),
        }
        for Candidate { overlap, .. } in &self.candidates {
            let person = frame.gt.ids[overlap.gt as usize] as usize;
            let track = frame.tracks.ids[overlap.track as usize];
            let changed = self.last[person] != NONE && self.last[person] != track;
            let switch = match self.protocol {
                Protocol::TrackEval => changed,
                Protocol::Devkit => changed && self.present_before[person],
            };
            let begins = self.previous[person] == NONE;
            self.matches.push(ClearMatch { overlap: *overlap, switch, begins });
        }
        self.remember(frame);
        &self.matches
    }

    /// TrackEval: one assignment, in which staying with the previous track is worth 1000.
    fn prefer_previous<P: Location>(&mut self, frame: &FrameOverlaps<'_, P>) {
        let admissible = frame.overlaps.iter().filter(|o| o.similarity >= MATCH_IOU - f64::EPSILON);
        self.candidates.extend(admissible.map(|overlap| {
            let stays = self.previous[frame.gt.ids[overlap.gt as usize] as usize]
                == frame.tracks.ids[overlap.track as usize];
            Candidate { overlap: *overlap, score: f64::from(u16::from(stays) * 1000) + overlap.similarity }
        }));
        self.matcher.maximize(frame, &mut self.candidates);
    }

    /// Devkit: matches of the previous frame stay while they can; the rest is assigned, as many as possible and then
    /// at the least distance.
    fn keep_previous<P: Location>(&mut self, frame: &FrameOverlaps<'_, P>) {
        let admissible = || frame.overlaps.iter().filter(|o| 1.0 - o.similarity <= MATCH_IOU);
        let stays = |o: &&Overlap| {
            self.previous[frame.gt.ids[o.gt as usize] as usize] == frame.tracks.ids[o.track as usize]
        };
        let kept: Vec<Overlap> = admissible().filter(stays).copied().collect();
        let free = |o: &&Overlap| kept.iter().all(|k| k.gt != o.gt && k.track != o.track);
        // The devkit breaks ties by the order of the pairs.
        self.candidates.extend(admissible().filter(free).enumerate().map(|(order, overlap)| Candidate {
            overlap: *overlap,
            score: 1.0 - overlap.similarity + 1e-9 * order as f64,
        }));
        self.matcher.minimize(frame, &mut self.candidates);
        self.candidates.extend(kept.into_iter().map(|overlap| Candidate { overlap, score: 0.0 }));
        self.candidates.sort_unstable_by_key(|c| c.overlap.gt);
    }

    fn remember<P: Location>(&mut self, frame: &FrameOverlaps<'_, P>) {
        for person in self.matched_before.drain(..) {
            self.previous[person as usize] = NONE;
        }
        for found in &self.matches {
            let person = frame.gt.ids[found.overlap.gt as usize];
            let track = frame.tracks.ids[found.overlap.track as usize];
            self.last[person as usize] = track;
            self.previous[person as usize] = track;
            self.matched_before.push(person);
        }
        for person in self.present.drain(..) {
            self.present_before[person as usize] = false;
        }
        self.present.extend_from_slice(frame.gt.ids);
        for person in &self.present {
            self.present_before[*person as usize] = true;
        }
    }
}
