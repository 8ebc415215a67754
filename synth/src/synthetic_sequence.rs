//! A synthetic multi-view sequence: who is where at every timestep, and the images and annotations of each.

use std::collections::BTreeMap;

use mvmhat_scene::{BBox, Calibration, PersonId, Plane};
use rayon::prelude::*;

use crate::actor::Actor;
use crate::background_plate::BackgroundPlate;
use crate::camera::{Camera, cameras};
use crate::exposure::{VisiblePerson, expose, without_people};
use crate::options::{Options, OptionsError};
use crate::person::{Person, people};
use crate::place::Place;
use crate::plan::Plan;
use crate::shadow::ShadowMap;
use crate::walk::{PersonStates, walk};

/// Boxes that are not as high as this, in pixels, are not annotated.
const MIN_HEIGHT: f64 = 20.0;
/// Nor are people of whom less than this is visible.
const MIN_VISIBILITY: f64 = 0.1;

/// A sequence that is rendered on demand. The same options give the same bytes, whatever the number of threads.
pub struct SyntheticSequence {
    place: Place,
    people: Vec<Person>,
    states: PersonStates,
    cameras: Vec<CameraView>,
}

/// A camera and what it sees of the place.
struct CameraView {
    camera: Camera,
    background: BackgroundPlate,
    /// The image without people.
    empty: Vec<u8>,
}

/// The image of one camera at one timestep, and who is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedFrame {
    /// Blue, green and red of each pixel, row by row.
    pub image: Vec<u8>,
    /// The people in it, sorted by identity.
    pub annotations: Vec<Annotation>,
}

/// The ground truth of one person in one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Annotation {
    /// Who it is.
    pub person: PersonId,
    /// The whole body, hidden parts too, clipped to the image.
    pub bbox: BBox,
    /// Fraction of the silhouette that is visible, 0 to 1: not what other people, props or the edge of the image hide.
    pub visibility: f64,
}

impl SyntheticSequence {
    /// Builds the place, traces what each camera sees of it, and lets the people walk.
    ///
    /// # Errors
    /// An option that is out of bounds.
    pub fn new(options: &Options) -> Result<Self, OptionsError> {
        options.check()?;
        let place = Place::new(options.place, options.seed);
        let plan = Plan::new(&place);
        let states = walk(&place, &plan, options.people, options.frames, options.fps, options.seed);
        let view = |mut camera: Camera| {
            let background = BackgroundPlate::new(&place, &camera.pinhole, options.seed as u32);
            camera.response.adapt(background.mean());
            CameraView { empty: without_people(&camera, &background), camera, background }
        };
        let cameras = cameras(&place, options).into_iter().map(view).collect();
        Ok(Self { people: people(options.people, options.seed), states, cameras, place })
    }

    /// The cameras by name, `cam1` and on, in a world whose ground is z = 0.
    pub fn calibration(&self) -> Calibration {
        let cameras = self.names().into_iter().zip(self.cameras.iter().map(|v| v.camera.pinhole.clone()));
        Calibration { ground: Plane::default(), cameras: cameras.collect::<BTreeMap<_, _>>() }
    }

    /// The names of the cameras, in the order of [`render`](Self::render).
    pub fn names(&self) -> Vec<String> {
        let digits = self.cameras.len().to_string().len();
        (1..=self.cameras.len()).map(|i| format!("cam{i:0digits$}")).collect()
    }

    /// The people in the place at a timestep and their ground-plane positions (x, y) in metres; none after the last
    /// timestep.
    pub fn positions(&self, timestep: u32) -> Vec<(PersonId, [f64; 2])> {
        let states = self.states.get(timestep as usize).into_iter().flatten().enumerate();
        states
            .filter_map(|(i, state)| Some((i, state.as_ref()?.position)))
            .filter(|(_, p)| p.x.abs() <= self.place.half.x && p.y.abs() <= self.place.half.y)
            .map(|(i, p)| (identity(i), [f64::from(p.x), f64::from(p.y)]))
            .collect()
    }

    /// Renders a timestep: one frame per camera.
    pub fn render(&self, timestep: u32) -> Vec<RenderedFrame> {
        let present = self.states.get(timestep as usize).into_iter().flatten().enumerate();
        let present: Vec<_> = present.filter_map(|(i, state)| Some((i, (*state)?))).collect();
        let actors: Vec<Actor<'_>> = present
            .into_par_iter()
            .map(|(i, state)| Actor::new(i, &self.people[i], state, &self.place))
            .collect();
        let shadows = ShadowMap::new(&self.place, &actors);
        self.cameras.par_iter().map(|view| view.render(&actors, &shadows, timestep)).collect()
    }
}

impl CameraView {
    fn render(&self, actors: &[Actor<'_>], shadows: &ShadowMap, timestep: u32) -> RenderedFrame {
        let (image, people) = expose(&self.camera, &self.background, &self.empty, actors, shadows, timestep);
        let (width, height) = self.camera.pinhole.image_size;
        let annotation = |visible: VisiblePerson| {
            let bbox = visible.bbox.clipped(f64::from(width), f64::from(height))?;
            let is_annotated = bbox.h >= MIN_HEIGHT && visible.visibility >= MIN_VISIBILITY;
            let person = identity(visible.index);
            is_annotated.then_some(Annotation { person, bbox, visibility: visible.visibility })
        };
        RenderedFrame { image, annotations: people.into_iter().filter_map(annotation).collect() }
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

    fn rendered(options: &Options, threads: usize) -> Vec<Vec<RenderedFrame>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let sequence = SyntheticSequence::new(options).unwrap();
            (0..options.frames).into_par_iter().map(|timestep| sequence.render(timestep)).collect()
        })
    }

    #[test]
    fn the_same_options_give_the_same_bytes_on_any_number_of_threads() {
        let one = rendered(&options(), 1);
        assert_eq!(one, rendered(&options(), 3));
        assert!(one.iter().flatten().any(|frame| !frame.annotations.is_empty()));
        assert_ne!(one, rendered(&Options { seed: 2, ..options() }, 3), "another seed is another sequence");
        assert_ne!(one[0][0].image, one[1][0].image);
    }

    #[test]
    fn one_more_camera_moves_nobody() {
        let sequence = SyntheticSequence::new(&options()).unwrap();
        let more = SyntheticSequence::new(&Options { cameras: 5, ..options() }).unwrap();
        assert_eq!((sequence.render(0).len(), more.render(0).len()), (4, 5));
        (0..4).for_each(|timestep| assert_eq!(sequence.positions(timestep), more.positions(timestep)));
        assert_eq!(more.names(), ["cam1", "cam2", "cam3", "cam4", "cam5"]);
        assert!(
            sequence.positions(4).is_empty() && sequence.render(4)[0].annotations.is_empty(),
            "it is over"
        );
    }

    #[test]
    fn people_who_come_back_have_the_identity_of_before() {
        let options = Options { frames: 2500, size: (64, 64), cameras: 1, ..options() };
        let sequence = SyntheticSequence::new(&options).unwrap();
        let presence = |person: u32| -> Vec<bool> {
            let is_present = |timestep| sequence.positions(timestep).iter().any(|(id, _)| id.0 == person);
            (0..2500).map(is_present).collect()
        };
        // Present, then away for a second at least, then present again.
        let re_entries = (1..=6).filter(|&person| {
            let present = presence(person);
            let last = |end: usize| present[..end].iter().rposition(|&h| h);
            (1..present.len())
                .any(|i| present[i] && !present[i - 1] && last(i).is_some_and(|last| i - last > 25))
        });
        assert!(re_entries.count() >= 3);
    }
}
