//! The solids of a place and where a ray meets them.

use nalgebra::Vector2;

use crate::loft::{V3, v3};
use crate::material::Material;

/// A ground-plane position, in metres.
pub(crate) type V2 = Vector2<f32>;

/// The shape of a solid.
#[derive(Clone)]
pub(crate) enum Shape {
    /// A box that stands turned by an angle whose cosine and sine are kept.
    Block { middle: V3, half: V3, turn: (f32, f32) },
    /// An upright cylinder with a lid.
    Column { foot: V3, radius: f32, height: f32 },
    /// An ellipsoid along the axes.
    Ball { middle: V3, radii: V3 },
}

/// A solid.
#[derive(Clone)]
pub(crate) struct Solid {
    pub(crate) shape: Shape,
    pub(crate) material: Material,
    /// Whether it throws a shadow: ceilings do not, since lamps hang from them.
    pub(crate) shades: bool,
    /// Opposite corners of a box around it, along the axes.
    bounds: (V3, V3),
}

/// Where a ray meets a solid.
pub(crate) struct Hit {
    /// In lengths of the ray.
    pub(crate) distance: f32,
    pub(crate) normal: V3,
    /// Position on the surface, in metres.
    pub(crate) u: f32,
    pub(crate) v: f32,
}

impl Solid {
    pub(crate) fn block(middle: V3, half: V3, turn: f32, material: Material) -> Self {
        let (cos, sin) = (turn.cos(), turn.sin());
        let (c, s) = (cos.abs(), sin.abs());
        let reach = v3(half.x * c + half.y * s, half.x * s + half.y * c, half.z);
        let shape = Shape::Block { middle, half, turn: (cos, sin) };
        Self { shape, material, shades: true, bounds: (middle - reach, middle + reach) }
    }

    /// A box between two corners.
    pub(crate) fn from_corners(low: V3, high: V3, material: Material) -> Self {
        Self::block((low + high) * 0.5, (high - low) * 0.5, 0.0, material)
    }

    pub(crate) fn column(foot: V3, radius: f32, height: f32, material: Material) -> Self {
        let bounds = (foot - v3(radius, radius, 0.0), foot + v3(radius, radius, height));
        Self { shape: Shape::Column { foot, radius, height }, material, shades: true, bounds }
    }

    pub(crate) fn ball(middle: V3, radii: V3, material: Material) -> Self {
        Self {
            shape: Shape::Ball { middle, radii },
            material,
            shades: true,
            bounds: (middle - radii, middle + radii),
        }
    }

    /// How far `position` lies outside of what the solid covers of the ground below a head: negative inside, `None` for
    /// a body that people walk under.
    pub(crate) fn clearance(&self, position: V2) -> Option<f32> {
        const HEAD: f32 = 2.1;
        match &self.shape {
            Shape::Block { middle, half, turn: (cos, sin) } => {
                let d = position - middle.xy();
                let local = V2::new(d.x * cos + d.y * sin, d.y * cos - d.x * sin);
                let outside = V2::new(local.x.abs() - half.x, local.y.abs() - half.y);
                let beyond = V2::new(outside.x.max(0.0), outside.y.max(0.0)).norm();
                (middle.z - half.z < HEAD).then(|| beyond + outside.x.max(outside.y).min(0.0))
            }
            Shape::Column { foot, radius, .. } => {
                (foot.z < HEAD).then(|| (position - foot.xy()).norm() - radius)
            }
            Shape::Ball { middle, radii } => {
                (middle.z - radii.z < HEAD).then(|| (position - middle.xy()).norm() - radii.x.max(radii.y))
            }
        }
    }

    /// Opposite corners of a box around the solid, along the axes.
    pub(crate) fn bounds(&self) -> (V3, V3) {
        self.bounds
    }

    /// Whether that box comes within so many metres of a point.
    pub(crate) fn is_within(&self, distance: f32, point: V3) -> bool {
        let (low, high) = self.bounds;
        (point - point.sup(&low).inf(&high)).norm() < distance
    }

    /// The first point of the solid on the way from `origin` along `ray`.
    pub(crate) fn meet(&self, origin: V3, ray: V3) -> Option<Hit> {
        match &self.shape {
            Shape::Block { middle, half, turn } => meet_block(origin - middle, ray, *half, *turn),
            Shape::Column { foot, radius, height } => meet_column(origin - foot, ray, *radius, *height),
            Shape::Ball { middle, radii } => meet_ball(origin - middle, ray, *radii),
        }
    }
}

