//! Who is where at every instant: parties of one to three walk to places, stand, meet others, leave and come back.
//!
//! Each person goes down the [`Way`] to the party's goal, a follower beside the leader, and steps aside for others.
//! Nobody ever comes nearer to a solid body than [`CLEARANCE`](crate::plan::CLEARANCE): a step that would is not taken.

use std::f32::consts::{PI, TAU};

use crate::place::Place;
use crate::plan::{Plan, Way};
use crate::random::Random;
use crate::solid::V2;

/// Seconds of walking before the first instant, so that a recording begins in the middle of things.
const WARM_UP: f32 = 25.0;
/// Fewest steps of the simulation a second.
const STEPS: f64 = 20.0;
/// How near the middles of two people come, in metres.
const APART: f32 = 0.42;
/// Metres of a double step at an ordinary pace.
const STRIDE: f32 = 1.42;

/// How one person is at one instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) place: V2,
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

impl Moment {
    /// A little later.
    pub(crate) fn after(self, seconds: f32) -> Self {
        let phase = self.phase + self.velocity.norm() * seconds / STRIDE;
        Self { place: self.place + self.velocity * seconds, phase, seconds: self.seconds + seconds, ..self }
    }
}

/// All people at all instants; `None` for who is away.
pub(crate) type Moments = Vec<Vec<Option<Moment>>>;

struct Walker {
    now: Moment,
    present: bool,
    pace: f32,
    facing: f32,
    party: usize,
    rank: usize,
    /// Seconds of getting nowhere.
    stuck: f32,
}

enum Errand {
    Walk,
    Stand { left: f32 },
    Leave,
    Away { left: f32 },
}

