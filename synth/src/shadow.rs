//! The shadows of people on the ground, as a map of the ground that all cameras share.

use crate::actor::Actor;
use crate::place::Place;

/// Width of a cell of the map in metres.
const CELL: f32 = 0.05;
/// How far beyond the walls the map reaches.
const MARGIN: f32 = 0.5;

/// How much of the direct light people take from each ground-plane position, 0 to 1.
pub(crate) struct ShadowMap {
    columns: usize,
    rows: usize,
    corner: (f32, f32),
    shade: Vec<f32>,
}

impl ShadowMap {
    pub(crate) fn new(place: &Place, actors: &[Actor<'_>]) -> Self {
        let corner = (-place.half.x - MARGIN, -place.half.y - MARGIN);
        let (columns, rows) = ((-2.0 * corner.0 / CELL) as usize, (-2.0 * corner.1 / CELL) as usize);
        let mut map = Self { columns, rows, corner, shade: vec![0.0; columns * rows] };
        let slope = place.light.direction.xy() / place.light.direction.z;
        for actor in actors {
            for patch in &actor.patches {
                let fall = |i: usize| {
                    let p = patch.points[i];
                    ((p.x - slope.x * p.z - corner.0) / CELL, (p.y - slope.y * p.z - corner.1) / CELL)
                };
                for [a, b, c] in patch.triangles() {
                    map.cover(fall(a), fall(b), fall(c));
                }
            }
        }
        // Half of a wide light is hidden at the height of a hip.
        let radius = (place.light.width * 0.9 / CELL).round().max(1.0) as usize;
        map.soften(radius);
        map
    }

    /// How much shade there is at a ground-plane position.
    pub(crate) fn shade(&self, x: f32, y: f32) -> f32 {
        let (x, y) = ((x - self.corner.0) / CELL - 0.5, (y - self.corner.1) / CELL - 0.5);
        if !(x >= 0.0 && y >= 0.0 && x < (self.columns - 1) as f32 && y < (self.rows - 1) as f32) {
            return 0.0;
        }
        let (i, j) = (x as usize, y as usize);
        let (tx, ty) = (x - i as f32, y - j as f32);
        let row = |j: usize| {
            let cells = &self.shade[j * self.columns + i..][..2];
            cells[0] + (cells[1] - cells[0]) * tx
        };
        let (a, b) = (row(j), row(j + 1));
        a + (b - a) * ty
    }

    /// Darkens the cells whose middles lie in a triangle.
    fn cover(&mut self, a: (f32, f32), b: (f32, f32), c: (f32, f32)) {
        let cross =
            |p: (f32, f32), q: (f32, f32), x: f32, y: f32| (q.0 - p.0) * (y - p.1) - (q.1 - p.1) * (x - p.0);
        let area = cross(a, b, c.0, c.1);
        let (b, c) = if area < 0.0 { (c, b) } else { (b, c) };
        let span = |low: f32, high: f32, end: usize| {
            (low - 0.5).ceil().max(0.0) as usize..((high + 0.5) as usize).min(end)
        };
        for j in span(a.1.min(b.1).min(c.1), a.1.max(b.1).max(c.1), self.rows) {
            for i in span(a.0.min(b.0).min(c.0), a.0.max(b.0).max(c.0), self.columns) {
                let (x, y) = (i as f32 + 0.5, j as f32 + 0.5);
                if cross(a, b, x, y) >= 0.0 && cross(b, c, x, y) >= 0.0 && cross(c, a, x, y) >= 0.0 {
                    self.shade[j * self.columns + i] = 1.0;
                }
            }
        }
    }

    /// Twice a box, along both axes: nearly a bell.
    fn soften(&mut self, radius: usize) {
        for _ in 0..2 {
            for row in self.shade.chunks_exact_mut(self.columns) {
                running_mean(row, radius);
            }
            // Columns as rows of the same walk.
            let mut column = vec![0.0; self.rows];
            for i in 0..self.columns {
                (0..self.rows).for_each(|j| column[j] = self.shade[j * self.columns + i]);
                if column.iter().any(|&v| v > 0.0) {
                    running_mean(&mut column, radius);
                    (0..self.rows).for_each(|j| self.shade[j * self.columns + i] = column[j]);
                }
            }
        }
    }
}

/// Each number becomes the mean of those at most `radius` away; beyond the ends there is nothing.
fn running_mean(line: &mut [f32], radius: usize) {
    if line.iter().all(|&v| v == 0.0) {
        return;
    }
    let old = line.to_vec();
    let width = (2 * radius + 1) as f32;
    for (i, value) in line.iter_mut().enumerate() {
        let window = &old[i.saturating_sub(radius)..(i + radius + 1).min(old.len())];
        *value = window.iter().sum::<f32>() / width;
    }
}
