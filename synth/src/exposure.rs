//! One image: people in front of the background plate, and how much of each is visible.
//!
//! The image is the mean of four passes. Each samples another point of the pixels and another time while the
//! shutter is open, which smooths edges and blurs motion at the same cost.

use mvmhat_scene::BBox;

use crate::actor::{Actor, LONGEST_SHUTTER};
use crate::background_plate::{BackgroundPlate, SAMPLES};
use crate::camera::Camera;
use crate::color::{Rgb, plus, scaled};
use crate::loft::Patch;
use crate::shadow::ShadowMap;
use crate::silhouette::{Pixel, Silhouette};

/// Nearer surfaces than this, in metres, are not drawn: people are never that near.
const NEAREST: f64 = 0.2;
/// No person.
const NOBODY: u16 = u16::MAX;

/// Somebody in the image.
pub(crate) struct VisiblePerson {
    /// Index of the person in the list of all.
    pub(crate) index: usize,
    /// Around the whole body in pixels, hidden parts and parts outside of the image too.
    pub(crate) bbox: BBox,
    /// Fraction of the silhouette that is visible.
    pub(crate) visibility: f64,
}

/// A person as one camera sees it, from when the shutter opens to when it closes.
struct Figure<'a> {
    actor: &'a Actor<'a>,
    opened: Vec<Vec<Pixel>>,
    closed: Vec<Vec<Pixel>>,
    bbox: BBox,
    silhouette: Silhouette,
    covered: usize,
    seen: usize,
}

impl<'a> Figure<'a> {
    /// `None` for somebody behind the camera or outside of the image.
    fn new(camera: &Camera, actor: &'a Actor<'a>) -> Option<Self> {
        let project = |patch: &Patch| -> Option<Vec<Pixel>> {
            let pixel = |point: &crate::loft::V3| {
                let point = [f64::from(point.x), f64::from(point.y), f64::from(point.z)];
                let depth = camera.pinhole.depth(point);
                let (x, y) = camera.pinhole.project(point).filter(|_| depth > NEAREST)?;
                Some([x as f32, y as f32, (1.0 / depth) as f32])
            };
            patch.points.iter().map(pixel).collect()
        };
        let opened: Vec<Vec<Pixel>> = actor.patches.iter().map(project).collect::<Option<_>>()?;
        let mut closed: Vec<Vec<Pixel>> = actor.later.iter().map(project).collect::<Option<_>>()?;
        let fraction = camera.shutter / LONGEST_SHUTTER;
        for (open, close) in opened.iter().flatten().zip(closed.iter_mut().flatten()) {
            *close = interpolate(*open, *close, fraction);
        }
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for pixel in opened.iter().chain(&closed).flatten() {
            for i in 0..2 {
                (low[i], high[i]) = (low[i].min(pixel[i]), high[i].max(pixel[i]));
            }
        }
        let [x, y] = low.map(f64::from);
        let bbox = BBox::new(x, y, f64::from(high[0]) - x, f64::from(high[1]) - y);
        let (width, height) = camera.pinhole.image_size;
        bbox.clipped(f64::from(width), f64::from(height))?;
        let [left, top] = low.map(|v| v.floor() as i32 - 1);
        let [right, bottom] = high.map(|v| v.ceil() as i32 + 1);
        let silhouette = Silhouette::new((left, top), (right, bottom));
        Some(Self { actor, opened, closed, bbox, silhouette, covered: 0, seen: 0 })
    }

    /// Draws the silhouette of a pass.
    fn draw(&mut self, pass: usize) {
        let time = (pass as f32 + 0.5) / SAMPLES.len() as f32;
        self.silhouette.clear();
        for (i, patch) in self.actor.patches.iter().enumerate() {
            let ends = self.opened[i].iter().zip(&self.closed[i]);
            let pixels: Vec<Pixel> = ends.map(|(a, b)| interpolate(*a, *b, time)).collect();
            let texture = &self.actor.person.textures[patch.texture];
            self.silhouette.draw(patch, &pixels, &self.actor.light[i], texture, SAMPLES[pass]);
        }
        self.covered += self.silhouette.covered();
    }
}

fn interpolate(a: Pixel, b: Pixel, fraction: f32) -> Pixel {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * fraction)
}

