//! The places people are in: a court of four walls with doors, things in it that hide people, and light.
//!
//! The court is centred on the origin. Behind every door a dark passage runs along the wall: who goes there is seen by no
//! camera, and may come back by any door.

use crate::colour::{Rgb, mixed, scaled, srgb};
use crate::loft::{V3, v3};
use crate::material::{Finish, Material};
use crate::noise::clouds;
use crate::options::PlaceKind;
use crate::random::Random;
use crate::solid::{Solid, V2};
use crate::tree::Tree;

/// How far a door is open on either side of its middle, how high it is, how deep the wall, how wide the passage.
const DOOR: f32 = 0.95;
const LINTEL: f32 = 2.5;
const WALL: f32 = 0.4;
const PASSAGE: f32 = 2.2;
/// How far along the passage somebody is gone.
const AWAY: f32 = 3.4;

/// What shines on a place.
#[derive(Clone)]
pub(crate) struct Light {
    /// Towards the sun, or up to the lamps; of length 1.
    pub(crate) direction: V3,
    /// From there, on a surface that faces it.
    pub(crate) direct: Rgb,
    /// From everywhere else.
    pub(crate) diffuse: Rgb,
    /// Tangent of the sun's half width: 0 throws sharp shadows.
    pub(crate) width: f32,
}

/// A place.
pub(crate) struct Place {
    /// Half of its length and depth between the walls, in metres.
    pub(crate) half: V2,
    pub(crate) wall_height: f32,
    pub(crate) solids: Vec<Solid>,
    /// What of the solids stands in the court and hides people.
    pub(crate) occluders: Vec<Solid>,
    pub(crate) light: Light,
    /// Where people come from and leave to: points in the passages.
    pub(crate) gates: Vec<V2>,
    /// The middles of the doors, in the line of the walls.
    pub(crate) doors: Vec<V2>,
    tree: Tree,
    kind: PlaceKind,
    ground: Material,
    ground_edge: Material,
    marks: Rgb,
    seed: u32,
}

/// What a ray meets: its distance, the point, the normal, and the share of light given back.
pub(crate) struct Surface {
    pub(crate) distance: f32,
    pub(crate) point: V3,
    pub(crate) normal: V3,
    pub(crate) colour: Rgb,
    pub(crate) is_ground: bool,
}

impl Place {
    pub(crate) fn new(kind: PlaceKind, seed: u64) -> Self {
        let random = &mut Random::new(seed, "place");
        let (half, wall_height) = match kind {
            PlaceKind::Plaza => {
                (V2::new(random.range(7.0, 8.5), random.range(6.2, 7.0)), random.range(6.0, 8.0))
            }
            PlaceKind::Lobby => {
                (V2::new(random.range(6.6, 7.8), random.range(6.2, 6.8)), random.range(4.4, 5.2))
            }
            PlaceKind::Street => (V2::new(random.range(10.0, 11.5), random.range(6.2, 6.6)), 8.5),
            PlaceKind::Hall => {
                (V2::new(random.range(8.5, 10.0), random.range(7.0, 8.0)), random.range(5.5, 6.5))
            }
        };
        let mut place = Self {
            half,
            wall_height,
            solids: Vec::new(),
            occluders: Vec::new(),
            light: light(kind, random),
            gates: Vec::new(),
            doors: Vec::new(),
            tree: Tree::new(Vec::new()),
            kind,
            ground: ground(kind, random),
            ground_edge: Material::random(
                Finish::Courses { wide: 0.5, high: 0.5, shift: 0.0, joint: 0.015 },
                0x9a_95_8c,
                0x5a_57_52,
                random,
            ),
            marks: srgb(random.pick(&[0xe8_e4_d8, 0xd8_b0_30, 0xb0_40_30, 0x30_70_a8])),
            seed: random.bits() as u32,
        };
        place.put_walls(random);
        place.put_occluders(random);
        place.plant();
        place
    }

    /// Makes the tree of what is in the place, to be done again when that changes.
    pub(crate) fn plant(&mut self) {
        self.tree = Tree::new(self.solids.iter().chain(&self.occluders).cloned().collect());
    }

    /// The nearest surface on the way from `origin` along `ray`; `None` for the sky.
    pub(crate) fn meet(&self, origin: V3, ray: V3) -> Option<Surface> {
        let best = self.tree.first(origin, ray);
        let down = -origin.z / ray.z;
        if down > 0.0 && best.as_ref().is_none_or(|(hit, _)| down < hit.distance) {
            let point = origin + ray * down;
            let colour = self.ground_colour(point.x, point.y);
            return Some(Surface { distance: down, point, normal: V3::z(), colour, is_ground: true });
        }
        best.map(|(hit, solid)| Surface {
            distance: hit.distance,
            point: origin + ray * hit.distance,
            normal: hit.normal,
            colour: solid.material.colour(hit.u, hit.v),
            is_ground: false,
        })
    }

    /// Whether nothing stands between `point` and the light from `towards`.
    pub(crate) fn is_lit(&self, point: V3, towards: V3) -> bool {
        !self.tree.is_shaded(point, towards)
    }

