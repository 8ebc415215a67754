//! A person at one timestep, lit, for all cameras.

use crate::color::{Rgb, plus, scaled};
use crate::figure::figure;
use crate::loft::{Patch, V3, v3};
use crate::person::Person;
use crate::place::Place;
use crate::walk::PersonState;

/// No camera's shutter is open for longer, in seconds.
pub(crate) const LONGEST_SHUTTER: f32 = 0.02;

/// A person at one timestep.
pub(crate) struct Actor<'a> {
    /// Index of the person in the list of all.
    pub(crate) index: usize,
    pub(crate) person: &'a Person,
    /// The surfaces when the shutter opens.
    pub(crate) patches: Vec<Patch>,
    /// The surfaces when the [`LONGEST_SHUTTER`] closes.
    pub(crate) later: Vec<Patch>,
    /// Light on each point, patch by patch.
    pub(crate) light: Vec<Vec<Rgb>>,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(index: usize, person: &'a Person, state: PersonState, place: &Place) -> Self {
        let mut patches = figure(person, &state);
        patches.iter_mut().for_each(Patch::find_normals);
        let sun = sun(place, &state, person.body.height);
        let light = patches.iter().map(|patch| {
            let both = patch.points.iter().zip(&patch.normals);
            both.map(|(point, normal)| shine(place, sun, *point, *normal)).collect()
        });
        let light = light.collect();
        Self { index, person, patches, later: figure(person, &state.advanced_by(LONGEST_SHUTTER)), light }
    }
}

/// Fraction of the direct light that reaches somebody: props may stand in it.
fn sun(place: &Place, state: &PersonState, height: f32) -> f32 {
    let lit = [0.25, 0.5, 0.7, 0.95].into_iter().filter(|fraction| {
        let point = v3(state.position.x, state.position.y, fraction * height);
        place.is_lit(point, place.light.direction)
    });
    lit.count() as f32 / 4.0
}

fn shine(place: &Place, sun: f32, point: V3, normal: V3) -> Rgb {
    let light = &place.light;
    // A wide light reaches around.
    let wrap = 0.6 * light.width;
    let facing = ((normal.dot(&light.direction) + wrap) / (1.0 + wrap)).max(0.0) * sun;
    // From above comes more than from the ground, and between the legs it is dark.
    let open = (0.66 + 0.34 * normal.z) * (0.72 + 0.28 * (point.z / 0.8).min(1.0));
    plus(scaled(light.direct, facing), scaled(light.diffuse, open))
}
