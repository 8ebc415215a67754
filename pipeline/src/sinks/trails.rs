//! Where everybody was in the last timesteps.

use std::collections::{BTreeMap, VecDeque};

use mvmhat_scene::{FrameIndex, PersonId};

/// The way of every person over the last timesteps, as points of any kind: pixels of an image, metres on the ground.
#[derive(Clone, Debug)]
pub(crate) struct Trails<P> {
    timesteps: u64,
    ways: BTreeMap<PersonId, VecDeque<(FrameIndex, P)>>,
}

impl<P: Copy> Trails<P> {
    /// Trails over `timesteps` timesteps of the clock; 0: none at all.
    pub(crate) fn new(timesteps: usize) -> Self {
        Self { timesteps: timesteps as u64, ways: BTreeMap::new() }
    }

    /// Adds where everybody is at timestep `now` and forgets what is too long ago.
    pub(crate) fn extend(&mut self, now: FrameIndex, points: impl IntoIterator<Item = (PersonId, P)>) {
        if self.timesteps == 0 {
            return;
        }
        for (person, point) in points {
            self.ways.entry(person).or_default().push_back((now, point));
        }
        self.ways.retain(|_, way| {
            while way.front().is_some_and(|(then, _)| then.0 + self.timesteps < now.0) {
                way.pop_front();
            }
            !way.is_empty()
        });
    }

    /// Everybody with a way to show, in the order of identities: two points and more, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PersonId, impl Iterator<Item = P>)> {
        let ways = self.ways.iter().filter(|(_, way)| way.len() > 1);
        ways.map(|(person, way)| (*person, way.iter().map(|(_, point)| *point)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(trails: &Trails<u8>) -> Vec<(u32, Vec<u8>)> {
        trails.iter().map(|(person, way)| (person.0, way.collect())).collect()
    }

    #[test]
    fn a_trail_goes_back_so_far_and_no_further() {
        let mut trails = Trails::new(2);
        for i in 0..5 {
            trails.extend(FrameIndex(i), [(PersonId(7), i as u8)]);
        }
        assert_eq!(shown(&trails), [(7, vec![2, 3, 4])]);
        trails.extend(FrameIndex(6), []);
        assert_eq!(shown(&trails), [], "one point is no way");
        trails.extend(FrameIndex(9), []);
        assert!(trails.ways.is_empty(), "who left long ago costs no memory");
    }

    #[test]
    fn no_trails_where_none_are_wanted() {
        let mut trails = Trails::new(0);
        trails.extend(FrameIndex(1), [(PersonId(1), 0)]);
        trails.extend(FrameIndex(1), [(PersonId(1), 1)]);
        assert_eq!(shown(&trails), []);
    }
}