fn meet_block(origin: V3, ray: V3, half: V3, (cos, sin): (f32, f32)) -> Option<Hit> {
    let turned = |p: V3| v3(p.x * cos + p.y * sin, p.y * cos - p.x * sin, p.z);
    let (o, d) = (turned(origin), turned(ray));
    let (mut near, mut far, mut axis) = (f32::NEG_INFINITY, f32::INFINITY, 0);
    for i in 0..3 {
        let (a, b) = ((-half[i] - o[i]) / d[i], (half[i] - o[i]) / d[i]);
        let (a, b) = if a < b { (a, b) } else { (b, a) };
        if a > near {
            (near, axis) = (a, i);
        }
        far = far.min(b);
    }
    if near > far || near <= 1e-4 {
        return None;
    }
    let point = o + d * near;
    let mut normal = V3::zeros();
    normal[axis] = -d[axis].signum();
    let (u, v) = match axis {
        0 => (point.y + half.y, point.z + half.z),
        1 => (point.x + half.x, point.z + half.z),
        _ => (point.x + half.x, point.y + half.y),
    };
    let normal = v3(normal.x * cos - normal.y * sin, normal.y * cos + normal.x * sin, normal.z);
    Some(Hit { distance: near, normal, u, v })
}

fn meet_column(o: V3, d: V3, radius: f32, height: f32) -> Option<Hit> {
    let (a, b) = (d.xy().norm_squared(), o.xy().dot(&d.xy()));
    let root = b * b - a * (o.xy().norm_squared() - radius * radius);
    if root < 0.0 {
        return None;
    }
    let side = (-b - root.sqrt()) / a;
    let z = o.z + d.z * side;
    if side > 1e-4 && (0.0..height).contains(&z) {
        let normal = v3(o.x + d.x * side, o.y + d.y * side, 0.0) / radius;
        return Some(Hit { distance: side, normal, u: normal.y.atan2(normal.x) * radius, v: z });
    }
    let lid = (height - o.z) / d.z;
    let at = o + d * lid;
    (lid > 1e-4 && at.xy().norm() < radius).then(|| Hit { distance: lid, normal: V3::z(), u: at.x, v: at.y })
}

fn meet_ball(origin: V3, ray: V3, radii: V3) -> Option<Hit> {
    let (o, d) = (origin.component_div(&radii), ray.component_div(&radii));
    let (a, b) = (d.norm_squared(), o.dot(&d));
    let root = b * b - a * (o.norm_squared() - 1.0);
    let distance = (-b - root.max(0.0).sqrt()) / a;
    if root < 0.0 || distance <= 1e-4 {
        return None;
    }
    let point = o + d * distance;
    let normal = point.component_div(&radii).normalize();
    let scaled = point.component_mul(&radii);
    // From above it has a top of its own: around a pole patterns would gather.
    let (u, v) =
        if normal.z > 0.75 { (scaled.x, scaled.y) } else { (point.y.atan2(point.x) * radii.x, scaled.z) };
    Some(Hit { distance, normal, u: 2.0 * u, v: 2.0 * v })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material::{Finish, Material};

    fn plain() -> Material {
        Material::new(Finish::Rough, 0x80_80_80, 0x80_80_80, 1)
    }

    #[test]
    fn a_ray_meets_a_box_a_column_and_a_ball_where_it_should() {
        let (origin, ray) = (v3(-5.0, 0.0, 1.0), v3(2.0, 0.0, 0.0));
        let solids = [
            Solid::block(v3(1.0, 0.0, 1.0), v3(1.0, 1.0, 1.0), 0.0, plain()),
            Solid::column(v3(1.0, 0.0, 0.0), 1.0, 2.0, plain()),
            Solid::ball(v3(1.0, 0.0, 1.0), v3(1.0, 1.0, 1.0), plain()),
        ];
        for solid in solids {
            // The near side is at x = 0: five metres are two and a half lengths of the ray.
            let hit = solid.meet(origin, ray).unwrap();
            assert!((hit.distance - 2.5).abs() < 1e-5);
            assert!((hit.normal + V3::x()).norm() < 1e-5);
            assert!(solid.meet(origin, -ray).is_none());
            assert!((solid.clearance(V2::new(-2.0, 0.0)).unwrap() - 2.0).abs() < 1e-5);
        }
    }
}
