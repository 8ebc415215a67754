//! Who is where at every timestep: parties of one to three walk about, stand, join others, leave and come back.
//!
//! Each person goes down the [`Way`] to where the party wants to be, a follower beside the leader, and steps aside for
//! others. Nobody ever comes nearer to a solid body than [`CLEARANCE`](crate::plan::CLEARANCE): a step that would is not
//! taken.

mod goals;
mod steps;

use std::f32::consts::PI;

use crate::place::Place;
use crate::plan::{Plan, Way};
use crate::solid::V2;
use mvmhat_random::Random;

/// Seconds of walking before the first timestep, so that people are under way when a sequence begins.
const WARM_UP: f32 = 25.0;
/// Fewest steps of the simulation per second.
const STEPS: f64 = 20.0;
/// How near the middles of two people come, in metres.
const APART: f32 = 0.42;
/// Metres per double step at an ordinary pace.
const STRIDE: f32 = 1.42;

/// The state of one person at one timestep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PersonState {
    pub(crate) position: V2,
    pub(crate) velocity: V2,
    /// Where the body faces, in radians from the x axis.
    pub(crate) heading: f32,
    /// Double steps walked so far.
    pub(crate) phase: f32,
    /// Seconds since the beginning.
    pub(crate) seconds: f32,
    /// 0 standing, 1 walking.
    pub(crate) stride: f32,
    /// Whether somebody is there to talk to.
    pub(crate) company: bool,
}

impl PersonState {
    /// A little later.
    pub(crate) fn advanced_by(self, seconds: f32) -> Self {
        let phase = self.phase + self.velocity.norm() * seconds / STRIDE;
        Self {
            position: self.position + self.velocity * seconds,
            phase,
            seconds: self.seconds + seconds,
            ..self
        }
    }
}

/// All people at all timesteps; `None` for those who are away.
pub(crate) type PersonStates = Vec<Vec<Option<PersonState>>>;

struct Walker {
    now: PersonState,
    present: bool,
    pace: f32,
    facing: f32,
    party: usize,
    rank: usize,
    /// Seconds of getting nowhere.
    stuck: f32,
}

/// What a party wants; `left` is in seconds.
enum Goal {
    Walk,
    Stand { left: f32 },
    Leave,
    Away { left: f32 },
}

struct Party {
    members: Vec<usize>,
    goal: Goal,
    spot: V2,
    way: Way,
    /// Seconds since the goal was set.
    since: f32,
}

struct Crowd<'a> {
    plan: &'a Plan,
    place: &'a Place,
    gates: Vec<Way>,
    walkers: Vec<Walker>,
    parties: Vec<Party>,
    random: Random,
}

/// Lets so many people walk about for so many timesteps.
pub(crate) fn walk(
    place: &Place,
    plan: &Plan,
    people: usize,
    frames: u32,
    fps: f64,
    seed: u64,
) -> PersonStates {
    let substeps = (STEPS / fps).ceil().max(1.0);
    let step = (1.0 / (fps * substeps)) as f32;
    let mut crowd = Crowd::new(place, plan, people, seed);
    for _ in 0..(WARM_UP / step) as usize {
        crowd.step(step);
    }
    let mut states = PersonStates::with_capacity(frames as usize);
    for _ in 0..frames {
        states.push(crowd.walkers.iter().map(|w| w.present.then_some(w.now)).collect());
        (0..substeps as usize).for_each(|_| crowd.step(step));
    }
    states
}

impl<'a> Crowd<'a> {
    fn new(place: &'a Place, plan: &'a Plan, people: usize, seed: u64) -> Self {
        let mut random = Random::new(seed, "walk");
        let gates: Vec<Way> = place.gates.iter().map(|g| plan.way(*g)).collect();
        let mut crowd = Self {
            plan,
            place,
            gates,
            walkers: Vec::new(),
            parties: Vec::new(),
            random: Random::new(seed, "errands"),
        };
        while crowd.walkers.len() < people {
            let left = people - crowd.walkers.len();
            let size = random.pick(&[1, 1, 1, 2, 2, 3]).min(left);
            let spot = crowd.free_spot();
            let first = crowd.walkers.len();
            let pace = random.range(1.0, 1.45);
            for rank in 0..size {
                let now = PersonState {
                    position: spot,
                    velocity: V2::zeros(),
                    heading: random.range(-PI, PI),
                    phase: random.uniform_f32(),
                    seconds: 0.0,
                    stride: 0.0,
                    company: false,
                };
                let party = crowd.parties.len();
                crowd.walkers.push(Walker {
                    now,
                    present: false,
                    pace,
                    facing: 0.0,
                    party,
                    rank,
                    stuck: 0.0,
                });
            }
            let goal = Goal::Away { left: random.range(0.0, 8.0) };
            let members = (first..first + size).collect();
            crowd.parties.push(Party { members, goal, spot, way: plan.way(spot), since: 0.0 });
        }
        crowd
    }

    fn step(&mut self, dt: f32) {
        for party in 0..self.parties.len() {
            self.decide(party, dt);
        }
        let velocities: Vec<V2> = (0..self.walkers.len()).map(|i| self.velocity(i)).collect();
        for (i, wanted) in velocities.into_iter().enumerate() {
            self.advance(i, wanted, dt);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::PlaceKind;
    use crate::plan::CLEARANCE;

    #[test]
    fn nobody_walks_through_anything_and_everybody_moves() {
        for (seed, kind) in PlaceKind::ALL.into_iter().enumerate() {
            let place = Place::new(kind, seed as u64);
            let plan = Plan::new(&place);
            let states = walk(&place, &plan, 9, 1500, 25.0, seed as u64);
            let solids: Vec<_> = place.solids.iter().chain(&place.props).collect();
            let mut walked = [0.0; 9];
            for (i, timestep) in states.iter().enumerate() {
                for (person, state) in timestep.iter().enumerate() {
                    let Some(state) = state else { continue };
                    let near = solids.iter().filter_map(|s| s.clearance(state.position));
                    let near = near.fold(f32::INFINITY, f32::min);
                    assert!(near >= CLEARANCE, "{kind:?}, timestep {i}, person {person}: {near} m");
                    walked[person] += state.velocity.norm() / 25.0;
                }
            }
            assert!(walked.iter().all(|&metres| metres > 8.0), "{kind:?}: {walked:?}");
        }
    }

    #[test]
    fn people_leave_and_come_back() {
        let place = Place::new(PlaceKind::Plaza, 3);
        let plan = Plan::new(&place);
        let states = walk(&place, &plan, 8, 3000, 25.0, 3);
        let came_back = |person: usize| {
            let here: Vec<bool> = states.iter().map(|m| m[person].is_some()).collect();
            let left = here.windows(2).position(|w| w[0] && !w[1]);
            left.is_some_and(|at| here[at + 1..].contains(&true))
        };
        assert!((0..8).filter(|&p| came_back(p)).count() >= 4);
        let here = states.iter().flatten().flatten().count() as f64 / (8.0 * 3000.0);
        assert!((0.5..0.98).contains(&here), "here for {here} of the time");
    }
}
