//! Small pictures that surfaces wear.

use crate::colour::Rgb;

/// How many texels along each side.
const SIDE: usize = 64;

/// A square picture in linear colours.
pub(crate) struct Texture(Vec<Rgb>);

impl Texture {
    /// The picture whose colour at (u, v), both 0 to 1, is `paint(u, v)`.
    pub(crate) fn paint(mut paint: impl FnMut(f32, f32) -> Rgb) -> Self {
        let middle = |i: usize| (i as f32 + 0.5) / SIDE as f32;
        let mut texels = Vec::with_capacity(SIDE * SIDE);
        for row in 0..SIDE {
            texels.extend((0..SIDE).map(|column| paint(middle(column), middle(row))));
        }
        Self(texels)
    }

    /// The colour at (u, v); beyond the edges that of the edge.
    pub(crate) fn at(&self, u: f32, v: f32) -> Rgb {
        let place = |x: f32| ((x * SIDE as f32) as usize).min(SIDE - 1);
        self.0[place(v) * SIDE + place(u)]
    }
}
