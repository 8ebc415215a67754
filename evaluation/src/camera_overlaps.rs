//! The rows of one camera laid out for scoring: by frame, with dense identities and with all overlaps found once.

use crate::{GtAndTracks, Location, Observation};

/// A person of the ground truth and a track in one frame whose locations have something in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overlap {
    /// Index in the frame's list of ground truth.
    pub(crate) gt: u32,
    /// Index in the frame's list of tracks.
    pub(crate) track: u32,
    /// Number of this pair of identities, dense over the sequence.
    pub(crate) pair: u32,
    /// Greater than 0.
    pub(crate) similarity: f64,
}

/// Ground truth or tracks of one camera: `ids` and `locations` of all frames one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowsByFrame<P> {
    /// Where each frame starts in `ids` and `locations`, and the end: one more than there are frames.
    starts: Vec<u32>,
    ids: Vec<u32>,
    locations: Vec<P>,
}

/// One side of one frame.
#[derive(Debug)]
pub(crate) struct FrameRows<'a, P> {
    /// Dense identities.
    pub(crate) ids: &'a [u32],
    /// Where each of them is.
    pub(crate) locations: &'a [P],
}

// By hand, because a derive would ask `P` to be `Copy` where only the slices are copied.
impl<P> Clone for FrameRows<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for FrameRows<'_, P> {}

impl<P: Location> RowsByFrame<P> {
    /// Sorts `rows` into `frames` frames from `first` on, in the order of the file within a frame; rows of other
    /// frames are dropped. `dense` gives the dense identity.
    pub(crate) fn new(
        rows: &[Observation<P>],
        first: u32,
        frames: usize,
        dense: impl Fn(i64) -> u32,
    ) -> Self {
        let frame_of =
            |row: &Observation<P>| row.frame.0.checked_sub(first).map(|f| f as usize).filter(|f| *f < frames);
        let mut starts = vec![0u32; frames + 1];
        for frame in rows.iter().filter_map(frame_of) {
            starts[frame + 1] += 1;
        }
        for frame in 0..frames {
            starts[frame + 1] += starts[frame];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; starts[frames] as usize];
        for (index, row) in rows.iter().enumerate() {
            if let Some(frame) = frame_of(row) {
                order[next[frame] as usize] = index as u32;
                next[frame] += 1;
            }
        }
        let row = |index: &u32| &rows[*index as usize];
        Self {
            starts,
            ids: order.iter().map(|index| dense(row(index).id)).collect(),
            locations: order.iter().map(|index| row(index).location).collect(),
        }
    }

    /// Of rows with one identity in one frame the last one, standing where the first one stood; `None` where there is
    /// no such row. `identities` is how many dense identities there are.
    pub(crate) fn without_duplicates(&self, identities: usize) -> Option<Self> {
        let mut last_at = vec![(usize::MAX, 0usize); identities];
        let mut kept = Self { starts: vec![0], ids: Vec::new(), locations: Vec::new() };
        for frame in 0..self.frames() {
            let people = self.people(frame);
            for (id, location) in people.ids.iter().zip(people.locations) {
                let slot = &mut last_at[*id as usize];
                if slot.0 == frame {
                    kept.locations[slot.1] = *location;
                } else {
                    *slot = (frame, kept.ids.len());
                    kept.ids.push(*id);
                    kept.locations.push(*location);
                }
            }
            kept.starts.push(kept.ids.len() as u32);
        }
        (kept.ids.len() < self.ids.len()).then_some(kept)
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn frames(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn people(&self, frame: usize) -> FrameRows<'_, P> {
        let range = self.starts[frame] as usize..self.starts[frame + 1] as usize;
        FrameRows { ids: &self.ids[range.clone()], locations: &self.locations[range] }
    }
}

/// One camera: both sides and what they share.
#[derive(Debug)]
pub(crate) struct CameraOverlaps<P> {
    pub(crate) name: String,
    pub(crate) gt: RowsByFrame<P>,
    pub(crate) tracks: RowsByFrame<P>,
    /// The camera with its duplicate rows, where there are any.
    with_duplicates: Option<Box<Self>>,
    overlap_starts: Vec<u32>,
    overlaps: Vec<Overlap>,
    /// Whether no person of the frame overlaps two others, so that matching is not a question.
    disjoint: Vec<bool>,
}

/// Both sides of one camera in one frame.
#[derive(Debug)]
pub(crate) struct FrameOverlaps<'a, P> {
    pub(crate) gt: FrameRows<'a, P>,
    pub(crate) tracks: FrameRows<'a, P>,
    /// Sorted by index in the ground truth, then by index in the tracks.
    pub(crate) overlaps: &'a [Overlap],
    pub(crate) disjoint: bool,
}

