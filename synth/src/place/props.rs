//! Props: what stands in a place and hides people.

use super::Place;
use crate::loft::{V3, v3};
use crate::material::{Finish, Material};
use crate::options::PlaceKind;
use crate::solid::{Solid, V2};
use mvmhat_random::Random;

/// Builds one prop where it is to stand.
type Prop = fn(&mut Site<'_>, &mut Random);

/// The props of each kind of place, those that are frequent several times.
fn props(kind: PlaceKind) -> &'static [Prop] {
    match kind {
        PlaceKind::Plaza => &[tree, tree, kiosk, bench, planter, billboard, lamp],
        PlaceKind::Lobby => &[pillar, pillar, pillar, desk, planter, bench, partition],
        PlaceKind::Street => &[tree, billboard, lamp, lamp, van, kiosk, planter],
        PlaceKind::Hall => &[pillar, crates, crates, shelves, shelves, partition],
    }
}

/// Wooden boards.
const BOARDS: Finish = Finish::Courses { wide: 1.2, high: 0.12, shift: 0.5, joint: 0.015 };

/// Colors that catch the eye.
const BRIGHT: [u32; 6] = [0xb8_38_30, 0x30_60_a0, 0x38_80_50, 0xc8_a0_30, 0x60_48_80, 0xc8_c4_bc];

/// Where a prop is built.
struct Site<'a> {
    solids: &'a mut Vec<Solid>,
    position: V2,
    /// Rotation about the vertical axis, in radians.
    turn: f32,
    /// The color of what is painted or printed.
    bright: u32,
    wall_height: f32,
}

impl Site<'_> {
    /// A point at this height above the middle of the prop.
    fn up(&self, z: f32) -> V3 {
        v3(self.position.x, self.position.y, z)
    }

    fn put(&mut self, solid: Solid) {
        self.solids.push(solid);
    }
}

impl Place {
    /// Puts props to walk around, apart from each other and from the doors.
    pub(super) fn put_props(&mut self, random: &mut Random) {
        let wanted = (self.half.x * self.half.y / 6.5) as usize;
        let mut positions: Vec<V2> = Vec::new();
        for _ in 0..400 {
            if positions.len() == wanted {
                break;
            }
            let reach = self.half - V2::new(2.4, 2.4);
            let position = V2::new(random.range(-1.0, 1.0) * reach.x, random.range(-1.0, 1.0) * reach.y);
            let in_the_middle = position.norm() < 1.3;
            if in_the_middle || positions.iter().any(|other| (other - position).norm() < 2.7) {
                continue;
            }
            positions.push(position);
            let turn = random.range(0.0, 3.1);
            let bright = random.pick(&BRIGHT);
            let prop = random.pick(props(self.kind));
            let wall_height = self.wall_height;
            prop(&mut Site { solids: &mut self.props, position, turn, bright, wall_height }, random);
        }
    }
}

fn tree(site: &mut Site<'_>, random: &mut Random) {
    let bark = Material::random(Finish::Rough, 0x5a_46_34, 0, random);
    let leaves = Material::random(Finish::Leaves, 0x5c_88_38, 0x2c_4c_20, random);
    let height = random.range(2.7, 3.6);
    site.put(Solid::column(site.up(0.0), random.range(0.12, 0.2), height + 0.5, bark));
    let wide = random.range(0.8, 1.15);
    let crown = v3(wide, wide, random.range(0.8, 1.1));
    site.put(Solid::ball(site.up(height + 0.8), crown, leaves.clone()));
    let aside = v3(random.range(-0.5, 0.5), random.range(-0.5, 0.5), random.range(0.2, 0.7));
    site.put(Solid::ball(site.up(height + 0.8) + aside, v3(0.8, 0.75, 0.7), leaves));
}

fn kiosk(site: &mut Site<'_>, random: &mut Random) {
    let print = Material::random(Finish::Print, site.bright, 0xd0_d0_d0, random);
    let roof = Material::random(Finish::Rough, 0x70_70_78, 0, random);
    site.put(Solid::block(site.up(1.1), v3(0.7, 0.6, 1.1), site.turn, print));
    site.put(Solid::block(site.up(2.28), v3(0.85, 0.75, 0.08), site.turn, roof));
}

/// A bench or a counter.
fn bench(site: &mut Site<'_>, random: &mut Random) {
    let wood = Material::random(BOARDS, 0xa0_78_50, 0x48_34_24, random);
    site.put(Solid::block(site.up(0.35), v3(random.range(0.7, 1.1), 0.28, 0.12), site.turn, wood.clone()));
    site.put(Solid::block(site.up(0.12), v3(0.5, 0.2, 0.12), site.turn, wood));
}

