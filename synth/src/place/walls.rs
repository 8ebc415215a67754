//! The walls of a place, their doors, and the passages behind them.

use super::Place;
use crate::loft::v3;
use crate::material::{Finish, Material};
use crate::options::PlaceKind;
use crate::solid::{Solid, V2};
use mvmhat_random::Random;

/// How far a door is open on either side of its middle, how high it is, how deep the wall, how wide the passage.
const DOOR: f32 = 0.95;
const LINTEL: f32 = 2.5;
const WALL: f32 = 0.4;
const PASSAGE: f32 = 2.2;
/// How far along the passage a gate is: there people are gone.
const AWAY: f32 = 3.4;

impl Place {
    /// Four walls, a door in each of three of them, and what lies behind the doors.
    pub(super) fn put_walls(&mut self, random: &mut Random) {
        let closed = random.below(4);
        for wall in 0..4 {
            let material = self.wall_material(random);
            // Along the wall and outwards from the court.
            let (along, out) = [
                (V2::new(1.0, 0.0), V2::new(0.0, -1.0)),
                (V2::new(0.0, 1.0), V2::new(1.0, 0.0)),
                (V2::new(-1.0, 0.0), V2::new(0.0, 1.0)),
                (V2::new(0.0, -1.0), V2::new(-1.0, 0.0)),
            ][wall];
            let reach = self.half.dot(&along.abs());
            let wall_line = self.half.dot(&out.abs());
            // A box given by its extent along the wall, outwards from it, and up.
            let mut put = |a: [f32; 2], o: [f32; 2], z: [f32; 2], material: &Material| {
                let corner = |i: usize| {
                    let p = along * a[i] + out * (wall_line + o[i]);
                    v3(p.x, p.y, z[i])
                };
                let (p, q) = (corner(0), corner(1));
                self.solids.push(Solid::from_corners(p.inf(&q), p.sup(&q), material.clone()));
            };
            let (end, top) = (reach + WALL, self.wall_height);
            if wall == closed {
                put([-end, end], [0.0, WALL], [0.0, top], &material);
                continue;
            }
            let door = random.range(-0.2, 0.2) * reach;
            let side = if door > 0.0 { -1.0 } else { 1.0 };
            put([-end, door - DOOR], [0.0, WALL], [0.0, top], &material);
            put([door + DOOR, end], [0.0, WALL], [0.0, top], &material);
            put([door - DOOR, door + DOOR], [0.0, WALL], [LINTEL, top], &material);
            let dark = Material::random(Finish::Rough, 0x50_4c_48, 0x50_4c_48, random);
            let (back, far) = (WALL + PASSAGE, AWAY + 1.4);
            let span = [door.min(door + side * far) - DOOR, door.max(door + side * far) + DOOR];
            put(span, [back, back + WALL], [0.0, LINTEL + 0.5], &dark);
            put(span, [WALL, back + WALL], [LINTEL, LINTEL + 0.5], &dark);
            put([span[0] - WALL, span[0]], [WALL, back + WALL], [0.0, LINTEL + 0.5], &dark);
            put([span[1], span[1] + WALL], [WALL, back + WALL], [0.0, LINTEL + 0.5], &dark);
            self.doors.push(along * door + out * wall_line);
            self.gates.push(along * (door + side * AWAY) + out * (wall_line + WALL + 0.5 * PASSAGE));
        }
        if self.is_indoors() {
            let lamps = Material::random(Finish::Lamps, 0xd8_d8_d4, 0xff_ff_ff, random);
            let (a, b, z) = (self.half.x + WALL, self.half.y + WALL, self.wall_height);
            let mut ceiling = Solid::from_corners(v3(-a, -b, z), v3(a, b, z + 0.3), lamps);
            ceiling.shades = false;
            self.solids.push(ceiling);
        }
    }

    fn wall_material(&self, random: &mut Random) -> Material {
        let houses = [0xb8_a8_90, 0xc8_c0_b0, 0xa0_70_58, 0x90_8a_80, 0xd0_c4_a0, 0x8a_95_98];
        let rooms = [0xd8_d4_c8, 0xc0_c8_cc, 0xb0_a8_98, 0x9c_a8_a0, 0xd8_cc_b4];
        let windows = Finish::Windows { bay: random.range(1.6, 2.8), storey: random.range(2.6, 3.2) };
        let bricks = Finish::Courses { wide: 0.26, high: 0.085, shift: 0.5, joint: 0.012 };
        let panels = Finish::Courses { wide: random.range(0.8, 1.6), high: 2.4, shift: 0.0, joint: 0.02 };
        match self.kind {
            PlaceKind::Plaza | PlaceKind::Street => match random.below(4) {
                0 => Material::random(bricks, random.pick(&[0x9a_5c_48, 0x8a_7a_68]), 0x9c_94_88, random),
                _ => Material::random(windows, random.pick(&houses), 0x40_50_60, random),
            },
            PlaceKind::Lobby => match random.below(3) {
                0 => Material::random(windows, random.pick(&rooms), 0x90_a8_b8, random),
                1 => Material::random(panels, random.pick(&[0x8a_60_40, 0xa8_9c_88]), 0x40_30_24, random),
                _ => Material::random(Finish::Rough, random.pick(&rooms), 0, random),
            },
            PlaceKind::Hall => match random.below(2) {
                0 => Material::random(panels, random.pick(&[0x8c_98_a0, 0xa8_a4_98]), 0x50_58_5c, random),
                _ => Material::random(bricks, 0xa8_a8_a4, 0x80_80_80, random),
            },
        }
    }
}
