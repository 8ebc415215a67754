//! What has been seen and is not yet said: output that waits for better knowledge.
//!
//! Boxes wait here under the name of their tracklet, not of a person. Who a tracklet is gets looked up when its boxes are let
//! go, so whatever was learned in the meantime (a join, a split, a stranger who turned out to be a person at all) still
//! counts. With no delay a box is let go at the timestep it comes in; with the whole recording to wait for, at its end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mvmhat_scene::{BBox, FrameSet, PersonId, TrackedBox};

use super::tracklet::TrackletId;

/// A box of a tracklet at one timestep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TrackletBox {
    pub(crate) tracklet: TrackletId,
    pub(crate) bbox: BBox,
    pub(crate) score: f32,
    /// Whether there is a detection behind it; else it is where the person is believed to be.
    pub(crate) detected: bool,
}

/// Timesteps that are not yet said, in order.
#[derive(Debug, Default)]
pub(crate) struct HeldBack {
    timesteps: VecDeque<FrameSet<Vec<TrackletBox>>>,
}

impl HeldBack {
    pub(crate) fn push(&mut self, timestep: FrameSet<Vec<TrackletBox>>) {
        self.timesteps.push_back(timestep);
    }

    /// How many timesteps wait.
    pub(crate) fn len(&self) -> usize {
        self.timesteps.len()
    }

    /// The tracklets whose boxes wait.
    pub(crate) fn tracklets(&self) -> BTreeSet<TrackletId> {
        let views = self.timesteps.iter().flat_map(|timestep| timestep.present());
        views.flat_map(|(_, view)| &view.content).map(|b| b.tracklet).collect()
    }

    /// Lets the oldest timestep go, people named as `person_of` says; what is nobody is left out.
    ///
    /// A person who is not detected for up to `gap` timesteps, and is again before the last timestep that waits, is put where
    /// they must have walked, in a straight line. Boxes that were only believed in give way to that.
    pub(crate) fn pop(
        &mut self,
        person_of: &BTreeMap<TrackletId, PersonId>,
        gap: usize,
    ) -> Option<FrameSet<Vec<TrackedBox>>> {
        if gap > 0 {
            self.fill(person_of, gap);
        }
        let name = |b: TrackletBox| {
            let person = *person_of.get(&b.tracklet)?;
            b.bbox.is_valid().then_some((b.detected, TrackedBox { person, bbox: b.bbox, score: b.score }))
        };
        Some(self.timesteps.pop_front()?.map(|_, boxes| {
            let mut boxes: Vec<_> = boxes.into_iter().filter_map(name).collect();
            // Where a tracklet was believed to go on while another one already continued its person, the detection counts.
            boxes.sort_by_key(|(detected, b)| (b.person, !detected));
            boxes.dedup_by_key(|(_, b)| b.person);
            boxes.into_iter().map(|(_, b)| b).collect()
        }))
    }

    /// Fills the gaps that begin after the oldest timestep.
    fn fill(&mut self, person_of: &BTreeMap<TrackletId, PersonId>, gap: usize) {
        let Some(oldest) = self.timesteps.front() else { return };
        let last_detected: Vec<(usize, TrackletBox)> = oldest
            .present()
            .flat_map(|(camera, view)| view.content.iter().map(move |b| (camera.index(), *b)))
            .filter(|(_, b)| b.detected)
            .collect();
        for (camera, from) in last_detected {
            let Some(person) = person_of.get(&from.tracklet) else { continue };
            let same = |b: &&TrackletBox| b.detected && person_of.get(&b.tracklet) == Some(person);
            let again = (1..self.timesteps.len().min(gap + 2)).find_map(|later| {
                let view = self.timesteps[later].views.get(camera)?.as_ref()?;
                Some((later, *view.content.iter().find(same)?))
            });
            let Some((end, to)) = again.filter(|(end, _)| *end > 1) else { continue };
            for step in 1..end {
                let Some(Some(view)) = self.timesteps[step].views.get_mut(camera) else { continue };
                let share = step as f64 / end as f64;
                let between = TrackletBox {
                    tracklet: from.tracklet,
                    bbox: interpolate(&from.bbox, &to.bbox, share),
                    score: from.score.min(to.score),
                    detected: false,
                };
                view.content.retain(|b| person_of.get(&b.tracklet) != Some(person));
                view.content.push(between);
            }
        }
    }
}

