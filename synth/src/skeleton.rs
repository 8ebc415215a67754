//! Where the joints of a body are when they are bent so: forward kinematics, feet on the ground.

use nalgebra::{Rotation3, Unit};

use crate::body::Body;
use crate::gait::Angles;
use crate::loft::{V3, v3};

/// Three axes of a part of the body.
#[derive(Clone, Copy)]
pub(crate) struct Axes {
    pub(crate) front: V3,
    pub(crate) left: V3,
    pub(crate) up: V3,
}

/// Joints of a person who stands at the origin and faces along x. Pairs are left and right.
pub(crate) struct Skeleton {
    pub(crate) pelvis: V3,
    pub(crate) chest: Axes,
    pub(crate) neck: V3,
    pub(crate) head: Axes,
    pub(crate) hips: [V3; 2],
    pub(crate) knees: [V3; 2],
    pub(crate) ankles: [V3; 2],
    pub(crate) feet: [V3; 2],
    pub(crate) shoulders: [V3; 2],
    pub(crate) elbows: [V3; 2],
    pub(crate) wrists: [V3; 2],
}

impl Skeleton {
    pub(crate) fn new(body: &Body, angles: &Angles) -> Self {
        let h = body.height;
        let pelvis = v3(0.0, angles.sway, 0.0);
        let legs = [1.0, -1.0].map(|left| pelvis + v3(0.0, left * body.hips * 0.5, 0.0));
        let down = |angle: f32| v3(angle.sin(), 0.0, -angle.cos());
        let (thigh, shin) = (0.245 * h, 0.246 * h);
        let knees = [0, 1].map(|i| legs[i] + down(angles.hip[i]) * thigh);
        let ankles = [0, 1].map(|i| knees[i] + down(angles.hip[i] - angles.knee[i]) * shin);
        let feet =
            [0, 1].map(|i| v3(angles.foot[i].cos(), [0.12, -0.12][i], angles.foot[i].sin()).normalize());
        // The lowest point of heels and toes comes to lie on the ground.
        let ankle_height = 0.045 * h;
        let lowest = |i: usize| {
            let below = ankles[i].z - ankle_height * angles.foot[i].cos();
            (below - 0.05 * h * feet[i].z).min(below + 0.1 * h * feet[i].z)
        };
        let lift = v3(0.0, 0.0, -lowest(0).min(lowest(1)));
        let pelvis = pelvis + lift;

        let twist = Rotation3::from_axis_angle(&V3::z_axis(), angles.twist);
        let lean = Rotation3::from_axis_angle(&V3::y_axis(), angles.lean);
        let turned = lean * twist;
        let chest = Axes { front: turned * V3::x(), left: turned * V3::y(), up: turned * V3::z() };
        let neck = pelvis + chest.up * (0.305 * h);
        let looking = Rotation3::from_axis_angle(&V3::z_axis(), angles.look)
            * Rotation3::from_axis_angle(&V3::y_axis(), angles.nod);
        let head = Axes { front: looking * V3::x(), left: looking * V3::y(), up: looking * V3::z() };
        let (upper, lower) = (0.178 * h, 0.150 * h);
        let shoulders = [1.0, -1.0]
            .map(|left| neck + chest.left * (left * body.shoulders * 0.5) - chest.up * (0.022 * h));
        let arm = |i: usize| {
            let left = [1.0, -1.0][i];
            let raise = Rotation3::from_axis_angle(&Unit::new_unchecked(chest.left), -angles.shoulder[i])
                * Rotation3::from_axis_angle(&Unit::new_unchecked(chest.front), left * angles.spread[i]);
            let along = raise * -chest.up;
            let hinge = Rotation3::from_axis_angle(&Unit::new_normalize(along), left * angles.turn[i])
                * (raise * chest.left);
            let forearm = Rotation3::from_axis_angle(&Unit::new_normalize(hinge), -angles.elbow[i]) * along;
            (shoulders[i] + along * upper, forearm * lower)
        };
        let arms = [arm(0), arm(1)];
        Self {
            pelvis,
            chest,
            neck,
            head,
            hips: legs.map(|p| p + lift),
            knees: knees.map(|p| p + lift),
            ankles: ankles.map(|p| p + lift),
            feet,
            shoulders,
            elbows: arms.map(|a| a.0),
            wrists: arms.map(|a| a.0 + a.1),
        }
    }
}