/// A tub with a bush.
fn planter(site: &mut Site<'_>, random: &mut Random) {
    let stone = Material::random(Finish::Rough, 0xa0_98_8c, 0, random);
    let leaves = Material::random(Finish::Leaves, 0x50_90_40, 0x24_48_20, random);
    site.put(Solid::column(site.up(0.0), 0.5, 0.5, stone));
    site.put(Solid::ball(site.up(0.85), v3(0.55, 0.55, random.range(0.5, 0.9)), leaves));
}

fn billboard(site: &mut Site<'_>, random: &mut Random) {
    let print = Material::random(Finish::Print, site.bright, 0x30_38_40, random);
    site.put(Solid::block(site.up(1.05), v3(0.75, 0.1, 1.05), site.turn, print));
}

/// A lamp with a bin beside it.
fn lamp(site: &mut Site<'_>, random: &mut Random) {
    let iron = Material::random(Finish::Rough, 0x3c_40_44, 0, random);
    let bin = Material::random(Finish::Rough, site.bright, 0, random);
    site.put(Solid::column(site.up(0.0), 0.07, 4.2, iron));
    let globe = Material::new(Finish::Rough, 0xf0_f0_e8, 0, 3);
    site.put(Solid::ball(site.up(4.3), v3(0.2, 0.2, 0.25), globe));
    site.put(Solid::column(site.up(0.0) + v3(0.45, 0.1, 0.0), 0.24, 0.95, bin));
}

fn pillar(site: &mut Site<'_>, random: &mut Random) {
    let stone = Material::random(Finish::Rough, random.pick(&[0xc8_c0_b0, 0x90_90_90]), 0, random);
    let height = site.wall_height;
    if random.chance(0.5) {
        site.put(Solid::column(site.up(0.0), random.range(0.25, 0.4), height, stone));
    } else {
        let side = random.range(0.25, 0.38);
        site.put(Solid::block(site.up(0.5 * height), v3(side, side, 0.5 * height), 0.0, stone));
    }
}

fn desk(site: &mut Site<'_>, random: &mut Random) {
    let wood = Material::random(BOARDS, 0x80_58_3c, 0x30_20_18, random);
    let top = Material::random(Finish::Rough, 0xd0_cc_c4, 0, random);
    site.put(Solid::block(site.up(0.5), v3(1.2, 0.35, 0.5), site.turn, wood));
    site.put(Solid::block(site.up(1.05), v3(1.3, 0.42, 0.04), site.turn, top));
}

fn partition(site: &mut Site<'_>, random: &mut Random) {
    let cloth = Material::random(Finish::Rough, site.bright, 0, random);
    site.put(Solid::block(site.up(0.8), v3(0.95, 0.06, 0.8), site.turn, cloth));
}

/// A parked van, along the street.
fn van(site: &mut Site<'_>, random: &mut Random) {
    let paint = Material::random(Finish::Rough, site.bright, 0, random);
    let glass = Material::random(Finish::Rough, 0x28_30_38, 0, random);
    site.put(Solid::block(site.up(0.75), v3(1.5, 0.75, 0.5), 0.0, paint.clone()));
    site.put(Solid::block(site.up(1.45) - v3(0.2, 0.0, 0.0), v3(1.15, 0.68, 0.3), 0.0, glass));
    site.put(Solid::block(site.up(1.78) - v3(0.2, 0.0, 0.0), v3(1.15, 0.68, 0.04), 0.0, paint));
    let rubber = Material::random(Finish::Rough, 0x20_20_20, 0, random);
    site.put(Solid::block(site.up(0.2), v3(1.2, 0.72, 0.2), 0.0, rubber));
}

/// A crate, sometimes with a second one on it.
fn crates(site: &mut Site<'_>, random: &mut Random) {
    let wood = Material::random(BOARDS, 0xb0_8c_60, 0x50_3c_28, random);
    site.put(Solid::block(site.up(0.45), v3(0.6, 0.5, 0.45), site.turn, wood.clone()));
    if random.chance(0.6) {
        site.put(Solid::block(site.up(1.25), v3(0.4, 0.4, 0.35), site.turn + 0.4, wood));
    }
}

fn shelves(site: &mut Site<'_>, random: &mut Random) {
    let boxes = Material::random(Finish::Print, site.bright, 0xb0_98_70, random);
    site.put(Solid::block(site.up(1.0), v3(1.1, 0.3, 1.0), site.turn, boxes));
}
