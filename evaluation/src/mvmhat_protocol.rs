//! The cross-view protocol of MvMHAT: do two views give the same person the same name at the same time?
//!
//! Gan et al., *Self-supervised multi-view multi-human association and tracking* (ACM MM 2021), as their MATLAB kit
//! computes it, quirks included, because published numbers come from it:
//!
//! * boxes count their last pixel: one is added to every width and height;
//! * a person takes the name of the track it overlaps best, and of every track that overlaps it best, the last of
//!   them; two people may take one name;
//! * "no name" is itself a name that two views can share (`mme` and `missed` can even become negative);
//! * precision and recall are means over all frames of the window; a frame in which they are 0 / 0 counts as 0.

use mvmhat_scene::BBox;
use serde::{Deserialize, Serialize};

use crate::camera_overlaps::{CameraOverlaps, FrameRows};
use crate::comparison::Identities;
use crate::{Comparison, MATCH_IOU};

/// Scores of the MvMHAT protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MvmhatScores {
    /// Mean over the frames of the cross-view identity precision, 0 to 1.
    pub cvidp: f64,
    /// Mean over the frames of the cross-view identity recall, 0 to 1.
    pub cvidr: f64,
    /// Names shared by two views that are not shared by one person.
    pub mme: i64,
    /// Shared people without a shared name, counted in both views.
    pub missed: i64,
    /// Tracks that match nobody but whose name is used in the other view.
    pub fp: i64,
    /// Boxes of people, counted once for each pair of views that both have people.
    pub boxes: i64,
    /// Frames of the window.
    pub frames: u64,
    /// Frames in which no name is shared or wrongly given, so that the precision is 0 / 0.
    pub frames_without_precision: u64,
    /// Frames in which no person is shared, so that the recall is 0 / 0.
    pub frames_without_recall: u64,
}

impl MvmhatScores {
    /// Harmonic mean of precision and recall, 0 to 1.
    pub fn cvidf1(&self) -> f64 {
        harmonic_mean(self.cvidp, self.cvidr)
    }

    /// Cross-view matching accuracy, at most 1; 0 where no two views ever have people.
    pub fn cvma(&self) -> f64 {
        if self.boxes == 0 {
            return 0.0;
        }
        1.0 - (2 * self.mme + self.fp + self.missed) as f64 / self.boxes as f64
    }

    /// The scores of several sequences together: precision and recall are unweighted means over the sequences,
    /// everything else adds up.
    pub fn pool<'a>(sequences: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut pooled = Self::default();
        let mut n = 0.0;
        for one in sequences {
            n += 1.0;
            pooled.cvidp += one.cvidp;
            pooled.cvidr += one.cvidr;
            pooled.mme += one.mme;
            pooled.missed += one.missed;
            pooled.fp += one.fp;
            pooled.boxes += one.boxes;
            pooled.frames += one.frames;
            pooled.frames_without_precision += one.frames_without_precision;
            pooled.frames_without_recall += one.frames_without_recall;
        }
        if n > 0.0 {
            pooled.cvidp /= n;
            pooled.cvidr /= n;
        }
        pooled
    }
}

/// `2pr / (p + r)`, 0 where both are 0.
pub(crate) fn harmonic_mean(p: f64, r: f64) -> f64 {
    if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
}

/// Scores all pairs of views of a sequence.
pub fn mvmhat(comparison: &Comparison) -> MvmhatScores {
    let mut score = MvmhatScores { frames: comparison.frames() as u64, ..MvmhatScores::default() };
    let mut views: Vec<Labelled> = comparison.views.iter().map(|_| Labelled::default()).collect();
    for frame in 0..comparison.frames() {
        for (labelled, view) in views.iter_mut().zip(&comparison.views) {
            labelled.label(view.with_duplicates(), frame, comparison.track_ids());
        }
        let mut counts = Counts::default();
        for (b, second) in views.iter().enumerate() {
            for first in &views[..b] {
                counts.add_pair(first, second, comparison, &mut score);
            }
        }
        let ratio = |denominator: i64, empty: &mut u64| {
            *empty += u64::from(denominator == 0);
            if denominator == 0 { 0.0 } else { counts.tp as f64 / denominator as f64 }
        };
        score.cvidp += ratio(counts.named, &mut score.frames_without_precision);
        score.cvidr += ratio(counts.shared, &mut score.frames_without_recall);
    }
    let frames = comparison.frames().max(1) as f64;
    score.cvidp /= frames;
    score.cvidr /= frames;
    score
}

/// One frame, all pairs of views.
#[derive(Default)]
struct Counts {
    tp: i64,
    /// Names shared by both views: what precision divides by.
    named: i64,
    /// People shared by both views: what recall divides by.
    shared: i64,
}

