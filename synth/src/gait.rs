//! How joints bend while a person walks or stands.
//!
//! Angles are in radians; hips, shoulders and elbows bend forwards, knees backwards. The curves follow those of clinical
//! gait analysis (Perry and Burnfield, *Gait Analysis*, 2010): the hip swings about 10 degrees of flexion, the knee gives
//! way a little under the load and bends by 60 degrees in swing, the heel strikes first and leaves first.

use std::f32::consts::TAU;

use mvmhat_random::Random;

/// All angles of a body; pairs are left and right.
#[derive(Clone, Copy, Default)]
pub(crate) struct Angles {
    pub(crate) hip: [f32; 2],
    pub(crate) knee: [f32; 2],
    /// Pitch of the foot against the ground, toes up.
    pub(crate) foot: [f32; 2],
    pub(crate) shoulder: [f32; 2],
    /// Upper arm away from the side.
    pub(crate) spread: [f32; 2],
    /// Elbow turned so that the forearm crosses the body.
    pub(crate) turn: [f32; 2],
    pub(crate) elbow: [f32; 2],
    /// Trunk forwards.
    pub(crate) lean: f32,
    /// Chest against pelvis.
    pub(crate) twist: f32,
    /// Pelvis to the side, and head to the side.
    pub(crate) sway: f32,
    pub(crate) look: f32,
    pub(crate) nod: f32,
}

/// What is personal about it.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    swing: f32,
    lean: f32,
    spread: f32,
    phase: f32,
    /// 0 to 4: arms hanging, crossed, looking at a phone, hands at the hips, one hand to the ear.
    stance: usize,
}

impl Manner {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            swing: random.range(0.6, 1.15),
            lean: random.range(0.0, 0.1),
            spread: random.range(0.1, 0.22),
            phase: random.range(0.0, TAU),
            stance: random.pick(&[0, 0, 0, 1, 2, 2, 3, 4]),
        }
    }

    /// Walking: `phase` counts double steps, `strength` is 1 at an ordinary pace.
    pub(crate) fn walking(&self, phase: f32, strength: f32) -> Angles {
        let mut angles = Angles { lean: self.lean + 0.03 * strength, ..Angles::default() };
        for side in 0..2 {
            let p = (phase + 0.5 * side as f32).rem_euclid(1.0);
            let cos = (TAU * p).cos();
            angles.hip[side] = (0.16 + 0.37 * cos) * strength;
            angles.knee[side] = 0.06 + strength * (0.24 * bump(p, 0.13, 0.07) + 1.0 * bump(p, 0.73, 0.105));
            angles.foot[side] = strength
                * (0.3 * bump(p, 0.0, 0.05) - 0.75 * bump(p, 0.62, 0.085) - 0.25 * bump(p, 0.75, 0.08));
            // Arms swing against the legs.
            angles.shoulder[side] = self.swing * strength * (0.02 - 0.38 * cos);
            angles.spread[side] = self.spread * 0.8;
            angles.turn[side] = 0.25;
            angles.elbow[side] = 0.25 + self.swing * strength * 0.25 * (1.0 - cos);
        }
        angles.twist = 0.1 * strength * self.swing * (TAU * phase).cos();
        angles.sway = 0.015 * (TAU * phase).sin();
        angles
    }

    /// Standing, after so many seconds; in company people use their hands and look about.
    pub(crate) fn standing(&self, seconds: f32, company: bool) -> Angles {
        let t = seconds + 7.0 * self.phase;
        let shift = (0.35 * t + self.phase).sin();
        let mut angles = Angles {
            lean: self.lean * 0.6 + 0.01 * (0.9 * t).sin(),
            sway: 0.03 * shift,
            look: 0.35 * (0.5 * t).sin() * (0.23 * t).cos(),
            spread: [self.spread; 2],
            turn: [0.3; 2],
            elbow: [0.2; 2],
            ..Angles::default()
        };
        // The leg that carries less is bent a little.
        let loose = usize::from(shift > 0.0);
        angles.hip[loose] = 0.12 * shift.abs();
        angles.knee[loose] = 0.22 * shift.abs();
        match self.stance {
            1 => {
                angles.shoulder = [0.35, 0.28];
                angles.turn = [1.35, 1.3];
                angles.elbow = [1.65, 1.75];
            }
            2 => {
                angles.shoulder[1] = 0.5;
                angles.turn[1] = 0.6;
                angles.elbow[1] = 1.75;
                angles.nod = 0.4;
                angles.look *= 0.2;
            }
            3 => {
                angles.spread = [0.55; 2];
                angles.shoulder = [-0.25; 2];
                angles.turn = [1.0; 2];
                angles.elbow = [1.35; 2];
            }
            4 => {
                angles.shoulder[0] = 0.7;
                angles.spread[0] = 0.5;
                angles.elbow[0] = 2.3;
                angles.turn[0] = 0.2;
            }
            _ => {}
        }
        if company && self.stance != 1 {
            let talk = (0.8 * t + self.phase).sin().max(0.0);
            angles.shoulder[1] += 0.35 * talk;
            angles.elbow[1] += talk * (0.7 + 0.3 * (5.0 * t).sin());
        }
        angles
    }
}

impl Angles {
    /// `self` at 0, `other` at 1.
    pub(crate) fn mixed(self, other: Self, fraction: f32) -> Self {
        let one = |a: f32, b: f32| a + (b - a) * fraction;
        let two = |a: [f32; 2], b: [f32; 2]| [one(a[0], b[0]), one(a[1], b[1])];
        Self {
            hip: two(self.hip, other.hip),
            knee: two(self.knee, other.knee),
            foot: two(self.foot, other.foot),
            shoulder: two(self.shoulder, other.shoulder),
            spread: two(self.spread, other.spread),
            turn: two(self.turn, other.turn),
            elbow: two(self.elbow, other.elbow),
            lean: one(self.lean, other.lean),
            twist: one(self.twist, other.twist),
            sway: one(self.sway, other.sway),
            look: one(self.look, other.look),
            nod: one(self.nod, other.nod),
        }
    }
}

/// A bell around `at`, on a circle of circumference 1.
fn bump(phase: f32, at: f32, width: f32) -> f32 {
    let distance = (phase - at + 0.5).rem_euclid(1.0) - 0.5;
    (-0.5 * (distance / width).powi(2)).exp()
}
