//! Where the cameras hang, and how they turn light into pixels.

use mvmhat_scene::Pinhole;

use crate::actor::LONGEST_SHUTTER;
use crate::color::{Rgb, scaled};
use crate::loft::v3;
use crate::noise::speck;
use crate::options::Options;
use crate::place::Place;
use crate::solid::V2;
use mvmhat_random::Random;

/// Levels of light that are told apart on the way to 8 bits.
const LEVELS: usize = 4096;
/// Numbers of noise that are drawn once; images begin somewhere in them.
const NOISE: usize = 1 << 16;

/// A camera: its geometry and its response.
pub(crate) struct Camera {
    pub(crate) pinhole: Pinhole,
    pub(crate) response: Response,
    /// Seconds that the shutter is open.
    pub(crate) shutter: f32,
}

/// From light to 8 bits in one camera: exposure, white balance, saturation, tone curve, sharpness, noise.
pub(crate) struct Response {
    /// Light, its mean 1 once adapted, to the camera's red, green and blue.
    matrix: [Rgb; 3],
    curve: Vec<u8>,
    /// How much darker the corners are.
    vignette: f32,
    /// Weight of each of the two neighbors in each direction, of 256.
    blur: u16,
    noise: Vec<i8>,
    seed: u32,
}

/// The cameras of a sequence. One more camera changes neither the people nor the place.
pub(crate) fn cameras(place: &Place, options: &Options) -> Vec<Camera> {
    let mut random = Random::new(options.seed, "cameras");
    let start = random.range(0.0, std::f32::consts::TAU);
    (0..options.cameras)
        .filter_map(|i| {
            let random = &mut Random::new(options.seed, &format!("camera {i} of {}", options.cameras));
            let sector = std::f32::consts::TAU / options.cameras as f32;
            let height = random.range(2.7, (place.wall_height - 0.5).min(4.8));
            let spot = spot(place, start + sector * i as f32, 0.3 * sector.min(1.2), height, random);
            let target = place.half.component_mul(&V2::new(random.range(-0.2, 0.2), random.range(-0.2, 0.2)));
            let width = f64::from(options.size.0);
            let half_view = f64::from(random.range(31.0, 42.0)).to_radians();
            let focal = 0.5 * width / half_view.tan();
            let bend = f64::from(random.range(-0.09, 0.01));
            let center = [f64::from(spot.x), f64::from(spot.y), f64::from(height)];
            let target = [f64::from(target.x), f64::from(target.y), f64::from(random.range(0.5, 1.1))];
            // Six digits are what people write down, and the image is then of exactly this camera.
            let center = center.map(|v| (v * 1e6).round() / 1e6);
            let pinhole = Pinhole::looking(options.size, focal, bend, center, target)?;
            let shutter = random.range(0.004, LONGEST_SHUTTER).min(0.5 / options.fps as f32);
            Some(Camera { pinhole, response: Response::new(random), shutter })
        })
        .collect()
}

/// A position at the wall, in about this direction from the middle, from which much of the court can be seen.
fn spot(place: &Place, direction: f32, spread: f32, height: f32, random: &mut Random) -> V2 {
    let mut best = (f32::NEG_INFINITY, V2::zeros());
    for _ in 0..12 {
        let angle = direction + random.range(-spread, spread);
        let way = V2::new(angle.cos(), angle.sin());
        let reach = place.half - V2::new(0.25, 0.25);
        let spot = way * (reach.x / way.x.abs().max(1e-6)).min(reach.y / way.y.abs().max(1e-6));
        let eye = v3(spot.x, spot.y, height);
        let sees = |i: i32| {
            let fraction = |i: i32| 0.35 * (i - 2) as f32;
            let to = v3(fraction(i % 5) * place.half.x, fraction(i / 5) * place.half.y, 1.0);
            place.props.iter().all(|s| s.meet(eye, to - eye).is_none_or(|hit| hit.distance > 1.0))
        };
        let seen = (0..25).filter(|&i| sees(i)).count() as f32;
        let by_door = place.doors.iter().any(|door| (door - spot).norm() < 1.8);
        let crowded = place.props.iter().any(|s| s.is_within(2.2, eye));
        let score = seen - if by_door { 25.0 } else { 0.0 } - if crowded { 12.0 } else { 0.0 };
        if score > best.0 {
            best = (score, spot);
        }
    }
    best.1
}

