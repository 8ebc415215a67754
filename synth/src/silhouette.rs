//! One person's image on its own: which samples the body covers, hidden or not, inside the camera's image or not.

use crate::color::{Rgb, times};
use crate::loft::Patch;
use crate::texture::Texture;

/// A point of a surface in the image: x and y in pixels, and one over its depth.
pub(crate) type Pixel = [f32; 3];

/// The samples that a person covers within a window of the image.
pub(crate) struct Silhouette {
    /// Left and top edge of the window in the image.
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) width: usize,
    /// One over the depth; 0 where the person is not.
    pub(crate) nearness: Vec<f32>,
    pub(crate) color: Vec<Rgb>,
}

impl Silhouette {
    /// An empty window from `(left, top)` to `(right, bottom)`.
    pub(crate) fn new((left, top): (i32, i32), (right, bottom): (i32, i32)) -> Self {
        let (width, height) = ((right - left).max(0) as usize, (bottom - top).max(0) as usize);
        let size = width * height;
        Self { left, top, width, nearness: vec![0.0; size], color: vec![[0.0; 3]; size] }
    }

    /// Forgets everything that was drawn.
    pub(crate) fn clear(&mut self) {
        self.nearness.fill(0.0);
    }

    /// How many samples the person covers.
    pub(crate) fn covered(&self) -> usize {
        self.nearness.iter().filter(|&&n| n > 0.0).count()
    }

    /// Draws a surface whose points are seen at `pixels` and are lit by `light`; `sample` is the point of each pixel
    /// that is sampled.
    pub(crate) fn draw(
        &mut self,
        patch: &Patch,
        pixels: &[Pixel],
        light: &[Rgb],
        texture: &Texture,
        sample: (f32, f32),
    ) {
        let rows = (patch.points.len() / patch.columns - 1) as f32;
        let columns = (patch.columns - 1) as f32;
        let (dx, dy) = (self.left as f32 + sample.0, self.top as f32 + sample.1);
        let corner = |i: usize| Corner {
            x: pixels[i][0] - dx,
            y: pixels[i][1] - dy,
            nearness: pixels[i][2],
            u: (i % patch.columns) as f32 / columns,
            v: (i / patch.columns) as f32 / rows,
            light: light[i],
        };
        for [a, b, c] in patch.triangles() {
            self.fill(&corner(a), &corner(b), &corner(c), texture);
        }
    }

    fn fill(&mut self, a: &Corner, b: &Corner, c: &Corner, texture: &Texture) {
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        let (low_y, high_y) = (a.y.min(b.y).min(c.y), a.y.max(b.y).max(c.y));
        let (low_x, high_x) = (a.x.min(b.x).min(c.x), a.x.max(b.x).max(c.x));
        // Samples are at whole numbers here.
        let (first_y, last_y) = (low_y.ceil(), high_y.floor());
        let (first_x, last_x) = (low_x.ceil(), high_x.floor());
        if area == 0.0 || first_y > last_y || first_x > last_x {
            return;
        }
        let scale = 1.0 / area;
        let height = self.nearness.len() / self.width;
        let clip = |low: f32, high: f32, end: usize| {
            low.max(0.0) as usize..((high + 1.0).max(0.0) as usize).min(end)
        };
        for y in clip(first_y, last_y, height) {
            for x in clip(first_x, last_x, self.width) {
                let (px, py) = (x as f32, y as f32);
                // Shares of the corners, which sum to 1.
                let wc = ((b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x)) * scale;
                let wb = ((px - a.x) * (c.y - a.y) - (py - a.y) * (c.x - a.x)) * scale;
                let wa = 1.0 - wb - wc;
                if wa < 0.0 || wb < 0.0 || wc < 0.0 {
                    continue;
                }
                let mix = |a: f32, b: f32, c: f32| wa * a + wb * b + wc * c;
                let nearness = mix(a.nearness, b.nearness, c.nearness);
                let at = y * self.width + x;
                if nearness > self.nearness[at] {
                    let light = [0, 1, 2].map(|i| mix(a.light[i], b.light[i], c.light[i]));
                    self.nearness[at] = nearness;
                    self.color[at] = times(texture.sample(mix(a.u, b.u, c.u), mix(a.v, b.v, c.v)), light);
                }
            }
        }
    }
}

struct Corner {
    x: f32,
    y: f32,
    nearness: f32,
    u: f32,
    v: f32,
    light: Rgb,
}
