//! Surfaces over rings: trunks, limbs, heads, shoes and bags are all made of them.

use nalgebra::Vector3;

/// A position, a direction or a distance, in metres: x ahead or east, y left or north, z up.
pub(crate) type V3 = Vector3<f32>;

/// Shorthand for a vector.
pub(crate) fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3::new(x, y, z)
}

/// An ellipse in space: `center + cos(a) front + sin(a) side` for all angles a.
#[derive(Clone, Copy)]
pub(crate) struct Ring {
    pub(crate) center: V3,
    pub(crate) front: V3,
    pub(crate) side: V3,
}

/// A grid of points, with normals once they are found; row by row, the last column is the first one again.
///
/// As a texture it has u = 0.5 in front and v from 0 at the first ring to 1 at the last.
pub(crate) struct Patch {
    pub(crate) columns: usize,
    pub(crate) points: Vec<V3>,
    pub(crate) normals: Vec<V3>,
    /// Which texture of the person.
    pub(crate) texture: usize,
    /// Whether the rows run against the outward side.
    pub(crate) flipped: bool,
}

/// The surface through rings. `squareness` 0 keeps them ellipses, 1 makes them boxes with round edges.
pub(crate) fn loft(rings: &[Ring], segments: usize, squareness: f32, texture: usize) -> Patch {
    let columns = segments + 1;
    let power = 1.0 - 0.7 * squareness;
    let bent = |x: f32| if squareness > 0.0 { x.signum() * x.abs().powf(power) } else { x };
    let turns: Vec<(f32, f32)> = (0..columns)
        .map(|j| {
            let angle = (j as f32 / segments as f32 - 0.5) * std::f32::consts::TAU;
            (bent(angle.cos()), bent(angle.sin()))
        })
        .collect();
    let points = rings.iter().flat_map(|r| turns.iter().map(|&(c, s)| r.center + r.front * c + r.side * s));
    let points: Vec<V3> = points.collect();
    let middle = rings[rings.len() / 2];
    let along = rings[rings.len() - 1].center - rings[0].center;
    let flipped = middle.front.cross(&middle.side).dot(&along) < 0.0;
    Patch { columns, points, normals: Vec::new(), texture, flipped }
}

impl Patch {
    /// The corners of its triangles, as indices into `points`.
    pub(crate) fn triangles(&self) -> impl Iterator<Item = [usize; 3]> + use<> {
        let (columns, rows) = (self.columns, self.points.len() / self.columns);
        (1..rows).flat_map(move |i| {
            (1..columns).flat_map(move |j| {
                let (here, before) = (i * columns + j, (i - 1) * columns + j);
                [[before - 1, before, here], [before - 1, here, here - 1]]
            })
        })
    }

    /// Normals from the neighbors of each point.
    pub(crate) fn find_normals(&mut self) {
        let (columns, rows) = (self.columns, self.points.len() / self.columns);
        let at = |i: usize, j: usize| self.points[i * columns + j];
        let normal = |i: usize, j: usize| {
            let before = if j == 0 { columns - 2 } else { j - 1 };
            let after = if j + 1 == columns { 1 } else { j + 1 };
            let around = at(i, after) - at(i, before);
            let along = at((i + 1).min(rows - 1), j) - at(i.saturating_sub(1), j);
            let normal = around.cross(&along) * if self.flipped { -1.0 } else { 1.0 };
            normal.try_normalize(1e-12).unwrap_or(V3::z())
        };
        self.normals =
            (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| normal(i, j)).collect();
    }
}

/// A ring across the way from `before` to `after`, its side as near to `side` as may be.
pub(crate) fn ring_across(center: V3, direction: V3, side: V3, front_radius: f32, side_radius: f32) -> Ring {
    let direction = direction.try_normalize(1e-9).unwrap_or(-V3::z());
    let side = (side - direction * side.dot(&direction)).try_normalize(1e-9).unwrap_or(V3::y());
    Ring { center, front: direction.cross(&side) * front_radius, side: side * side_radius }
}

/// An ellipsoid of these half axes.
pub(crate) fn ball(center: V3, front: V3, side: V3, up: V3, texture: usize) -> Patch {
    let ring = |i: usize| {
        let angle = (i as f32 / 6.0 - 0.5) * std::f32::consts::PI;
        let wide = angle.cos().max(0.02);
        Ring { center: center + up * angle.sin(), front: front * wide, side: side * wide }
    };
    let rings: Vec<Ring> = (0..7).map(ring).collect();
    loft(&rings, 10, 0.0, texture)
}
