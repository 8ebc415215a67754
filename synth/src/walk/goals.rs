//! The goals of parties: when they rest, go on, join others, leave and come back.

use std::f32::consts::{PI, TAU};

use super::{Crowd, Goal, Walker};
use crate::solid::V2;

impl Crowd<'_> {
    /// Ends a goal of a party that is reached, and sets another.
    pub(super) fn decide(&mut self, index: usize, dt: f32) {
        let party = &mut self.parties[index];
        party.since += dt;
        match &mut party.goal {
            Goal::Stand { left } | Goal::Away { left } if *left > dt => *left -= dt,
            Goal::Walk => {
                let leader = &self.walkers[party.members[0]].now;
                if (leader.position - party.spot).norm() < 0.5 || party.since > 30.0 {
                    let left = if self.random.chance(0.7) { self.random.range(2.5, 9.0) } else { 0.0 };
                    party.goal = Goal::Stand { left };
                    party.spot = leader.position;
                    self.face(index);
                }
            }
            Goal::Leave => {
                for &member in &party.members {
                    let walker = &mut self.walkers[member];
                    walker.present &= (walker.now.position - party.spot).norm() > 0.7;
                }
                if party.members.iter().all(|&m| !self.walkers[m].present) {
                    party.goal = Goal::Away { left: self.random.range(1.5, 6.0) };
                }
            }
            Goal::Away { .. } => self.enter(index),
            Goal::Stand { .. } => self.depart(index),
        }
    }

    /// A party comes in through a door, its members beside each other.
    fn enter(&mut self, index: usize) {
        let gate = self.place.gates[self.random.below(self.place.gates.len())];
        let taken = |p: V2| self.walkers.iter().any(|w| w.present && (w.now.position - p).norm() < 0.6);
        // Two abreast, as the passage has room for.
        let slots = [V2::zeros(), V2::new(0.45, 0.45), V2::new(-0.45, -0.45)].map(|d| gate + d);
        let members = self.parties[index].members.clone();
        if slots.iter().take(members.len()).any(|&p| taken(p) || !self.plan.is_clear(p)) {
            self.parties[index].goal = Goal::Away { left: 0.5 };
            return;
        }
        for (member, slot) in members.into_iter().zip(slots) {
            let walker = &mut self.walkers[member];
            walker.present = true;
            walker.now.position = slot;
            walker.now.velocity = V2::zeros();
        }
        let spot = self.free_spot();
        self.set_out(index, Goal::Walk, spot);
    }

    /// After a rest: out of the place, to others who stand, or somewhere else.
    fn depart(&mut self, index: usize) {
        let chance = self.random.uniform_f32();
        if chance < 0.3 {
            let gate = self.random.below(self.gates.len());
            let way = self.gates[gate].clone();
            let spot = self.place.gates[gate];
            let party = &mut self.parties[index];
            (party.goal, party.spot, party.way, party.since) = (Goal::Leave, spot, way, 0.0);
            return;
        }
        let standing: Vec<V2> = self
            .parties
            .iter()
            .enumerate()
            .filter(|(i, p)| *i != index && matches!(p.goal, Goal::Stand { left } if left > 1.0))
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
        self.set_out(index, Goal::Walk, spot);
    }

    fn set_out(&mut self, index: usize, goal: Goal, spot: V2) {
        let way = self.plan.way(spot);
        let party = &mut self.parties[index];
        (party.goal, party.spot, party.way, party.since) = (goal, spot, way, 0.0);
    }

    /// Who stands looks at the others around, or anywhere.
    fn face(&mut self, index: usize) {
        let around = |p: V2, of: usize| {
            let near = |w: &&Walker| w.present && w.party != of && (w.now.position - p).norm() < 2.2;
            let others: Vec<V2> = self.walkers.iter().filter(near).map(|w| w.now.position).collect();
            (!others.is_empty()).then(|| others.iter().sum::<V2>() / others.len() as f32)
        };
        let spot = self.parties[index].spot;
        let others = around(spot, index);
        for member in self.parties[index].members.clone() {
            let alone = self.parties[index].members.len() == 1 && others.is_none();
            let away = self.random.range(-PI, PI);
            let walker = &mut self.walkers[member];
            walker.now.company = !alone;
            let to = others.unwrap_or(spot) - walker.now.position;
            walker.facing = if alone || to.norm() < 0.1 { away } else { to.y.atan2(to.x) };
        }
    }

    /// A position in the court that can be reached from the doors.
    pub(super) fn free_spot(&mut self) -> V2 {
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
