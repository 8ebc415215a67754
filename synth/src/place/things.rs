//! What stands in a place and hides people.

use super::Place;
use crate::loft::v3;
use crate::material::{Finish, Material};
use crate::options::PlaceKind;
use crate::solid::{Solid, V2};
use mvmhat_random::Random;

impl Place {
    /// Things to walk around, apart from each other and from the doors.
    pub(super) fn put_occluders(&mut self, random: &mut Random) {
        let wanted = (self.half.x * self.half.y / 6.5) as usize;
        let mut spots: Vec<V2> = Vec::new();
        for _ in 0..400 {
            if spots.len() == wanted {
                break;
            }
            let reach = self.half - V2::new(2.4, 2.4);
            let spot = V2::new(random.range(-1.0, 1.0) * reach.x, random.range(-1.0, 1.0) * reach.y);
            let middle = spot.norm() < 1.3;
            if middle || spots.iter().any(|other| (other - spot).norm() < 2.7) {
                continue;
            }
            spots.push(spot);
            self.put_thing(spot, random);
        }
    }

    fn put_thing(&mut self, p: V2, random: &mut Random) {
        let at = |z: f32| v3(p.x, p.y, z);
        let turn = random.range(0.0, 3.1);
        let boards = Finish::Courses { wide: 1.2, high: 0.12, shift: 0.5, joint: 0.015 };
        let bright = random.pick(&[0xb8_38_30, 0x30_60_a0, 0x38_80_50, 0xc8_a0_30, 0x60_48_80, 0xc8_c4_bc]);
        let kinds: &[usize] = match self.kind {
            PlaceKind::Plaza => &[0, 0, 1, 2, 3, 4, 5],
            PlaceKind::Lobby => &[6, 6, 6, 7, 8, 2, 9],
            PlaceKind::Street => &[0, 4, 5, 5, 10, 1, 3],
            PlaceKind::Hall => &[6, 11, 11, 12, 12, 9],
        };
        let mut put = |solid| self.occluders.push(solid);
        match random.pick(kinds) {
            // A tree.
            0 => {
                let bark = Material::random(Finish::Rough, 0x5a_46_34, 0, random);
                let leaves = Material::random(Finish::Leaves, 0x5c_88_38, 0x2c_4c_20, random);
                let height = random.range(2.7, 3.6);
                put(Solid::column(at(0.0), random.range(0.12, 0.2), height + 0.5, bark));
                let wide = random.range(0.8, 1.15);
                put(Solid::ball(at(height + 0.8), v3(wide, wide, random.range(0.8, 1.1)), leaves.clone()));
                let aside = v3(random.range(-0.5, 0.5), random.range(-0.5, 0.5), random.range(0.2, 0.7));
                put(Solid::ball(at(height + 0.8) + aside, v3(0.8, 0.75, 0.7), leaves));
            }
            // A kiosk.
            1 => {
                let print = Material::random(Finish::Print, bright, 0xd0_d0_d0, random);
                let roof = Material::random(Finish::Rough, 0x70_70_78, 0, random);
                put(Solid::block(at(1.1), v3(0.7, 0.6, 1.1), turn, print));
                put(Solid::block(at(2.28), v3(0.85, 0.75, 0.08), turn, roof));
            }
            // A bench or counter.
            2 => {
                let wood = Material::random(boards, 0xa0_78_50, 0x48_34_24, random);
                put(Solid::block(at(0.35), v3(random.range(0.7, 1.1), 0.28, 0.12), turn, wood.clone()));
                put(Solid::block(at(0.12), v3(0.5, 0.2, 0.12), turn, wood));
            }
            // A tub with a bush.
            3 | 8 => {
                let stone = Material::random(Finish::Rough, 0xa0_98_8c, 0, random);
                let leaves = Material::random(Finish::Leaves, 0x50_90_40, 0x24_48_20, random);
                put(Solid::column(at(0.0), 0.5, 0.5, stone));
                put(Solid::ball(at(0.85), v3(0.55, 0.55, random.range(0.5, 0.9)), leaves));
            }
            // A wall of prints.
            4 => {
                let print = Material::random(Finish::Print, bright, 0x30_38_40, random);
                put(Solid::block(at(1.05), v3(0.75, 0.1, 1.05), turn, print));
            }
            // A lamp with a bin.
            5 => {
                let iron = Material::random(Finish::Rough, 0x3c_40_44, 0, random);
                let bin = Material::random(Finish::Rough, bright, 0, random);
                put(Solid::column(at(0.0), 0.07, 4.2, iron.clone()));
                put(Solid::ball(at(4.3), v3(0.2, 0.2, 0.25), Material::new(Finish::Rough, 0xf0_f0_e8, 0, 3)));
                put(Solid::column(at(0.0) + v3(0.45, 0.1, 0.0), 0.24, 0.95, bin));
            }
            // A pillar.
            6 => {
                let stone =
                    Material::random(Finish::Rough, random.pick(&[0xc8_c0_b0, 0x90_90_90]), 0, random);
                let height = self.wall_height;
                if random.chance(0.5) {
                    put(Solid::column(at(0.0), random.range(0.25, 0.4), height, stone));
                } else {
                    let side = random.range(0.25, 0.38);
                    put(Solid::block(at(0.5 * height), v3(side, side, 0.5 * height), 0.0, stone));
                }
            }
            // A desk.
            7 => {
                let wood = Material::random(boards, 0x80_58_3c, 0x30_20_18, random);
                let top = Material::random(Finish::Rough, 0xd0_cc_c4, 0, random);
                put(Solid::block(at(0.5), v3(1.2, 0.35, 0.5), turn, wood));
                put(Solid::block(at(1.05), v3(1.3, 0.42, 0.04), turn, top));
            }
            // A partition.
            9 => {
                let cloth = Material::random(Finish::Rough, bright, 0, random);
                put(Solid::block(at(0.8), v3(0.95, 0.06, 0.8), turn, cloth));
            }
            // A parked van.
            10 => {
                let paint = Material::random(Finish::Rough, bright, 0, random);
                let glass = Material::random(Finish::Rough, 0x28_30_38, 0, random);
                put(Solid::block(at(0.75), v3(1.5, 0.75, 0.5), 0.0, paint.clone()));
                put(Solid::block(at(1.45) - v3(0.2, 0.0, 0.0), v3(1.15, 0.68, 0.3), 0.0, glass));
                put(Solid::block(at(1.78) - v3(0.2, 0.0, 0.0), v3(1.15, 0.68, 0.04), 0.0, paint));
                let rubber = Material::random(Finish::Rough, 0x20_20_20, 0, random);
                put(Solid::block(at(0.2), v3(1.2, 0.72, 0.2), 0.0, rubber));
            }
            // Crates.
            11 => {
                let wood = Material::random(boards, 0xb0_8c_60, 0x50_3c_28, random);
                put(Solid::block(at(0.45), v3(0.6, 0.5, 0.45), turn, wood.clone()));
                if random.chance(0.6) {
                    put(Solid::block(at(1.25), v3(0.4, 0.4, 0.35), turn + 0.4, wood));
                }
            }
            // Shelves.
            _ => {
                let boxes = Material::random(Finish::Print, bright, 0xb0_98_70, random);
                put(Solid::block(at(1.0), v3(1.1, 0.3, 1.0), turn, boxes));
            }
        }
    }
}