    /// The light of the sky in a direction.
    pub(crate) fn sky(&self, ray: V3) -> Rgb {
        let up = ray.normalize().z.max(0.02);
        let cloud = clouds(1.2 * ray.x / up, 1.2 * ray.y / up, self.seed);
        let blue = mixed([0.75, 0.8, 0.88], [0.22, 0.4, 0.75], up.sqrt());
        mixed(blue, [0.9; 3], (2.5 * cloud - 0.9).clamp(0.0, 1.0))
    }

    fn ground_colour(&self, x: f32, y: f32) -> Rgb {
        let edge = (self.half.x - x.abs()).min(self.half.y - y.abs());
        match self.kind {
            PlaceKind::Street => {
                let side = y.abs() - 3.2;
                if side > 0.15 {
                    self.ground_edge.colour(x, y)
                } else if side > 0.0 {
                    [0.42; 3]
                } else if y.abs() < 0.07 && (x / 1.5).floor() as i32 & 1 == 0
                    || (x - 1.0).abs() < 1.5 && (y / 0.5 + 0.25).floor() as i32 & 1 == 0 && y.abs() < 2.9
                {
                    scaled([0.62; 3], 0.6 + 0.4 * clouds(3.0 * x, 3.0 * y, self.seed))
                } else {
                    self.ground.colour(x, y)
                }
            }
            PlaceKind::Hall if self.is_mark(x, y) => {
                mixed(self.marks, self.ground.colour(x, y), 0.5 * clouds(4.0 * x, 4.0 * y, self.seed))
            }
            PlaceKind::Plaza if edge < 1.2 => self.ground_edge.colour(x, y),
            _ => self.ground.colour(x, y),
        }
    }

    /// Lines on the floor of a hall: a frame, a middle line and a ring.
    fn is_mark(&self, x: f32, y: f32) -> bool {
        let (a, b) = (self.half.x - 1.6, self.half.y - 1.6);
        let frame = (x.abs() - a).abs() < 0.04 && y.abs() < b || (y.abs() - b).abs() < 0.04 && x.abs() < a;
        frame || x.abs() < 0.04 && y.abs() < b || (x.hypot(y) - 1.8).abs() < 0.04
    }

    fn is_indoors(&self) -> bool {
        matches!(self.kind, PlaceKind::Lobby | PlaceKind::Hall)
    }

    /// Four walls, a door in each of three of them, and what lies behind the doors.
    fn put_walls(&mut self, random: &mut Random) {
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
                self.solids.push(Solid::between(p.inf(&q), p.sup(&q), material.clone()));
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
            let mut ceiling = Solid::between(v3(-a, -b, z), v3(a, b, z + 0.3), lamps);
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

    /// Things to walk around, apart from each other and from the doors.
    fn put_occluders(&mut self, random: &mut Random) {
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

fn light(kind: PlaceKind, random: &mut Random) -> Light {
    let (azimuth, elevation) = (random.range(0.0, 6.3), random.range(0.75, 1.1));
    let level = v3(azimuth.cos(), azimuth.sin(), 0.0) * elevation.cos();
    let direction = level + v3(0.0, 0.0, elevation.sin());
    let strength = random.range(0.9, 1.1);
    match kind {
        PlaceKind::Plaza => Light {
            direction,
            direct: scaled([0.98, 0.9, 0.76], strength),
            diffuse: [0.36, 0.4, 0.47],
            width: 0.02,
        },
        PlaceKind::Street => Light {
            direction,
            direct: scaled([0.36, 0.35, 0.33], strength),
            diffuse: [0.58, 0.61, 0.66],
            width: 0.25,
        },
        PlaceKind::Lobby | PlaceKind::Hall => Light {
            direction: (direction * 0.35 + V3::z()).normalize(),
            direct: scaled([0.46, 0.43, 0.37], strength),
            diffuse: scaled([0.46, 0.44, 0.4], strength),
            width: 0.35,
        },
    }
}

fn ground(kind: PlaceKind, random: &mut Random) -> Material {
    let side = random.range(0.4, 0.8);
    let slabs = Finish::Courses { wide: side, high: side, shift: random.pick(&[0.0, 0.5]), joint: 0.012 };
    let bricks = Finish::Courses { wide: 0.22, high: 0.11, shift: 0.5, joint: 0.008 };
    match kind {
        PlaceKind::Plaza => {
            let finish = random.pick(&[slabs, slabs, bricks]);
            Material::random(finish, random.pick(&[0xa8_9c_8c, 0x98_98_94, 0xa8_80_68]), 0x60_58_50, random)
        }
        PlaceKind::Lobby => {
            let finish = random.pick(&[Finish::Checks { side: 0.9 }, slabs]);
            Material::random(finish, 0xc0_b8_a8, random.pick(&[0x90_84_74, 0x70_70_74]), random)
        }
        PlaceKind::Street => Material::random(Finish::Grains, 0x58_58_5a, 0, random),
        PlaceKind::Hall => {
            Material::random(Finish::Rough, random.pick(&[0x98_94_8c, 0xb0_88_58, 0x78_88_84]), 0, random)
        }
    }
}
