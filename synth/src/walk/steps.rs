//! How each person moves: towards a goal, around others, never into anything.

use std::f32::consts::{PI, TAU};

use super::{APART, Crowd, Goal, STRIDE, Walker};
use crate::solid::V2;

impl Crowd<'_> {
    /// How somebody wants to move.
    pub(super) fn velocity(&mut self, index: usize) -> V2 {
        let walker = &self.walkers[index];
        let party = &self.parties[walker.party];
        let here = walker.now.position;
        let leader = &self.walkers[party.members[0]];
        let (target, own_way) = match party.goal {
            Goal::Stand { .. } => (party.spot + self.slot(walker), false),
            _ if walker.rank > 0 && leader.present => {
                let ahead = V2::new(leader.now.heading.cos(), leader.now.heading.sin());
                let side = V2::new(-ahead.y, ahead.x) * if walker.rank == 1 { 0.75 } else { -0.75 };
                (leader.now.position + side + ahead * 0.25, true)
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
        let standing = matches!(party.goal, Goal::Stand { .. });
        let slow = if standing || walker.rank > 0 { (to.norm() / 0.6).min(1.0) } else { 1.0 };
        let mut wanted = to.try_normalize(0.08).unwrap_or_default() * (walker.pace * hurry * slow);
        for (i, other) in self.walkers.iter().enumerate() {
            let apart = here - other.now.position;
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

    pub(super) fn advance(&mut self, index: usize, wanted: V2, dt: f32) {
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
                    let (before, after) =
                        ((w.now.position - now.position).norm(), (w.now.position - p).norm());
                    i != index && w.present && after < apart && after < before
                };
                self.plan.is_clear(p) && !self.walkers.iter().enumerate().any(near)
            };
            let step = now.velocity * dt;
            // Along a wall if not through it.
            let ways = [step, V2::new(step.x, 0.0), V2::new(0.0, step.y)];
            let taken = ways.into_iter().find(|s| free(now.position + s)).unwrap_or_default();
            now.velocity = taken / dt;
            now.position += taken;
            let stands = matches!(self.parties[walker.party].goal, Goal::Stand { .. });
            stuck =
                if !stands && taken.norm() < 0.25 * dt { stuck + dt } else { (stuck - dt).clamp(0.0, 3.0) };
        }
        let speed = now.velocity.norm();
        let (aim, turn) = if speed > 0.3 {
            (now.velocity.y.atan2(now.velocity.x), 5.0)
        } else {
            let standing = matches!(self.parties[walker.party].goal, Goal::Stand { .. });
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
        let to = party.spot - walker.now.position;
        if party.members.len() > 1 && to.norm() > 0.2 { to.y.atan2(to.x) } else { walker.facing }
    }
}
