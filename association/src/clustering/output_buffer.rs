//! The output buffer: timesteps that are tracked but not yet emitted (fixed-lag output).
//!
//! Boxes are buffered by tracklet, not by person. The identity of a tracklet is looked up when its boxes are emitted, so
//! whatever was decided in the meantime (a merge, a split, a tracklet that was confirmed later) still counts. Without lag a
//! box is emitted at the timestep it comes in; offline, at the end of the sequence.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mvmhat_scene::{BBox, FrameSet, PersonId, TrackedBox};

use super::detections_to_tracklets::TrackletId;

/// A box of a tracklet at one timestep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TrackletBox {
    pub(crate) tracklet: TrackletId,
    pub(crate) bbox: BBox,
    pub(crate) score: f32,
    /// Whether there is a detection behind it; else it is predicted or interpolated.
    pub(crate) detected: bool,
}

/// Timesteps that are not yet emitted, in order.
#[derive(Debug, Default)]
pub(crate) struct OutputBuffer {
    timesteps: VecDeque<FrameSet<Vec<TrackletBox>>>,
}

impl OutputBuffer {
    /// Adds the newest timestep.
    pub(crate) fn push(&mut self, timestep: FrameSet<Vec<TrackletBox>>) {
        self.timesteps.push_back(timestep);
    }

    /// Number of buffered timesteps.
    pub(crate) fn len(&self) -> usize {
        self.timesteps.len()
    }

    /// The tracklets of all buffered boxes.
    pub(crate) fn tracklets(&self) -> BTreeSet<TrackletId> {
        let views = self.timesteps.iter().flat_map(|timestep| timestep.present());
        views.flat_map(|(_, view)| &view.content).map(|b| b.tracklet).collect()
    }

    /// Emits the oldest timestep with the identities in `person_of`; boxes of tracklets without an identity are dropped.
    ///
    /// Gap interpolation: a person who is not detected for up to `max_gap` timesteps, and is again within the buffer, gets
    /// boxes in a straight line in between, in place of predicted ones.
    pub(crate) fn emit(
        &mut self,
        person_of: &BTreeMap<TrackletId, PersonId>,
        max_gap: usize,
    ) -> Option<FrameSet<Vec<TrackedBox>>> {
        if max_gap > 0 {
            self.interpolate_gaps(person_of, max_gap);
        }
        let identify = |b: TrackletBox| {
            let person = *person_of.get(&b.tracklet)?;
            b.bbox.is_valid().then_some((b.detected, TrackedBox { person, bbox: b.bbox, score: b.score }))
        };
        Some(self.timesteps.pop_front()?.map(|_, boxes| {
            let mut boxes: Vec<_> = boxes.into_iter().filter_map(identify).collect();
            // Where one tracklet of a person is predicted while another one already continues it, the detection counts.
            boxes.sort_by_key(|(detected, b)| (b.person, !detected));
            boxes.dedup_by_key(|(_, b)| b.person);
            boxes.into_iter().map(|(_, b)| b).collect()
        }))
    }

    /// Fills the gaps that begin after the oldest timestep.
    fn interpolate_gaps(&mut self, person_of: &BTreeMap<TrackletId, PersonId>, max_gap: usize) {
        let Some(oldest) = self.timesteps.front() else { return };
        let last_detected: Vec<(usize, TrackletBox)> = oldest
            .present()
            .flat_map(|(camera, view)| view.content.iter().map(move |b| (camera.index(), *b)))
            .filter(|(_, b)| b.detected)
            .collect();
        for (camera, from) in last_detected {
            let Some(person) = person_of.get(&from.tracklet) else { continue };
            let same = |b: &&TrackletBox| b.detected && person_of.get(&b.tracklet) == Some(person);
            let again = (1..self.timesteps.len().min(max_gap + 2)).find_map(|later| {
                let view = self.timesteps[later].views.get(camera)?.as_ref()?;
                Some((later, *view.content.iter().find(same)?))
            });
            let Some((end, to)) = again.filter(|(end, _)| *end > 1) else { continue };
            for step in 1..end {
                let Some(Some(view)) = self.timesteps[step].views.get_mut(camera) else { continue };
                let fraction = step as f64 / end as f64;
                let between = TrackletBox {
                    tracklet: from.tracklet,
                    bbox: interpolate_box(&from.bbox, &to.bbox, fraction),
                    score: from.score.min(to.score),
                    detected: false,
                };
                view.content.retain(|b| person_of.get(&b.tracklet) != Some(person));
                view.content.push(between);
            }
        }
    }
}

