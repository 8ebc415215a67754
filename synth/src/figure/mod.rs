//! The surfaces of a person who stands or walks: bodies, clothes, hair and bags around a skeleton.
//!
//! Proportions are fractions of the height, after Winter, *Biomechanics and Motor Control of Human Movement*, 2009, fig. 4.1.

mod headwear;

use nalgebra::Rotation3;

use crate::clothing::{Bag, Bottom, Top};
use crate::loft::{Patch, Ring, V3, ball, loft, ring_across, v3};
use crate::person::{Part, Person};
use crate::skeleton::{Axes, Skeleton};
use crate::walk::PersonState;

/// All surfaces of a person at a moment, in the world; their normals are not found yet.
pub(crate) fn figure(person: &Person, state: &PersonState) -> Vec<Patch> {
    let walking = person.manner.walking(state.phase, state.stride.max(0.01));
    let standing = person.manner.standing(state.seconds, state.company);
    let angles = standing.mixed(walking, (state.stride / 0.5).min(1.0));
    let skeleton = Skeleton::new(&person.body, &angles);
    let mut tailor = Tailor { person, s: &skeleton, h: person.body.height, patches: Vec::with_capacity(24) };
    tailor.dress();
    let turn = Rotation3::from_axis_angle(&V3::z_axis(), state.heading);
    let shift = v3(state.position.x, state.position.y, 0.0);
    for patch in &mut tailor.patches {
        patch.points.iter_mut().for_each(|p| *p = turn * *p + shift);
    }
    tailor.patches
}

struct Tailor<'a> {
    person: &'a Person,
    s: &'a Skeleton,
    h: f32,
    patches: Vec<Patch>,
}