/// The box `share` of the way from one to the other.
fn interpolate(from: &BBox, to: &BBox, share: f64) -> BBox {
    let between = |a: f64, b: f64| a + share * (b - a);
    BBox::new(between(from.x, to.x), between(from.y, to.y), between(from.w, to.w), between(from.h, to.h))
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{FrameIndex, FrameNumber, ViewFrame};

    use super::*;

    /// A timestep of one camera with boxes of tracklets at places, detected or believed in.
    fn timestep(boxes: &[(u64, f64, bool)]) -> FrameSet<Vec<TrackletBox>> {
        let content = boxes.iter().map(|&(tracklet, x, detected)| TrackletBox {
            tracklet: TrackletId(tracklet),
            bbox: BBox::new(x, 0.0, 10.0, 20.0),
            score: 0.9,
            detected,
        });
        let view = ViewFrame { number: FrameNumber(1), content: content.collect() };
        FrameSet { index: FrameIndex(0), seconds: 0.0, views: vec![Some(view)] }
    }

    /// Where each person is at each timestep, all of which wait until the last has come.
    fn said(timesteps: &[&[(u64, f64, bool)]], names: &[(u64, u32)], gap: usize) -> Vec<Vec<(u32, f64)>> {
        let mut held_back = HeldBack::default();
        timesteps.iter().for_each(|boxes| held_back.push(timestep(boxes)));
        let names =
            names.iter().map(|&(tracklet, person)| (TrackletId(tracklet), PersonId(person))).collect();
        let mut said = Vec::new();
        while let Some(mut set) = held_back.pop(&names, gap) {
            let boxes = set.views.pop().flatten().map(|view| view.content).unwrap_or_default();
            said.push(boxes.iter().map(|b| (b.person.0, b.bbox.x)).collect());
        }
        said
    }

    #[test]
    fn a_tracklet_is_who_it_turned_out_to_be_and_what_is_nobody_is_left_out() {
        let timesteps: [&[_]; 2] = [&[(1, 0.0, true), (2, 50.0, true)], &[(1, 1.0, true)]];
        assert_eq!(said(&timesteps, &[(1, 7)], 0), [[(7, 0.0)], [(7, 1.0)]]);
    }

    #[test]
    fn nobody_is_in_two_places_at_once() {
        // The second tracklet continues the first at the very timestep at which that is only believed in.
        let timesteps: [&[_]; 2] = [&[(1, 0.0, true)], &[(1, 1.0, false), (2, 3.0, true)]];
        assert_eq!(said(&timesteps, &[(1, 7), (2, 7)], 0), [[(7, 0.0)], [(7, 3.0)]]);
    }

    #[test]
    fn a_gap_is_filled_in_a_straight_line_also_between_tracklets_of_one_person() {
        let timesteps: [&[_]; 4] = [&[(1, 0.0, true)], &[(1, 9.0, false)], &[], &[(2, 30.0, true)]];
        let filled = vec![vec![(7, 0.0)], vec![(7, 10.0)], vec![(7, 20.0)], vec![(7, 30.0)]];
        assert_eq!(said(&timesteps, &[(1, 7), (2, 7)], 2), filled);
        let unfilled = vec![vec![(7, 0.0)], vec![(7, 9.0)], vec![], vec![(7, 30.0)]];
        assert_eq!(said(&timesteps, &[(1, 7), (2, 7)], 1), unfilled, "longer than allowed");
        let strangers = vec![vec![(7, 0.0)], vec![(7, 9.0)], vec![], vec![(8, 30.0)]];
        assert_eq!(said(&timesteps, &[(1, 7), (2, 8)], 2), strangers);
    }
}