/// Numbers each pair of identities that ever overlap. A person overlaps few tracks, most often the newest.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    met: Vec<Vec<(u32, u32)>>,
    count: u32,
}

impl Pairs {
    pub(crate) fn new(gt_identities: usize) -> Self {
        Self { met: vec![Vec::new(); gt_identities], count: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    /// True and tracked identity of each pair, in the order of their numbers.
    pub(crate) fn identities(&self) -> Vec<(u32, u32)> {
        let mut identities = vec![(0, 0); self.len()];
        for (gt, met) in self.met.iter().enumerate() {
            for (track, pair) in met {
                identities[*pair as usize] = (gt as u32, *track);
            }
        }
        identities
    }

    fn number(&mut self, gt: u32, track: u32) -> u32 {
        let met = &mut self.met[gt as usize];
        if let Some((_, pair)) = met.iter().rev().find(|(other, _)| *other == track) {
            return *pair;
        }
        met.push((track, self.count));
        self.count += 1;
        self.count - 1
    }
}

impl<P: Location> CameraOverlaps<P> {
    /// Lays out two sides that have the same frames. `identities` is how many dense ones there are on each side.
    pub(crate) fn new(
        name: &str,
        gt: RowsByFrame<P>,
        tracks: RowsByFrame<P>,
        identities: GtAndTracks<usize>,
        pairs: &mut Pairs,
    ) -> Self {
        let unique_gt = gt.without_duplicates(identities.gt);
        let unique_tracks = tracks.without_duplicates(identities.tracks);
        if unique_gt.is_none() && unique_tracks.is_none() {
            return Self::from_rows(name, gt, tracks, pairs);
        }
        let with_duplicates = Self::from_rows(name, gt, tracks, pairs);
        let gt = unique_gt.unwrap_or_else(|| with_duplicates.gt.clone());
        let tracks = unique_tracks.unwrap_or_else(|| with_duplicates.tracks.clone());
        Self { with_duplicates: Some(Box::new(with_duplicates)), ..Self::from_rows(name, gt, tracks, pairs) }
    }

    /// Finds all overlaps.
    fn from_rows(name: &str, gt: RowsByFrame<P>, tracks: RowsByFrame<P>, pairs: &mut Pairs) -> Self {
        let mut overlap_starts = vec![0];
        let mut overlaps: Vec<Overlap> = Vec::with_capacity(gt.len());
        let mut disjoint = Vec::with_capacity(gt.frames());
        let mut met = Vec::new();
        for frame in 0..gt.frames() {
            let (gt_people, tracked) = (gt.people(frame), tracks.people(frame));
            let mut is_disjoint = true;
            met.clear();
            met.resize(tracked.ids.len(), false);
            for (row, location) in gt_people.locations.iter().enumerate() {
                let before = overlaps.len();
                for (column, other) in tracked.locations.iter().enumerate() {
                    let similarity = location.similarity(other);
                    if similarity > 0.0 {
                        let pair = pairs.number(gt_people.ids[row], tracked.ids[column]);
                        overlaps.push(Overlap { gt: row as u32, track: column as u32, pair, similarity });
                        is_disjoint &= !std::mem::replace(&mut met[column], true);
                    }
                }
                is_disjoint &= overlaps.len() <= before + 1;
            }
            overlap_starts.push(overlaps.len() as u32);
            disjoint.push(is_disjoint);
        }
        Self { name: name.to_owned(), gt, tracks, with_duplicates: None, overlap_starts, overlaps, disjoint }
    }

    /// The same camera with all rows of its files.
    pub(crate) fn with_duplicates(&self) -> &Self {
        self.with_duplicates.as_deref().unwrap_or(self)
    }

    pub(crate) fn frame(&self, frame: usize) -> FrameOverlaps<'_, P> {
        let range = self.overlap_starts[frame] as usize..self.overlap_starts[frame + 1] as usize;
        FrameOverlaps {
            gt: self.gt.people(frame),
            tracks: self.tracks.people(frame),
            overlaps: &self.overlaps[range],
            disjoint: self.disjoint[frame],
        }
    }

    /// How many rows repeat the identity of another row in their frame.
    pub(crate) fn duplicates(&self) -> GtAndTracks<usize> {
        let with_duplicates = self.with_duplicates();
        GtAndTracks {
            gt: with_duplicates.gt.len() - self.gt.len(),
            tracks: with_duplicates.tracks.len() - self.tracks.len(),
        }
    }
}