impl Counts {
    fn add_pair(&mut self, a: &Labelled, b: &Labelled, comparison: &Comparison, score: &mut MvmhatScores) {
        if b.people.is_empty() {
            self.named += b.tracks.len() as i64;
            return;
        }
        if a.people.is_empty() {
            self.named += a.tracks.len() as i64;
            return;
        }
        let (mut tp, mut shared_people) = (0, 0);
        for (index, person) in a.first_people() {
            let Some(other) = b.people.iter().position(|p| *p == person) else { continue };
            shared_people += 1;
            let original = comparison.gt_ids().original(person);
            self.shared += i64::from(original > 0);
            let (name, same) = (a.names[index], a.names[index] == b.names[other]);
            let named = original != 0 && name.is_some() && same;
            tp +=
                i64::from(named && a.first_named(name) == Some(index) && b.first_named(name) == Some(other));
        }
        let mut shared_names = 0;
        for (index, name) in a.names.iter().enumerate() {
            if a.first_named(*name) == Some(index) && b.first_named(*name).is_some() {
                shared_names += 1;
                self.named += i64::from(name.is_some_and(|name| comparison.track_ids().original(name) > 0));
            }
        }
        self.tp += tp;
        score.mme += shared_names - tp;
        score.missed += 2 * (shared_people - shared_names);
        score.fp += a.stray_names_used_by(b) + b.stray_names_used_by(a);
        score.boxes += (a.people.len() + b.people.len()) as i64;
    }
}

/// One view in one frame: its people with the names their tracks give them, rows in the order of the file.
#[derive(Default)]
struct Labelled {
    people: Vec<u32>,
    /// For each person the identity of its track; `None` for nobody's, and for a track whose identity is 0.
    names: Vec<Option<u32>>,
    tracks: Vec<u32>,
    /// The distinct tracks whose name no person has.
    stray: Vec<u32>,
    /// For each track the person it overlaps best, for each person the track.
    best_person: Vec<(usize, f64)>,
    best_track: Vec<(usize, f64)>,
}

impl Labelled {
    fn label(&mut self, view: &CameraOverlaps<BBox>, frame: usize, track_ids: &Identities) {
        let (gt, tracks) = (view.gt.people(frame), view.tracks.people(frame));
        self.people.clear();
        self.people.extend_from_slice(gt.ids);
        self.tracks.clear();
        self.tracks.extend_from_slice(tracks.ids);
        self.names.clear();
        self.names.resize(gt.ids.len(), None);
        self.find_best(gt, tracks);
        // In the order of the tracks: what comes later overwrites.
        for (track, id) in tracks.ids.iter().enumerate() {
            let name = Some(*id).filter(|id| track_ids.original(*id) != 0);
            let (person, overlap) = self.best_person[track];
            if overlap > MATCH_IOU {
                self.names[person] = name;
            }
            for (person, (best, overlap)) in self.best_track.iter().enumerate() {
                if *best == track && *overlap > MATCH_IOU {
                    self.names[person] = name;
                }
            }
        }
        self.stray.clear();
        for (index, id) in self.tracks.iter().enumerate() {
            let first = !self.tracks[..index].contains(id);
            let name = Some(*id).filter(|id| track_ids.original(*id) != 0);
            if first && !self.names.contains(&name) {
                self.stray.push(*id);
            }
        }
    }

    fn find_best(&mut self, gt: FrameRows<'_, BBox>, tracks: FrameRows<'_, BBox>) {
        self.best_person.clear();
        self.best_person.resize(tracks.ids.len(), (0, 0.0));
        self.best_track.clear();
        self.best_track.resize(gt.ids.len(), (0, 0.0));
        for (person, location) in gt.locations.iter().enumerate() {
            for (track, other) in tracks.locations.iter().enumerate() {
                let overlap = pixel_iou(location, other);
                if overlap > self.best_person[track].1 {
                    self.best_person[track] = (person, overlap);
                }
                if overlap > self.best_track[person].1 {
                    self.best_track[person] = (track, overlap);
                }
            }
        }
    }

    /// Each identity once, at its first row.
    fn first_people(&self) -> impl Iterator<Item = (usize, u32)> {
        let first = |(index, id): &(usize, u32)| !self.people[..*index].contains(id);
        self.people.iter().copied().enumerate().filter(first)
    }

    fn first_named(&self, name: Option<u32>) -> Option<usize> {
        self.names.iter().position(|other| *other == name)
    }

    fn stray_names_used_by(&self, other: &Self) -> i64 {
        self.stray.iter().filter(|name| other.tracks.contains(name)).count() as i64
    }
}

/// Intersection over union of boxes that include their last pixel.
fn pixel_iou(a: &BBox, b: &BBox) -> f64 {
    let w = a.right().min(b.right()) - a.x.max(b.x) + 1.0;
    let h = a.bottom().min(b.bottom()) - a.y.max(b.y) + 1.0;
    if w < 0.0 || h < 0.0 {
        return 0.0;
    }
    let area = |b: &BBox| (b.w + 1.0) * (b.h + 1.0);
    w * h / (area(a) + area(b) - w * h)
}
