//! A whole recording: who is where at every timestep, and the images and the truth of each.

use std::collections::BTreeMap;

use mvmhat_scene::{BBox, Calibration, PersonId, Plane};
use rayon::prelude::*;

use crate::actor::Actor;
use crate::backdrop::Backdrop;
use crate::camera::{Camera, cameras};
use crate::exposure::{expose, still};
use crate::options::{Options, OptionsError};
use crate::person::{Person, people};
use crate::place::Place;
use crate::plan::Plan;
use crate::shadow::ShadowMap;
use crate::walk::{Moments, walk};

/// Boxes lower than this, in pixels, are no truth that anything could be measured against.
const LOWEST_BOX: f64 = 20.0;
/// Nor are people of whom less than this can be seen.
const LEAST_VISIBILITY: f64 = 0.1;

/// A recording that is made as it is asked for. The same options give the same bytes, whatever the number of threads.
pub struct Film {
    place: Place,
    people: Vec<Person>,
    moments: Moments,
    cameras: Vec<View>,
}

struct View {
    camera: Camera,
    backdrop: Backdrop,
    /// The image without anybody.
    still: Vec<u8>,
}

/// What one camera has of one timestep.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    /// Blue, green and red of each pixel, row by row.
    pub image: Vec<u8>,
    /// Who is in it, by identity.
    pub people: Vec<Sighting>,
}

/// Somebody in an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Who.
    pub person: PersonId,
    /// The whole body, hidden parts too, clipped to the image.
    pub bbox: BBox,
    /// Share of the silhouette that can be seen, 0 to 1: what others, things or the edge of the image cut off is not.
    pub visibility: f64,
}

impl Film {
    /// Builds the place, traces what each camera sees of it, and lets the people walk.
    ///
    /// # Errors
    /// An option that is out of bounds.
    pub fn new(options: &Options) -> Result<Self, OptionsError> {
        options.check()?;
        let place = Place::new(options.place, options.seed);
        let plan = Plan::new(&place);
        let moments = walk(&place, &plan, options.people, options.frames, options.fps, options.seed);
        let view = |mut camera: Camera| {
            let backdrop = Backdrop::new(&place, &camera.pinhole, options.seed as u32);
            camera.response.adapt(backdrop.mean());
            View { still: still(&camera, &backdrop), camera, backdrop }
        };
        let cameras = cameras(&place, options).into_iter().map(view).collect();
        Ok(Self { people: people(options.people, options.seed), moments, cameras, place })
    }

    /// The cameras by name, `cam1` and on, in a world whose ground is z = 0.
    pub fn calibration(&self) -> Calibration {
        let cameras = self.names().into_iter().zip(self.cameras.iter().map(|v| v.camera.pinhole.clone()));
        Calibration { ground: Plane::default(), cameras: cameras.collect::<BTreeMap<_, _>>() }
    }

    /// What the cameras are called, in the order of the shots.
    pub fn names(&self) -> Vec<String> {
        let digits = self.cameras.len().to_string().len();
        (1..=self.cameras.len()).map(|i| format!("cam{i:0digits$}")).collect()
    }

    /// Who is in the place at a timestep, and where on the ground, in metres; nobody after the last timestep.
    pub fn positions(&self, timestep: u32) -> Vec<(PersonId, f64, f64)> {
        let moments = self.moments.get(timestep as usize).into_iter().flatten().enumerate();
        moments
            .filter_map(|(i, moment)| Some((i, moment.as_ref()?.place)))
            .filter(|(_, p)| p.x.abs() <= self.place.half.x && p.y.abs() <= self.place.half.y)
            .map(|(i, p)| (identity(i), f64::from(p.x), f64::from(p.y)))
            .collect()
    }

    /// What all cameras have of a timestep.
    pub fn shoot(&self, timestep: u32) -> Vec<Shot> {
        let present = self.moments.get(timestep as usize).into_iter().flatten().enumerate();
        let present: Vec<_> = present.filter_map(|(i, moment)| Some((i, (*moment)?))).collect();
        let actors: Vec<Actor<'_>> = present
            .into_par_iter()
            .map(|(i, moment)| Actor::new(i, &self.people[i], moment, &self.place))
            .collect();
        let shadows = ShadowMap::new(&self.place, &actors);
        self.cameras.par_iter().map(|view| view.shoot(&actors, &shadows, timestep)).collect()
    }
}

impl View {
    fn shoot(&self, actors: &[Actor<'_>], shadows: &ShadowMap, timestep: u32) -> Shot {
        let (image, seen) = expose(&self.camera, &self.backdrop, &self.still, actors, shadows, timestep);
        let (width, height) = self.camera.pinhole.image_size;
        let sighting = |seen: crate::exposure::Seen| {
            let bbox = seen.bbox.clipped(f64::from(width), f64::from(height))?;
            let counts = bbox.h >= LOWEST_BOX && seen.visibility >= LEAST_VISIBILITY;
            counts.then_some(Sighting { person: identity(seen.index), bbox, visibility: seen.visibility })
        };
        Shot { image, people: seen.into_iter().filter_map(sighting).collect() }
    }
}

fn identity(index: usize) -> PersonId {
    PersonId(index as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::PlaceKind;

    fn options() -> Options {
        Options { people: 6, frames: 4, size: (128, 96), place: PlaceKind::Lobby, ..Options::default() }
    }

    fn shots(options: &Options, threads: usize) -> Vec<Vec<Shot>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let film = Film::new(options).unwrap();
            (0..options.frames).into_par_iter().map(|timestep| film.shoot(timestep)).collect()
        })
    }

    #[test]
    fn the_same_options_give_the_same_bytes_on_any_number_of_threads() {
        let one = shots(&options(), 1);
        assert_eq!(one, shots(&options(), 3));
        assert!(one.iter().flatten().any(|shot| !shot.people.is_empty()));
        assert_ne!(one, shots(&Options { seed: 2, ..options() }, 3), "another seed is another recording");
        assert_ne!(one[0][0].image, one[1][0].image);
    }

    #[test]
    fn a_camera_more_moves_nobody() {
        let film = Film::new(&options()).unwrap();
        let more = Film::new(&Options { cameras: 5, ..options() }).unwrap();
        assert_eq!((film.shoot(0).len(), more.shoot(0).len()), (4, 5));
        (0..4).for_each(|timestep| assert_eq!(film.positions(timestep), more.positions(timestep)));
        assert_eq!(more.names(), ["cam1", "cam2", "cam3", "cam4", "cam5"]);
        assert!(film.positions(4).is_empty() && film.shoot(4)[0].people.is_empty(), "it is over");
    }

    #[test]
    fn who_comes_back_has_the_identity_of_before() {
        let options = Options { frames: 2500, size: (64, 64), cameras: 1, ..options() };
        let film = Film::new(&options).unwrap();
        let here = |person: u32| -> Vec<bool> {
            let is_here = |timestep| film.positions(timestep).iter().any(|(id, ..)| id.0 == person);
            (0..2500).map(is_here).collect()
        };
        // Seen, then away for a second at least, then seen again.
        let returns = (1..=6).filter(|&person| {
            let here = here(person);
            let last = |end: usize| here[..end].iter().rposition(|&h| h);
            (1..here.len()).any(|i| here[i] && !here[i - 1] && last(i).is_some_and(|last| i - last > 25))
        });
        assert!(returns.count() >= 3);
    }
}