/// The box at `fraction` of the way from one to the other.
fn interpolate_box(from: &BBox, to: &BBox, fraction: f64) -> BBox {
    let between = |a: f64, b: f64| a + fraction * (b - a);
    BBox::new(between(from.x, to.x), between(from.y, to.y), between(from.w, to.w), between(from.h, to.h))
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{FrameIndex, FrameNumber, ViewFrame};

    use super::*;

    /// Tracklet, left edge, whether it is detected.
    type Given = (u64, f64, bool);

    /// A timestep of one camera.
    fn timestep(boxes: &[Given]) -> FrameSet<Vec<TrackletBox>> {
        let content = boxes.iter().map(|&(tracklet, x, detected)| TrackletBox {
            tracklet: TrackletId(tracklet),
            bbox: BBox::new(x, 0.0, 10.0, 20.0),
            score: 0.9,
            detected,
        });
        let view = ViewFrame { number: FrameNumber(1), content: content.collect() };
        FrameSet { index: FrameIndex(0), seconds: 0.0, views: vec![Some(view)] }
    }

    /// The person and left edge of each box at each timestep, all of them emitted after the last has come.
    fn emitted(timesteps: &[&[Given]], person_of: &[(u64, u32)], max_gap: usize) -> Vec<Vec<(u32, f64)>> {
        let mut buffer = OutputBuffer::default();
        timesteps.iter().for_each(|boxes| buffer.push(timestep(boxes)));
        let person_of =
            person_of.iter().map(|&(tracklet, person)| (TrackletId(tracklet), PersonId(person))).collect();
        let mut emitted = Vec::new();
        while let Some(mut set) = buffer.emit(&person_of, max_gap) {
            let boxes = set.views.pop().flatten().map(|view| view.content).unwrap_or_default();
            emitted.push(boxes.iter().map(|b| (b.person.0, b.bbox.x)).collect());
        }
        emitted
    }

    #[test]
    fn a_tracklet_has_its_final_identity_and_one_without_is_dropped() {
        let timesteps: [&[_]; 2] = [&[(1, 0.0, true), (2, 50.0, true)], &[(1, 1.0, true)]];
        assert_eq!(emitted(&timesteps, &[(1, 7)], 0), [[(7, 0.0)], [(7, 1.0)]]);
    }

    #[test]
    fn nobody_has_two_boxes_at_once() {
        // The second tracklet continues the first at the very timestep at which that is only predicted.
        let timesteps: [&[_]; 2] = [&[(1, 0.0, true)], &[(1, 1.0, false), (2, 3.0, true)]];
        assert_eq!(emitted(&timesteps, &[(1, 7), (2, 7)], 0), [[(7, 0.0)], [(7, 3.0)]]);
    }

    #[test]
    fn a_gap_is_interpolated_also_between_tracklets_of_one_person() {
        let timesteps: [&[_]; 4] = [&[(1, 0.0, true)], &[(1, 9.0, false)], &[], &[(2, 30.0, true)]];
        let interpolated = vec![vec![(7, 0.0)], vec![(7, 10.0)], vec![(7, 20.0)], vec![(7, 30.0)]];
        assert_eq!(emitted(&timesteps, &[(1, 7), (2, 7)], 2), interpolated);
        let unchanged = vec![vec![(7, 0.0)], vec![(7, 9.0)], vec![], vec![(7, 30.0)]];
        assert_eq!(emitted(&timesteps, &[(1, 7), (2, 7)], 1), unchanged, "longer than allowed");
        let two_people = vec![vec![(7, 0.0)], vec![(7, 9.0)], vec![], vec![(8, 30.0)]];
        assert_eq!(emitted(&timesteps, &[(1, 7), (2, 8)], 2), two_people);
    }
}
