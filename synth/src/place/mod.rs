//! The places people are in: a court of four walls with doors, props in it that hide people, and light.
//!
//! The court is centered on the origin. Behind every door a dark passage runs along the wall: whoever goes there is seen
//! by no camera, and may come back by any door.

mod props;
mod walls;

use crate::color::{Rgb, mixed, scaled, srgb};
use crate::loft::{V3, v3};
use crate::material::{Finish, Material};
use crate::noise::clouds;
use crate::options::PlaceKind;
use crate::solid::{Solid, V2};
use crate::tree::Tree;
use mvmhat_random::Random;

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
    /// The solids that stand in the court and hide people.
    pub(crate) props: Vec<Solid>,
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

/// What a ray meets: its distance, the point, the normal, and the reflectance.
pub(crate) struct Surface {
    pub(crate) distance: f32,
    pub(crate) point: V3,
    pub(crate) normal: V3,
    pub(crate) color: Rgb,
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
            props: Vec::new(),
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
        place.put_props(random);
        place.plant();
        place
    }

    /// Builds the tree over all solids and props; to be done again when they change.
    pub(crate) fn plant(&mut self) {
        self.tree = Tree::new(self.solids.iter().chain(&self.props).cloned().collect());
    }

    /// The nearest surface on the way from `origin` along `ray`; `None` for the sky.
    pub(crate) fn meet(&self, origin: V3, ray: V3) -> Option<Surface> {
        let best = self.tree.first(origin, ray);
        let down = -origin.z / ray.z;
        if down > 0.0 && best.as_ref().is_none_or(|(hit, _)| down < hit.distance) {
            let point = origin + ray * down;
            let color = self.ground_color(point.x, point.y);
            return Some(Surface { distance: down, point, normal: V3::z(), color, is_ground: true });
        }
        best.map(|(hit, solid)| Surface {
            distance: hit.distance,
            point: origin + ray * hit.distance,
            normal: hit.normal,
            color: solid.material.color(hit.u, hit.v),
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

    fn ground_color(&self, x: f32, y: f32) -> Rgb {
        let edge = (self.half.x - x.abs()).min(self.half.y - y.abs());
        match self.kind {
            PlaceKind::Street => {
                let side = y.abs() - 3.2;
                if side > 0.15 {
                    self.ground_edge.color(x, y)
                } else if side > 0.0 {
                    [0.42; 3]
                } else if y.abs() < 0.07 && (x / 1.5).floor() as i32 & 1 == 0
                    || (x - 1.0).abs() < 1.5 && (y / 0.5 + 0.25).floor() as i32 & 1 == 0 && y.abs() < 2.9
                {
                    scaled([0.62; 3], 0.6 + 0.4 * clouds(3.0 * x, 3.0 * y, self.seed))
                } else {
                    self.ground.color(x, y)
                }
            }
            PlaceKind::Hall if self.is_mark(x, y) => {
                mixed(self.marks, self.ground.color(x, y), 0.5 * clouds(4.0 * x, 4.0 * y, self.seed))
            }
            PlaceKind::Plaza if edge < 1.2 => self.ground_edge.color(x, y),
            _ => self.ground.color(x, y),
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
