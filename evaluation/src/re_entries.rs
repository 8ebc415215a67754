//! Re-entry re-ID: do people who leave all views have their identity again when they come back?
//!
//! A *presence* is a stretch of frames in which some view shows a person, with breaks of fewer frames than a given number;
//! a person's identity in it is the track that most of their boxes there match (one to one by overlap, IoU over one half).
//! Every presence after the first is a re-entry, and it is *kept* if its identity is that of the presence before. The counts
//! add up over sequences.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::Comparison;
use crate::frame_matches::FrameMatches;

/// Frames out of all views after which somebody has left: two seconds at 25 frames per second.
pub const MIN_ABSENCE: usize = 50;

/// How many people came back, and how many of them as who they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReEntries {
    /// Re-entries with the identity of the presence before.
    pub kept: u64,
    /// All re-entries.
    pub total: u64,
}

impl AddAssign<&Self> for ReEntries {
    fn add_assign(&mut self, other: &Self) {
        self.kept += other.kept;
        self.total += other.total;
    }
}

/// One person on the way through a sequence.
#[derive(Clone, Debug, Default)]
struct Person {
    /// The frame at which some view showed them last.
    last: Option<usize>,
    /// Boxes of this presence by the track they match.
    boxes: BTreeMap<u32, u64>,
    /// The identity of the presence before, if there was one and it had any.
    before: Option<Option<u32>>,
}

impl Person {
    /// Ends a presence.
    fn leave(&mut self, re_entries: &mut ReEntries) {
        let most = self.boxes.iter().max_by_key(|(track, boxes)| (**boxes, std::cmp::Reverse(**track)));
        let identity = most.map(|(track, _)| *track);
        if let Some(before) = self.before {
            re_entries.total += 1;
            re_entries.kept += u64::from(identity.is_some() && identity == before);
        }
        self.before = Some(identity);
        self.boxes.clear();
    }
}

/// Counts the re-entries of a sequence after `absence` or more frames out of all views.
pub fn re_entries(comparison: &Comparison, absence: usize) -> ReEntries {
    let matches = FrameMatches::new(comparison.views.iter());
    let mut people = vec![Person::default(); comparison.gt_ids().len()];
    let mut re_entries = ReEntries::default();
    for frame in 0..comparison.frames() {
        for gt in matches.gt_at(frame) {
            let person = &mut people[gt as usize];
            if person.last.is_some_and(|last| frame - last > absence) {
                person.leave(&mut re_entries);
            }
            person.last = Some(frame);
        }
        for pair in matches.pairs_at(frame) {
            let (gt, track) = comparison.pairs()[pair as usize];
            *people[gt as usize].boxes.entry(track).or_default() += 1;
        }
    }
    people.iter_mut().filter(|person| person.last.is_some()).for_each(|person| person.leave(&mut re_entries));
    re_entries
}