struct Party {
    members: Vec<usize>,
    errand: Errand,
    spot: V2,
    way: Way,
    /// Seconds since the errand began.
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

/// Lets so many people walk about for so many instants.
pub(crate) fn walk(place: &Place, plan: &Plan, people: usize, frames: u32, fps: f64, seed: u64) -> Moments {
    let substeps = (STEPS / fps).ceil().max(1.0);
    let step = (1.0 / (fps * substeps)) as f32;
    let mut crowd = Crowd::new(place, plan, people, seed);
    for _ in 0..(WARM_UP / step) as usize {
        crowd.step(step);
    }
    let mut moments = Moments::with_capacity(frames as usize);
    for _ in 0..frames {
        moments.push(crowd.walkers.iter().map(|w| w.present.then_some(w.now)).collect());
        (0..substeps as usize).for_each(|_| crowd.step(step));
    }
    moments
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
                let now = Moment {
                    place: spot,
                    velocity: V2::zeros(),
                    heading: random.range(-PI, PI),
                    phase: random.uniform(),
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
            let errand = Errand::Away { left: random.range(0.0, 8.0) };
            let members = (first..first + size).collect();
            crowd.parties.push(Party { members, errand, spot, way: plan.way(spot), since: 0.0 });
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

    /// Ends the errand of a party that is over, and begins another.
    fn decide(&mut self, index: usize, dt: f32) {
        let party = &mut self.parties[index];
        party.since += dt;
        match &mut party.errand {
            Errand::Stand { left } | Errand::Away { left } if *left > dt => *left -= dt,
            Errand::Walk => {
                let leader = &self.walkers[party.members[0]].now;
                if (leader.place - party.spot).norm() < 0.5 || party.since > 30.0 {
                    let left = if self.random.chance(0.7) { self.random.range(2.5, 9.0) } else { 0.0 };
                    party.errand = Errand::Stand { left };
                    party.spot = leader.place;
                    self.face(index);
                }
            }
            Errand::Leave => {
                for &member in &party.members {
                    let walker = &mut self.walkers[member];
                    walker.present &= (walker.now.place - party.spot).norm() > 0.7;
                }
                if party.members.iter().all(|&m| !self.walkers[m].present) {
                    party.errand = Errand::Away { left: self.random.range(1.5, 6.0) };
                }
            }
            Errand::Away { .. } => self.enter(index),
            Errand::Stand { .. } => self.depart(index),
        }
    }

    /// Somebody new in the door: members come one after the other.
    fn enter(&mut self, index: usize) {
        let gate = self.place.gates[self.random.below(self.place.gates.len())];
        let taken = |p: V2| self.walkers.iter().any(|w| w.present && (w.now.place - p).norm() < 0.6);
        // Two abreast, as the passage has room for.
        let slots = [V2::zeros(), V2::new(0.45, 0.45), V2::new(-0.45, -0.45)].map(|d| gate + d);
        let members = self.parties[index].members.clone();
        if slots.iter().take(members.len()).any(|&p| taken(p) || !self.plan.is_clear(p)) {
            self.parties[index].errand = Errand::Away { left: 0.5 };
            return;
        }
        for (member, slot) in members.into_iter().zip(slots) {
            let walker = &mut self.walkers[member];
            walker.present = true;
            walker.now.place = slot;
            walker.now.velocity = V2::zeros();
        }
        let spot = self.free_spot();
        self.set_out(index, Errand::Walk, spot);
    }

    /// After a rest: out of the place, to others who stand, or somewhere else.
    fn depart(&mut self, index: usize) {
        let chance = self.random.uniform();
        if chance < 0.3 {
            let gate = self.random.below(self.gates.len());
            let way = self.gates[gate].clone();
            let spot = self.place.gates[gate];
            let party = &mut self.parties[index];
            (party.errand, party.spot, party.way, party.since) = (Errand::Leave, spot, way, 0.0);
            return;
        }
        let standing: Vec<V2> = self
            .parties
            .iter()
            .enumerate()
            .filter(|(i, p)| *i != index && matches!(p.errand, Errand::Stand { left } if left > 1.0))
            .map(|(_, p)| p.spot)
            .collect();
        let mut spot = self.free_spot();
        if chance < 0.55 && !standing.is_empty() {
            let host = standing[self.random.below(standing.len())];
            let angle = self.random.range(0.0, TAU);
            let beside = host + V2::new(angle.cos(), angle.sin()) * 1.1;
            if self.plan.sees(host, beside) {
                spot = beside;
            }
        }
        self.set_out(index, Errand::Walk, spot);
    }

    fn set_out(&mut self, index: usize, errand: Errand, spot: V2) {
        let way = self.plan.way(spot);
        let party = &mut self.parties[index];
        (party.errand, party.spot, party.way, party.since) = (errand, spot, way, 0.0);
    }

    /// Who stands looks at the others around, or anywhere.
    fn face(&mut self, index: usize) {
        let around = |p: V2, of: usize| {
            let near = |w: &&Walker| w.present && w.party != of && (w.now.place - p).norm() < 2.2;
            let others: Vec<V2> = self.walkers.iter().filter(near).map(|w| w.now.place).collect();
            (!others.is_empty()).then(|| others.iter().sum::<V2>() / others.len() as f32)
        };
        let spot = self.parties[index].spot;
        let others = around(spot, index);
        for member in self.parties[index].members.clone() {
            let alone = self.parties[index].members.len() == 1 && others.is_none();
            let away = self.random.range(-PI, PI);
            let walker = &mut self.walkers[member];
            walker.now.company = !alone;
            let to = others.unwrap_or(spot) - walker.now.place;
            walker.facing = if alone || to.norm() < 0.1 { away } else { to.y.atan2(to.x) };
        }
    }

    /// How somebody wants to move.
    fn velocity(&mut self, index: usize) -> V2 {
        let walker = &self.walkers[index];
        let party = &self.parties[walker.party];
        let here = walker.now.place;
        let leader = &self.walkers[party.members[0]];
        let (target, own_way) = match party.errand {
            Errand::Stand { .. } => (party.spot + self.slot(walker), false),
            _ if walker.rank > 0 && leader.present => {
                let ahead = V2::new(leader.now.heading.cos(), leader.now.heading.sin());
                let side = V2::new(-ahead.y, ahead.x) * if walker.rank == 1 { 0.75 } else { -0.75 };
                (leader.now.place + side + ahead * 0.25, true)
            }
            _ => (party.spot, true),
        };
        let aim = if self.plan.sees(here, target) {
            target
        } else if own_way {
            self.plan.ahead(&party.way, here).unwrap_or(target)
        } else {
            here
        };
        let to = aim - here;
        let hurry = if walker.rank > 0 { (0.5 + to.norm()).min(1.35) } else { 1.0 };
        let standing = matches!(party.errand, Errand::Stand { .. });
        let slow = if standing || walker.rank > 0 { (to.norm() / 0.6).min(1.0) } else { 1.0 };
        let mut wanted = to.try_normalize(0.08).unwrap_or_default() * (walker.pace * hurry * slow);
        for (i, other) in self.walkers.iter().enumerate() {
            let apart = here - other.now.place;
            let distance = apart.norm();
            if i == index || !other.present || distance > 1.3 {
                continue;
            }
            let own = other.party == walker.party;
            let (reach, push) = if own { (0.6, 2.0) } else { (1.3, 1.1) };
            let calm = (1.6 - 0.6 * walker.stuck).clamp(0.1, 1.0);
            let strength = calm * push * (1.0 - distance / reach).max(0.0);
            let away = apart.try_normalize(1e-4).unwrap_or(V2::new(1.0, 0.0));
            // Everybody steps aside to the right, so that nobody dances in front of another.
            let meets = wanted.dot(&away) < 0.0;
            let aside = if meets && !own { V2::new(away.y, -away.x) * -0.9 } else { V2::zeros() };
            wanted += (away + aside) * strength;
        }
        let top = walker.pace * 1.4;
        if wanted.norm() > top { wanted * (top / wanted.norm()) } else { wanted }
    }

    /// Where somebody stands in the ring of a party.
    fn slot(&self, walker: &Walker) -> V2 {
        let size = self.parties[walker.party].members.len();
        if size == 1 {
            return V2::zeros();
        }
        let angle = TAU * walker.rank as f32 / size as f32 + walker.party as f32;
        V2::new(angle.cos(), angle.sin()) * if size == 2 { 0.45 } else { 0.55 }
    }

    fn advance(&mut self, index: usize, wanted: V2, dt: f32) {
        let walker = &self.walkers[index];
        let (mut now, mut stuck) = (walker.now, walker.stuck);
        now.seconds += dt;
        if walker.present {
            now.velocity += (wanted - now.velocity) * (4.5 * dt).min(1.0);
            // Who gets nowhere squeezes past, as in a door that others come through.
            let apart = APART * (1.6 - 0.6 * walker.stuck).clamp(0.4, 1.0);
            let free = |p: V2| {
                let near = |(i, w): (usize, &Walker)| {
                    // Who is too near already may go apart.
                    let (before, after) = ((w.now.place - now.place).norm(), (w.now.place - p).norm());
                    i != index && w.present && after < apart && after < before
                };
                self.plan.is_clear(p) && !self.walkers.iter().enumerate().any(near)
            };
            let step = now.velocity * dt;
            // Along a wall if not through it.
            let ways = [step, V2::new(step.x, 0.0), V2::new(0.0, step.y)];
            let taken = ways.into_iter().find(|s| free(now.place + s)).unwrap_or_default();
            now.velocity = taken / dt;
            now.place += taken;
            let stands = matches!(self.parties[walker.party].errand, Errand::Stand { .. });
            stuck =
                if !stands && taken.norm() < 0.25 * dt { stuck + dt } else { (stuck - dt).clamp(0.0, 3.0) };
        }
        let speed = now.velocity.norm();
        let (aim, turn) = if speed > 0.3 {
            (now.velocity.y.atan2(now.velocity.x), 5.0)
        } else {
            let standing = matches!(self.parties[walker.party].errand, Errand::Stand { .. });
            (if standing { self.facing(walker) } else { now.heading }, 2.5)
        };
        let off = (aim - now.heading + PI).rem_euclid(TAU) - PI;
        now.heading += off * (turn * dt).min(1.0);
        now.phase += speed * dt / STRIDE;
        let stride = if speed > 0.15 { (0.45 + 0.42 * speed).min(1.1) } else { 0.0 };
        now.stride += (stride - now.stride) * (6.0 * dt).min(1.0);
        (self.walkers[index].now, self.walkers[index].stuck) = (now, stuck);
    }

    /// Members of a party look at its middle, others where they decided to.
    fn facing(&self, walker: &Walker) -> f32 {
        let party = &self.parties[walker.party];
        let to = party.spot - walker.now.place;
        if party.members.len() > 1 && to.norm() > 0.2 { to.y.atan2(to.x) } else { walker.facing }
    }

    /// Somewhere in the court that one gets to from the doors.
    fn free_spot(&mut self) -> V2 {
        for _ in 0..200 {
            let reach = self.place.half - V2::new(1.2, 1.2);
            let (x, y) = (self.random.range(-1.0, 1.0), self.random.range(-1.0, 1.0));
            let spot = V2::new(x * reach.x, y * reach.y);
            let reached = self.gates.iter().all(|gate| self.plan.reaches(gate, spot));
            if reached && self.plan.is_clear(spot) {
                return spot;
            }
        }
        V2::zeros()
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
            let moments = walk(&place, &plan, 9, 1500, 25.0, seed as u64);
            let solids: Vec<_> = place.solids.iter().chain(&place.occluders).collect();
            let mut walked = [0.0; 9];
            for (i, instant) in moments.iter().enumerate() {
                for (person, moment) in instant.iter().enumerate() {
                    let Some(moment) = moment else { continue };
                    let near = solids.iter().filter_map(|s| s.clearance(moment.place));
                    let near = near.fold(f32::INFINITY, f32::min);
                    assert!(near >= CLEARANCE, "{kind:?}, instant {i}, person {person}: {near} m");
                    walked[person] += moment.velocity.norm() / 25.0;
                }
            }
            assert!(walked.iter().all(|&metres| metres > 8.0), "{kind:?}: {walked:?}");
        }
    }

    #[test]
    fn people_leave_and_come_back() {
        let place = Place::new(PlaceKind::Plaza, 3);
        let plan = Plan::new(&place);
        let moments = walk(&place, &plan, 8, 3000, 25.0, 3);
        let came_back = |person: usize| {
            let here: Vec<bool> = moments.iter().map(|m| m[person].is_some()).collect();
            let left = here.windows(2).position(|w| w[0] && !w[1]);
            left.is_some_and(|at| here[at + 1..].contains(&true))
        };
        assert!((0..8).filter(|&p| came_back(p)).count() >= 4);
        let here = moments.iter().flatten().flatten().count() as f64 / (8.0 * 3000.0);
        assert!((0.5..0.98).contains(&here), "here for {here} of the time");
    }
}
