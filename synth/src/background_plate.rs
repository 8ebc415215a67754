//! The background plate of a camera, its view of the place without people: traced once, four samples per pixel.

use mvmhat_scene::Pinhole;
use rayon::prelude::*;

use crate::color::{Rgb, plus, scaled, times};
use crate::loft::{V3, v3};
use crate::noise::speck;
use crate::place::{Place, Surface};

/// Positions of the samples in a pixel, no two in a row or column.
pub(crate) const SAMPLES: [(f32, f32); 4] = [(0.375, 0.125), (0.875, 0.375), (0.125, 0.625), (0.625, 0.875)];

/// The view of a place without people.
pub(crate) struct BackgroundPlate {
    /// Light of each pixel.
    pub(crate) light: Vec<Rgb>,
    /// One over the depth at each sample of each pixel, 0 for the sky.
    pub(crate) nearness: [Vec<f32>; SAMPLES.len()],
    /// The ground-plane position of the pixel, and the fraction of its light that a person can shade; `None` off the ground.
    pub(crate) ground: Vec<Option<Ground>>,
}

/// A pixel that shows the ground.
#[derive(Clone, Copy)]
pub(crate) struct Ground {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) direct: f32,
}

struct Pixel {
    light: Rgb,
    nearness: [f32; SAMPLES.len()],
    ground: Option<Ground>,
}

impl BackgroundPlate {
    pub(crate) fn new(place: &Place, camera: &Pinhole, seed: u32) -> Self {
        let (width, height) = camera.image_size;
        let pixels: Vec<Pixel> = (0..width * height)
            .into_par_iter()
            .map(|i| pixel(place, camera, (i % width) as f32, (i / width) as f32, seed))
            .collect();
        Self {
            light: pixels.iter().map(|p| p.light).collect(),
            nearness: [0, 1, 2, 3].map(|s| pixels.iter().map(|p| p.nearness[s]).collect()),
            ground: pixels.iter().map(|p| p.ground).collect(),
        }
    }

    /// The mean light of the image; light beyond white counts as white.
    pub(crate) fn mean(&self) -> Rgb {
        let sum = self
            .light
            .iter()
            .fold([0.0_f64; 3], |sum, light| [0, 1, 2].map(|i| sum[i] + f64::from(light[i].min(1.0))));
        sum.map(|channel| (channel / self.light.len() as f64) as f32)
    }
}

fn pixel(place: &Place, camera: &Pinhole, x: f32, y: f32, seed: u32) -> Pixel {
    let origin = vector(camera.center());
    let mut pixel = Pixel { light: [0.0; 3], nearness: [0.0; 4], ground: None };
    let (mut spot, mut on_ground, mut lit) = (V3::zeros(), 0, 0.0);
    for (i, (dx, dy)) in SAMPLES.into_iter().enumerate() {
        // A lens that bends no ray there shows nothing.
        let Some(ray) = camera.ray((f64::from(x + dx), f64::from(y + dy))).map(vector) else { continue };
        let Some(surface) = place.meet(origin, ray) else {
            pixel.light = plus(pixel.light, scaled(place.sky(ray), 0.25));
            continue;
        };
        pixel.nearness[i] = 1.0 / surface.distance;
        let (direct, diffuse) = shine(place, &surface, (x as i32, y as i32, i), seed);
        let light = times(surface.color, plus(direct, diffuse));
        pixel.light = plus(pixel.light, scaled(light, 0.25));
        if surface.is_ground {
            spot += surface.point;
            on_ground += 1;
            lit += direct[1] / (direct[1] + diffuse[1]);
        }
    }
    if on_ground > 2 {
        let count = on_ground as f32;
        pixel.ground = Some(Ground { x: spot.x / count, y: spot.y / count, direct: lit / count });
    }
    pixel
}

/// The light on a surface: from the sun or the lamps, and from everywhere else.
fn shine(place: &Place, surface: &Surface, (x, y, sample): (i32, i32, usize), seed: u32) -> (Rgb, Rgb) {
    let light = &place.light;
    let facing = surface.normal.dot(&light.direction).max(0.0);
    let from = surface.point + surface.normal * 0.003;
    // Every sample of a pixel looks at another part of a wide light, from several points of it.
    let rays = if light.width > 0.1 { 2 } else { 1 };
    let lit = |ray: usize| {
        let part = (sample * rays + ray) as f32;
        let chance = |salt| speck(3 * x + ray as i32, 4 * y + sample as i32, seed ^ salt);
        let angle = (part + chance(11)) / (4 * rays) as f32 * std::f32::consts::TAU;
        let radius = light.width * chance(23).sqrt();
        let across = v3(angle.cos(), angle.sin(), 0.0) * radius;
        place.is_lit(from, light.direction + across - light.direction * across.dot(&light.direction))
    };
    let lit = if facing > 0.0 { (0..rays).filter(|&ray| lit(ray)).count() } else { 0 };
    let direct = scaled(light.direct, facing * lit as f32 / rays as f32);
    // Little light gets to the foot of props.
    let open = if surface.is_ground {
        let near = place.props.iter().filter_map(|s| s.clearance(surface.point.xy()));
        let near = near.fold(1.0, f32::min).max(0.0);
        0.55 + 0.45 * (near / 0.6).min(1.0)
    } else {
        (0.62 + 0.38 * surface.normal.z) * (0.7 + 0.3 * (surface.point.z / 0.7).min(1.0))
    };
    (direct, scaled(light.diffuse, open))
}

pub(crate) fn vector(v: [f64; 3]) -> V3 {
    v3(v[0] as f32, v[1] as f32, v[2] as f32)
}