/// The part of a window that lies in the image, row by row: where it begins in the window and in the image, and how
/// long it is.
fn rows(
    silhouette: &Silhouette,
    size: (usize, usize),
) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
    let (left, top, width) = (silhouette.left, silhouette.top, silhouette.width);
    let height = (silhouette.nearness.len() / width.max(1)) as i32;
    let first = left.max(0);
    let length = ((left + width as i32).min(size.0 as i32) - first).max(0) as usize;
    (top.max(0)..(top + height).min(size.1 as i32)).map(move |y| {
        let own = (y - top) as usize * width + (first - left) as usize;
        (own, y as usize * size.0 + first as usize, length)
    })
}

/// An image that is being exposed.
struct Exposure {
    /// Sum of the light of people over the passes, and in how many of them there was one.
    people: Vec<Rgb>,
    passes: Vec<u8>,
}

/// Takes an image: rows of blue, green and red, and the people in it.
pub(crate) fn expose(
    camera: &Camera,
    background: &BackgroundPlate,
    empty: &[u8],
    actors: &[Actor<'_>],
    shadows: &ShadowMap,
    timestep: u32,
) -> (Vec<u8>, Vec<VisiblePerson>) {
    let (width, height) = camera.pinhole.image_size;
    let size = (width as usize, height as usize);
    let mut figures: Vec<Figure<'_>> = actors.iter().filter_map(|actor| Figure::new(camera, actor)).collect();
    let exposure = superpose(&mut figures, background, size);

    let mut image = empty.to_vec();
    let corner = (0.25 * (size.0 * size.0 + size.1 * size.1) as f32).recip();
    for (i, pixel) in image.chunks_exact_mut(3).enumerate() {
        let shade = background.ground[i].map_or(0.0, |ground| {
            // Under people it is a little darker even where no direct light comes.
            shadows.shade(ground.x, ground.y) * (0.12 + 0.88 * ground.direct)
        });
        let passes = exposure.passes[i];
        if shade == 0.0 && passes == 0 {
            continue;
        }
        let behind = scaled(background.light[i], (1.0 - shade) * (SAMPLES.len() as u8 - passes) as f32);
        let light = scaled(plus(exposure.people[i], behind), 1.0 / SAMPLES.len() as f32);
        let (x, y) = ((i % size.0) as f32 - 0.5 * size.0 as f32, (i / size.0) as f32 - 0.5 * size.1 as f32);
        pixel.copy_from_slice(&camera.response.develop(light, (x * x + y * y) * corner));
    }
    camera.response.coarsen(&mut image, size.0, timestep);
    let seen = figures.into_iter().map(|f| VisiblePerson {
        index: f.actor.index,
        bbox: f.bbox,
        visibility: f.seen as f64 / f.covered.max(1) as f64,
    });
    (image, seen.collect())
}

/// The image of the place without people.
pub(crate) fn without_people(camera: &Camera, background: &BackgroundPlate) -> Vec<u8> {
    let (width, height) = camera.pinhole.image_size;
    let (half_x, half_y) = (0.5 * width as f32, 0.5 * height as f32);
    let corner = (half_x * half_x + half_y * half_y).recip();
    let pixel = |(i, light): (usize, &Rgb)| {
        let (x, y) = (i as u32 % width, i as u32 / width);
        let (x, y) = (x as f32 - half_x, y as f32 - half_y);
        camera.response.develop(*light, (x * x + y * y) * corner)
    };
    background.light.iter().enumerate().flat_map(pixel).collect()
}

/// Draws everybody in all passes, the nearest in front.
fn superpose(figures: &mut [Figure<'_>], background: &BackgroundPlate, size: (usize, usize)) -> Exposure {
    let count = size.0 * size.1;
    let mut exposure = Exposure { people: vec![[0.0; 3]; count], passes: vec![0; count] };
    let mut owner = vec![NOBODY; count];
    let mut nearest = vec![0.0; count];
    for pass in 0..SAMPLES.len() {
        nearest.copy_from_slice(&background.nearness[pass]);
        for (k, figure) in figures.iter_mut().enumerate() {
            figure.draw(pass);
            for (own, at, length) in rows(&figure.silhouette, size) {
                for i in 0..length {
                    if figure.silhouette.nearness[own + i] > nearest[at + i] {
                        nearest[at + i] = figure.silhouette.nearness[own + i];
                        owner[at + i] = k as u16;
                    }
                }
            }
        }
        for (k, figure) in figures.iter_mut().enumerate() {
            for (own, at, length) in rows(&figure.silhouette, size) {
                for i in 0..length {
                    if owner[at + i] == k as u16 {
                        // Given back for the next pass.
                        owner[at + i] = NOBODY;
                        figure.seen += 1;
                        let color = figure.silhouette.color[own + i];
                        exposure.people[at + i] = plus(exposure.people[at + i], color);
                        exposure.passes[at + i] += 1;
                    }
                }
            }
        }
    }
    exposure
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::Pinhole;

    use super::*;
    use crate::camera::Response;
    use crate::loft::v3;
    use crate::material::{Finish, Material};
    use crate::options::PlaceKind;
    use crate::person::people;
    use crate::place::Place;
    use crate::solid::{Solid, V2};
    use crate::walk::PersonState;
    use mvmhat_random::Random;

    /// A level camera 8 m south of the origin and 1 m high, 300 pixels to the unit, that looks at (`to`, 0).
    fn visible(solids: Vec<Solid>, to: f64) -> (f64, Vec<VisiblePerson>) {
        let mut place = Place::new(PlaceKind::Hall, 1);
        (place.solids, place.props) = (solids, Vec::new());
        place.plant();
        let pinhole = Pinhole::looking((320, 240), 300.0, 0.0, [0.0, -8.0, 1.0], [to, 0.0, 1.0]).unwrap();
        let response = Response::new(&mut Random::new(1, "camera"));
        let camera = Camera { pinhole, response, shutter: 0.004 };
        let background = BackgroundPlate::new(&place, &camera.pinhole, 1);
        let person = &people(1, 5)[0];
        let state = PersonState {
            position: V2::zeros(),
            velocity: V2::zeros(),
            heading: -std::f32::consts::FRAC_PI_2,
            phase: 0.0,
            seconds: 0.0,
            stride: 0.0,
            company: false,
        };
        let actors = [Actor::new(0, person, state, &place)];
        let shadows = ShadowMap::new(&place, &actors);
        let empty = without_people(&camera, &background);
        let (image, seen) = expose(&camera, &background, &empty, &actors, &shadows, 0);
        assert_eq!(image.len(), 320 * 240 * 3);
        (f64::from(person.body.height), seen)
    }

    #[test]
    fn the_box_is_where_the_camera_projects_the_person_to() {
        let (height, seen) = visible(Vec::new(), 0.0);
        let bbox = seen[0].bbox;
        // By hand: the feet are 1 m below the axis and 8 m away, the crown (height - 1) above it.
        let (feet, crown) = (120.0 + 300.0 / 8.0, 120.0 - 300.0 * (height - 1.0) / 8.0);
        assert!((bbox.bottom() - feet).abs() < 1.5, "{bbox:?}, feet at {feet}");
        assert!((bbox.y - crown).abs() < 2.0, "{bbox:?}, crown at {crown}");
        assert!((bbox.center().0 - 160.0).abs() < 4.0, "{bbox:?}");
        assert_eq!(seen[0].visibility, 1.0);
    }

    #[test]
    fn half_of_a_person_behind_a_wall_or_beside_the_image_is_hidden() {
        let gray = Material::new(Finish::Rough, 0x80_80_80, 0, 1);
        let wall = Solid::from_corners(v3(0.0, -2.0, 0.0), v3(3.0, -1.9, 3.0), gray);
        let (_, whole) = visible(Vec::new(), 0.0);
        let (_, half) = visible(vec![wall], 0.0);
        assert!((half[0].visibility - 0.5).abs() < 0.1, "{}", half[0].visibility);
        assert_eq!(half[0].bbox, whole[0].bbox, "the box is of the whole body");
        // 160 pixels from the middle: 8 m * 160 / 300 aside, and the axis turns with it.
        let angle = (160.0_f64 / 300.0).atan();
        let (_, cut) = visible(Vec::new(), 8.0 * angle.tan());
        assert!((cut[0].visibility - 0.5).abs() < 0.1, "{}", cut[0].visibility);
    }

    #[test]
    fn somebody_entirely_behind_a_wall_is_not_visible() {
        let gray = Material::new(Finish::Rough, 0x80_80_80, 0, 1);
        let wall = Solid::from_corners(v3(-3.0, -2.0, 0.0), v3(3.0, -1.9, 3.0), gray);
        assert_eq!(visible(vec![wall], 0.0).1[0].visibility, 0.0);
    }
}
