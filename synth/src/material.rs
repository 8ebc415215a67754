//! Materials of surfaces: a finish, two colors, and a seed that makes no two alike.

use crate::color::{Rgb, mixed, scaled, srgb};
use crate::noise::{clouds, smooth, speck};
use mvmhat_random::Random;

/// How a surface is made. Lengths are in metres.
#[derive(Clone, Copy)]
pub(crate) enum Finish {
    /// Plaster, stone, paint: clouds only.
    Rough,
    /// Slabs, bricks, boards: courses of this size, every other one shifted by this fraction, the second color in joints.
    Courses { wide: f32, high: f32, shift: f32, joint: f32 },
    /// Slabs of the two colors in turn.
    Checks { side: f32 },
    /// Asphalt and gravel.
    Grains,
    /// Windows of the second color, in bays this wide and storeys this high.
    Windows { bay: f32, storey: f32 },
    /// Leaves or grass.
    Leaves,
    /// A print of large shapes.
    Print,
    /// A ceiling of panels, some of them lamps.
    Lamps,
}

/// A surface.
#[derive(Clone)]
pub(crate) struct Material {
    finish: Finish,
    first: Rgb,
    second: Rgb,
    seed: u32,
}

impl Material {
    /// Colors are `0xRRGGBB`.
    pub(crate) fn new(finish: Finish, first: u32, second: u32, seed: u32) -> Self {
        Self { finish, first: srgb(first), second: srgb(second), seed }
    }

    /// One with colors near these ones.
    pub(crate) fn random(finish: Finish, first: u32, second: u32, random: &mut Random) -> Self {
        let vary = |code, random: &mut Random| crate::color::varied(srgb(code), random, 0.12);
        let (first, second) = (vary(first, random), vary(second, random));
        Self { finish, first, second, seed: random.bits() as u32 }
    }

    /// The reflectance of the surface at (u, v), in metres along it.
    pub(crate) fn color(&self, u: f32, v: f32) -> Rgb {
        let seed = self.seed;
        let worn = |color: Rgb| scaled(color, 0.8 + 0.4 * clouds(1.3 * u, 1.3 * v, seed));
        match self.finish {
            Finish::Rough => scaled(worn(self.first), 0.93 + 0.14 * smooth(23.0 * u, 23.0 * v, seed)),
            Finish::Courses { wide, high, shift, joint } => {
                let row = (v / high).floor();
                let along = u / wide + shift * row.rem_euclid(2.0);
                let (x, y) = ((along - along.floor()) * wide, v - row * high);
                if x < joint || y < joint {
                    return worn(self.second);
                }
                let own = speck(along.floor() as i32, row as i32, seed);
                scaled(worn(self.first), 0.78 + 0.44 * own)
            }
            Finish::Checks { side } => {
                let (x, y) = ((u / side).floor() as i32, (v / side).floor() as i32);
                let color = if (x + y) & 1 == 0 { self.first } else { self.second };
                scaled(worn(color), 0.92 + 0.16 * speck(x, y, seed))
            }
            Finish::Grains => {
                scaled(worn(self.first), 0.65 + 0.7 * speck((40.0 * u) as i32, (40.0 * v) as i32, seed))
            }
            Finish::Windows { bay, storey } => self.window(u, v, bay, storey),
            Finish::Leaves => {
                let dense = smooth(9.0 * u, 9.0 * v, seed) * smooth(21.0 * u, 21.0 * v, seed ^ 5);
                scaled(mixed(self.second, self.first, clouds(2.5 * u, 2.5 * v, seed)), 0.35 + 2.2 * dense)
            }
            Finish::Print => {
                let (x, y) = ((3.0 * u).floor() as i32, (2.2 * v).floor() as i32);
                let tone = [0.25, 0.6, 0.95].map(|at| (speck(x, y, seed) - at).abs());
                let shape = clouds(2.0 * u, 2.0 * v, seed) > 0.5;
                let base = if shape { self.first } else { self.second };
                [0, 1, 2].map(|i| (base[i] * (0.6 + 1.4 * tone[i]) + 0.03).min(0.9))
            }
            Finish::Lamps => {
                let (x, y) = ((u / 1.2).floor() as i32, (v / 1.2).floor() as i32);
                if x.rem_euclid(3) == 1 && y.rem_euclid(3) == 1 { [3.0; 3] } else { worn(self.first) }
            }
        }
    }

    fn window(&self, u: f32, v: f32, bay: f32, storey: f32) -> Rgb {
        let (column, row) = ((u / bay).floor(), (v / storey).floor());
        let (x, y) = (u / bay - column, v / storey - row);
        let inside =
            |margin: f32| x > 0.2 - margin && x < 0.8 + margin && y > 0.28 - margin && y < 0.85 + margin;
        let wall = scaled(self.first, 0.85 + 0.3 * clouds(0.8 * u, 0.8 * v, self.seed));
        if !inside(0.03) {
            return wall;
        }
        if !inside(0.0) || (x - 0.5).abs() < 0.015 {
            return scaled(self.first, 0.55);
        }
        let own = speck(column as i32, row as i32, self.seed);
        // Some panes show the sky, some a curtain.
        let pane = if own > 0.8 { [0.45, 0.42, 0.36] } else { scaled(self.second, 0.4 + own) };
        scaled(pane, 0.7 + 0.5 * y + 0.2 * smooth(3.0 * u, 3.0 * v, self.seed))
    }
}
