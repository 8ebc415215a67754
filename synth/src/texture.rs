//! Textures: small images on the surfaces of people.

use crate::color::Rgb;

/// How many texels along each side.
const SIDE: usize = 64;

/// A square image. Texels are roots of linear colors in 8 bits: a quarter of the memory, and dark ones are told apart.
pub(crate) struct Texture(Vec<[u8; 4]>);

impl Texture {
    /// The image whose color at (u, v), both 0 to 1, is `paint(u, v)`.
    pub(crate) fn paint(paint: impl Fn(f32, f32) -> Rgb) -> Self {
        let middle = |i: usize| (i as f32 + 0.5) / SIDE as f32;
        let texel = |i: usize| {
            let [r, g, b] = paint(middle(i % SIDE), middle(i / SIDE)).map(|c| (c.sqrt() * 255.0 + 0.5) as u8);
            [r, g, b, 0]
        };
        Self((0..SIDE * SIDE).map(texel).collect())
    }

    /// The color at (u, v); beyond the edges that of the edge.
    pub(crate) fn sample(&self, u: f32, v: f32) -> Rgb {
        let place = |x: f32| ((x * SIDE as f32) as usize).min(SIDE - 1);
        let [r, g, b, _] = self.0[place(v) * SIDE + place(u)];
        [r, g, b].map(|c| (f32::from(c) / 255.0).powi(2))
    }
}