impl Tailor<'_> {
    fn dress(&mut self) {
        self.trunk();
        (0..2).for_each(|side| self.leg(side));
        (0..2).for_each(|side| self.arm(side));
        if let Bottom::Skirt { length, .. } = self.person.clothing.bottom {
            self.hanging(length, 1.0, Part::Skirt);
        }
        if let Top::Coat { length } = self.person.clothing.top {
            self.hanging(0.5 * length, 1.12, Part::Coat);
        }
        self.head();
        self.hair();
        self.hat();
        self.bag();
    }

    fn put(&mut self, rings: &[Ring], segments: usize, part: Part) {
        self.patches.push(loft(rings, segments, 0.0, part as usize));
    }

    /// Half the width of the trunk at a fraction of its length, in front and to the side.
    fn trunk_radii(&self, fraction: f32) -> (f32, f32) {
        let body = &self.person.body;
        // Fraction of the length, front radius, side radius, as fractions of the height.
        const SHAPE: [(f32, f32, f32); 9] = [
            (-0.22, 0.040, 0.070),
            (-0.10, 0.064, 0.096),
            (0.05, 0.066, 0.095),
            (0.33, 0.060, 0.080),
            (0.58, 0.064, 0.086),
            (0.78, 0.068, 0.098),
            (0.92, 0.055, 0.100),
            (0.99, 0.042, 0.066),
            (1.06, 0.034, 0.036),
        ];
        let next = SHAPE.iter().position(|s| s.0 >= fraction).unwrap_or(SHAPE.len() - 1).max(1);
        let (a, b) = (SHAPE[next - 1], SHAPE[next]);
        let t = ((fraction - a.0) / (b.0 - a.0)).clamp(0.0, 1.0);
        let bell = |at: f32, width: f32| (-((fraction - at) / width).powi(2)).exp();
        let belly = 1.0 + (body.belly - 1.0) * bell(0.3, 0.3);
        // Shoulders and hips are as wide as the skeleton.
        let wide = 1.0
            + (body.shoulders / (0.206 * self.h) - 1.0) * bell(0.85, 0.25) * 1.5
            + (body.hips / (0.104 * self.h) - 1.0) * bell(0.0, 0.25) * 1.5;
        let neck = if fraction > 1.0 { 1.0 } else { body.girth };
        let front = (a.1 + (b.1 - a.1) * t) * belly + 0.012 * body.bust * bell(0.72, 0.13);
        (front * self.h * neck, (a.2 + (b.2 - a.2) * t) * (0.4 + 0.6 * belly) * wide * self.h * neck)
    }

    fn trunk_ring(&self, fraction: f32, loose: f32) -> Ring {
        let length = (self.s.neck - self.s.pelvis).norm();
        let (front, side) = self.trunk_radii(fraction);
        let bend = fraction.clamp(0.0, 1.0);
        let left = (V3::y() * (1.0 - bend) + self.s.chest.left * bend).normalize();
        let up = (V3::z() * (1.0 - bend) + self.s.chest.up * bend).normalize();
        let ahead = left.cross(&up);
        // The back is straighter than the front.
        let bulge = (front - 0.06 * self.h * self.person.body.girth).max(0.0) * 0.7;
        Ring {
            center: self.s.pelvis + up * (length * fraction) + ahead * bulge,
            front: ahead * front * loose,
            side: left * side * loose,
        }
    }

    fn trunk(&mut self) {
        let (hem, loose) = match self.person.clothing.top {
            Top::Shirt { .. } => (-0.12, 1.06),
            Top::Jacket | Top::Hoodie => (-0.16, 1.16),
            Top::Coat { .. } => (-0.2, 1.16),
        };
        let hips = [-0.3, -0.22, -0.1, 0.05, 0.16].map(|fraction| self.trunk_ring(fraction, 1.02));
        self.put(&hips, 12, Part::Hip);
        let fractions = [hem, 0.02, 0.2, 0.36, 0.52, 0.66, 0.78, 0.88, 0.94, 0.99, 1.03];
        let rings = fractions.map(|fraction| {
            let tight: f32 = if fraction > 0.9 { 1.0 + (loose - 1.0) * 0.5 } else { loose };
            self.trunk_ring(fraction, tight)
        });
        self.put(&rings, 16, Part::Trunk);
        let up = self.s.chest.up;
        let (neck, chin) = (self.s.neck - up * 0.01 * self.h, self.s.neck + up * 0.06 * self.h);
        let ring = |center| ring_across(center, up, self.s.chest.left, -0.033 * self.h, 0.033 * self.h);
        self.put(&[ring(neck), ring(chin)], 8, Part::Skin);
        if self.person.clothing.top == Top::Hoodie {
            let Axes { front, left, up } = self.s.chest;
            let at = self.s.neck - front * (0.045 * self.h) - up * (0.01 * self.h);
            let (a, b, c) = (front * 0.03 * self.h, left * 0.062 * self.h, up * 0.035 * self.h);
            self.patches.push(ball(at, a, b, c, Part::Arm as usize));
        }
    }

    fn leg(&mut self, side: usize) {
        let (s, h) = (self.s, self.h);
        let loose = match self.person.clothing.bottom {
            Bottom::Trousers { loose } => [loose.min(1.15), loose],
            Bottom::Shorts => [1.28, 1.0],
            Bottom::Skirt { .. } => [1.0, 1.0],
        };
        let (hip, knee, ankle) = (s.hips[side], s.knees[side], s.ankles[side]);
        // Fraction of the way from hip to knee to ankle, and radius as a fraction of the height.
        let shape = [
            (-0.08, 0.047),
            (0.15, 0.054),
            (0.5, 0.046),
            (0.85, 0.036),
            (1.0, 0.034),
            (1.3, 0.035),
            (1.65, 0.028),
            (2.02, 0.023),
        ];
        let girth = 0.4 + 0.6 * self.person.body.girth;
        let shorts = self.person.clothing.bottom == Bottom::Shorts;
        let rings = shape.map(|(at, radius)| {
            let (from, to, t) = if at < 1.0 { (hip, knee, at) } else { (knee, ankle, at - 1.0) };
            let below: f32 = if at > 0.7 { loose[1] } else { loose[0] };
            let flare = if !shorts && at > 1.2 { 1.0 + (below - 1.0) * 1.6 } else { below };
            let back = if (1.2..1.5).contains(&at) { -0.008 * h } else { 0.0 };
            let radius = radius * h * girth * flare;
            ring_across(from + (to - from) * t + V3::x() * back, ankle - hip, V3::y(), radius * 1.04, radius)
        });
        self.put(&rings, 10, Part::Leg);
        let ahead = s.feet[side];
        let left = V3::z().cross(&ahead).normalize();
        let up = ahead.cross(&left);
        let center = ankle + ahead * 0.028 * h - up * 0.021 * h;
        let shoe = ball(center, ahead * 0.077 * h, left * 0.028 * h, up * 0.026 * h, Part::Shoe as usize);
        self.patches.push(shoe);
    }

    fn arm(&mut self, side: usize) {
        let (s, h) = (self.s, self.h);
        let o = &self.person.clothing;
        let thick = match o.top {
            Top::Shirt { .. } => 1.06,
            _ => 1.3,
        } * (0.5 + 0.5 * self.person.body.girth);
        let (shoulder, elbow, wrist) = (s.shoulders[side], s.elbows[side], s.wrists[side]);
        let shape = [
            (-0.12, 0.018),
            (0.0, 0.031),
            (0.2, 0.031),
            (0.6, 0.027),
            (1.0, 0.024),
            (1.35, 0.023),
            (2.0, 0.015),
        ];
        let (upper, lower) = ((elbow - shoulder).normalize(), (wrist - elbow).normalize());
        let rings = shape.map(|(at, radius)| {
            let (from, to, t) = if at < 1.0 { (shoulder, elbow, at) } else { (elbow, wrist, at - 1.0) };
            let bend = ((at - 0.7_f32) / 0.6).clamp(0.0, 1.0);
            let direction = upper * (1.0 - bend) + lower * bend;
            ring_across(
                from + (to - from) * t,
                direction,
                s.chest.left,
                radius * h * thick,
                radius * h * thick,
            )
        });
        self.put(&rings, 8, Part::Arm);
        let left = lower.cross(&s.chest.front).try_normalize(1e-3).unwrap_or(V3::y());
        let thumb = lower.cross(&left);
        let center = wrist + lower * (0.035 * h);
        let hand =
            ball(center, lower * (0.05 * h), left * (0.015 * h), thumb * (0.024 * h), Part::Skin as usize);
        self.patches.push(hand);
    }

    /// Cloth that hangs around both legs down to a fraction of them.
    fn hanging(&mut self, length: f32, loose: f32, part: Part) {
        let (s, h) = (self.s, self.h);
        let at = |side: usize, fraction: f32| {
            let (hip, knee, ankle) = (s.hips[side], s.knees[side], s.ankles[side]);
            if fraction < 0.5 {
                hip + (knee - hip) * (2.0 * fraction)
            } else {
                knee + (ankle - knee) * (2.0 * fraction - 1.0)
            }
        };
        let ring = |i: usize| {
            let fraction = length * i as f32 / 4.0;
            let (a, b) = (at(0, fraction), at(1, fraction));
            let around = (0.062 + 0.02 * fraction) * h * loose * self.person.body.girth;
            let center = (a + b) * 0.5;
            let front = 0.5 * (a.x - b.x).abs() + around;
            let side = 0.5 * (a.y - b.y).abs() + around;
            Ring {
                center: v3(center.x, center.y, a.z.max(b.z)),
                front: V3::x() * front,
                side: V3::y() * side,
            }
        };
        let mut rings = vec![self.trunk_ring(0.16, 1.04 * loose)];
        rings.extend((0..5).map(ring));
        self.put(&rings, 16, part);
    }

    fn bag(&mut self) {
        let (s, h) = (self.s, self.h);
        let Axes { front, left, up } = s.chest;
        // A box with round edges, from its lower to its upper end.
        let case = |low: V3, high: V3, ahead: V3, side: V3| {
            let ring = |t: f32, size: f32| Ring {
                center: low + (high - low) * t,
                front: ahead * size,
                side: side * size,
            };
            let rings = [ring(0.0, 0.3), ring(0.03, 0.92), ring(0.5, 1.0), ring(0.9, 0.95), ring(1.0, 0.4)];
            loft(&rings, 12, 0.7, Part::Bag as usize)
        };
        let patch = match self.person.clothing.bag {
            Bag::None => return,
            Bag::Backpack => {
                let (depth, _) = self.trunk_radii(0.7);
                let at = s.pelvis - front * (depth * 1.1 + 0.042 * h);
                case(at + up * (0.07 * h), at + up * (0.285 * h), -front * (0.05 * h), left * (0.082 * h))
            }
            Bag::Shoulder => {
                let at = s.pelvis + left * (0.125 * h) - front * (0.01 * h);
                case(at - up * (0.09 * h), at + up * (0.05 * h), front * (0.085 * h), left * (0.035 * h))
            }
            Bag::Hand => {
                let at = s.wrists[1] - V3::z() * (0.06 * h);
                case(at - V3::z() * (0.15 * h), at, V3::x() * (0.085 * h), V3::y() * (0.03 * h))
            }
        };
        self.patches.push(patch);
    }
}