impl Response {
    pub(crate) fn new(random: &mut Random) -> Self {
        let exposure = random.range(0.16, 0.3);
        let (warm, green) = (random.range(-0.13, 0.13), random.range(-0.05, 0.05));
        let white = [1.0 + warm, 1.0 + green, 1.0 - warm].map(|c| c * exposure);
        let saturation = random.range(0.7, 1.25);
        let luma = [0.2126, 0.7152, 0.0722];
        let matrix = [0, 1, 2].map(|i| {
            [0, 1, 2].map(|j| white[i] * (luma[j] * (1.0 - saturation) + f32::from(i == j) * saturation))
        });
        let gamma = random.range(1.9, 2.5);
        let (contrast, black) = (random.range(0.0, 0.5), random.range(0.0, 0.05));
        let tone = |level: usize| {
            let x = (level as f32 / (LEVELS - 1) as f32).powf(1.0 / gamma);
            // An S-shaped tone curve, and flare that lifts the blacks.
            let curved = x + contrast * (x * x * (3.0 - 2.0 * x) - x);
            (255.0 * (black + (1.0 - black) * curved) + 0.5) as u8
        };
        let sigma = random.range(1.0, 4.5);
        Self {
            matrix,
            curve: (0..LEVELS).map(tone).collect(),
            vignette: random.range(0.0, 0.35),
            blur: random.range(0.0, 62.0) as u16,
            noise: (0..NOISE).map(|_| (sigma * random.bounded_normal()).round() as i8).collect(),
            seed: random.bits() as u32,
        }
    }

    /// Sets the exposure for a place of this mean brightness.
    pub(crate) fn adapt(&mut self, mean: Rgb) {
        let gain = 3.0 / (mean[0] + mean[1] + mean[2]).max(1e-3);
        self.matrix = self.matrix.map(|row| scaled(row, gain));
    }

    /// Blue, green and red of light that falls on the image so far from its middle (1: the corner), squared.
    pub(crate) fn develop(&self, light: Rgb, off_axis: f32) -> [u8; 3] {
        let gain = 1.0 - self.vignette * off_axis;
        [2, 1, 0].map(|i| {
            let [r, g, b] = self.matrix[i];
            let level = gain * (r * light[0] + g * light[1] + b * light[2]);
            self.curve[(level.clamp(0.0, 1.0) * (LEVELS - 1) as f32) as usize]
        })
    }

    /// Makes a sharp and clean image, rows of blue, green and red, as soft and noisy as this camera's.
    pub(crate) fn coarsen(&self, image: &mut [u8], width: usize, timestep: u32) {
        let row = 3 * width;
        self.soften(image, row);
        for (y, line) in image.chunks_exact_mut(row).enumerate() {
            let from = speck(timestep as i32, y as i32, self.seed) * (NOISE - row) as f32;
            for (value, noise) in line.iter_mut().zip(&self.noise[from as usize..]) {
                *value = value.saturating_add_signed(*noise);
            }
        }
    }

    /// Three by three, the rows above and below kept as they were.
    fn soften(&self, image: &mut [u8], row: usize) {
        let (side, middle) = (self.blur, 256 - 2 * self.blur);
        let mixed = |a: u8, b: u8, c: u8| {
            ((side * (u16::from(a) + u16::from(c)) + middle * u16::from(b) + 128) >> 8) as u8
        };
        // The rows above, here and below as they were.
        let mut above = image[..row].to_vec();
        let mut here = vec![0; row];
        for start in (0..image.len()).step_by(row) {
            let (head, tail) = image.split_at_mut((start + row).min(image.len()));
            let line = &mut head[start..];
            let below = tail.get(..row);
            here.copy_from_slice(line);
            for (i, value) in line.iter_mut().enumerate() {
                *value = mixed(above[i], here[i], below.map_or(here[i], |below| below[i]));
            }
            std::mem::swap(&mut above, &mut here);
            here.copy_from_slice(line);
            for ((value, left), right) in line[3..].iter_mut().zip(&here).zip(&here[6..]) {
                *value = mixed(*left, *value, *right);
            }
        }
    }
}
