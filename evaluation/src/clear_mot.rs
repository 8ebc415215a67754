//! CLEAR: false negatives, false positives and identity switches.
//!
//! Bernardin and Stiefelhagen, *Evaluating multiple object tracking performance: the CLEAR MOT metrics* (2008):
//! `MOTA = 1 - (FN + FP + IDSW) / GT`, `MOTP` = mean similarity of the matches.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::camera_overlaps::CameraOverlaps;
use crate::clear_mot_rules::ClearRules;
use crate::{CameraSequence, Location};

/// Whose rules decide about matches, switches and fragments. The scorers of this field differ in small ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TrackEval: a match of the previous timestep is worth more than any similarity; a timestep without people or
    /// without tracks is passed over; every change of track is a switch; 20 % is partly tracked.
    #[default]
    TrackEval,
    /// The MATLAB development kit of MOTChallenge (`clearMOTMex`): matches of the previous frame are kept first, as
    /// many of the rest are matched as can be; a switch counts only where the person was there in the frame before;
    /// tracks after the last frame with people are dropped. A person listed twice in a frame is missed once by the
    /// identity measures.
    Devkit,
}

/// Counts of the CLEAR metrics. They add up over cameras and sequences; the ratios follow from the sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clear {
    /// People matched with a track.
    pub tp: u64,
    /// Tracks without a person.
    pub fp: u64,
    /// People without a track.
    pub fn_: u64,
    /// Identity switches.
    pub idsw: u64,
    /// Fragmentations: how often the tracking of a person was interrupted and taken up again.
    pub frag: u64,
    /// People tracked for more than 80 % of their frames.
    pub mt: u64,
    /// People tracked partly.
    pub pt: u64,
    /// People tracked for less than 20 % of their frames.
    pub ml: u64,
    /// Frames: all of them (TrackEval), or the number of the last frame with people (devkit, which divides by it).
    pub frames: u64,
    /// Sum of the similarities of the matches.
    pub similarity: f64,
}

impl Clear {
    /// Boxes of the ground truth.
    pub fn gt(&self) -> u64 {
        self.tp + self.fn_
    }

    /// Multiple object tracking accuracy: at most 1, negative where there are more errors than people.
    pub fn mota(&self) -> f64 {
        (self.tp as f64 - self.fp as f64 - self.idsw as f64) / at_least_one(self.gt())
    }

    /// MOTA where a switch counts by its logarithm: `log10(IDSW + 1)` (devkit).
    pub fn motal(&self) -> f64 {
        (self.tp as f64 - self.fp as f64 - (self.idsw as f64 + 1.0).log10()) / at_least_one(self.gt())
    }

    /// Multiple object detection accuracy: MOTA without switches.
    pub fn moda(&self) -> f64 {
        (self.tp as f64 - self.fp as f64) / at_least_one(self.gt())
    }

    /// Mean similarity of the matches, 0 to 1; 0 where nothing matched.
    pub fn motp(&self) -> f64 {
        self.similarity / at_least_one(self.tp)
    }

    /// Fraction of the people that were matched, 0 to 1.
    pub fn recall(&self) -> f64 {
        self.tp as f64 / at_least_one(self.gt())
    }

    /// Fraction of the tracks that were matched, 0 to 1.
    pub fn precision(&self) -> f64 {
        self.tp as f64 / at_least_one(self.tp + self.fp)
    }

    /// False positives per frame.
    pub fn far(&self) -> f64 {
        self.fp as f64 / at_least_one(self.frames)
    }
}

/// A denominator: nothing divided by nothing is 0.
pub(crate) fn at_least_one(count: u64) -> f64 {
    count.max(1) as f64
}

impl AddAssign<&Self> for Clear {
    fn add_assign(&mut self, other: &Self) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.fn_ += other.fn_;
        self.idsw += other.idsw;
        self.frag += other.frag;
        self.mt += other.mt;
        self.pt += other.pt;
        self.ml += other.ml;
        self.frames += other.frames;
        self.similarity += other.similarity;
    }
}

/// Scores one sequence by the rules of `protocol`.
pub fn clear<P: Location>(sequence: CameraSequence<'_, P>, protocol: Protocol) -> Clear {
    let identities = sequence.comparison.gt_ids().len();
    let mut clear = Clear::default();
    let mut present = vec![0u64; identities];
    let mut tracked = vec![0u64; identities];
    let mut rules = ClearRules::new(protocol, identities);
    for frame in sequence.frames().take(scored_frames(sequence, protocol)) {
        let matches = rules.step(&frame);
        for found in matches {
            clear.similarity += found.overlap.similarity;
            clear.idsw += u64::from(found.switch);
            clear.frag += u64::from(found.begins);
            tracked[frame.gt.ids[found.overlap.gt as usize] as usize] += 1;
        }
        let matched = matches.len();
        clear.tp += matched as u64;
        clear.fn_ += (frame.gt.ids.len() - matched) as u64;
        clear.fp += (frame.tracks.ids.len() - matched) as u64;
        frame.gt.ids.iter().for_each(|id| present[*id as usize] += 1);
    }
    for (present, tracked) in present.into_iter().zip(tracked).filter(|(present, _)| *present > 0) {
        let ratio = tracked as f64 / present as f64;
        match ratio {
            _ if ratio > 0.8 => clear.mt += 1,
            _ if ratio < 0.2 => clear.ml += 1,
            _ => clear.pt += 1,
        }
        // The first beginning is no interruption.
        clear.frag -= u64::from(tracked > 0);
    }
    clear.frames = match protocol {
        Protocol::TrackEval => (sequence.comparison.frames() * sequence.views.len()) as u64,
        Protocol::Devkit => last_frame_numbers(sequence),
    };
    clear
}

/// How many frames of a sequence are looked at: the devkit leaves off after the last one with people.
pub(crate) fn scored_frames<P: Location>(sequence: CameraSequence<'_, P>, protocol: Protocol) -> usize {
    let with_people = || sequence.frames().enumerate().filter(|(_, frame)| !frame.gt.ids.is_empty());
    match protocol {
        Protocol::TrackEval => usize::MAX,
        Protocol::Devkit => with_people().last().map_or(0, |(index, _)| index + 1),
    }
}

/// The number of the last frame that has people, summed over the views.
fn last_frame_numbers<P: Location>(sequence: CameraSequence<'_, P>) -> u64 {
    let first = u64::from(sequence.comparison.window().first.0);
    let last = |view: &CameraOverlaps<P>| {
        (0..view.gt.frames()).rev().find(|frame| !view.gt.people(*frame).ids.is_empty())
    };
    sequence.views.iter().filter_map(last).map(|frame| first + frame as u64).sum()
}
