//! Clouds of numbers: value noise and sums of it, the same wherever it is asked for.

/// A number in 0 to 1 for each point of a grid.
pub(crate) fn speck(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca6b) ^ seed;
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    ((h ^ (h >> 15)) >> 8) as f32 / (1_u32 << 24) as f32
}

/// Smooth between the points of the grid, 0 to 1.
pub(crate) fn smooth(x: f32, y: f32, seed: u32) -> f32 {
    let (fx, fy) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (ease(x - fx), ease(y - fy));
    let (ix, iy) = (fx as i32, fy as i32);
    let row = |iy| {
        let (a, b) = (speck(ix, iy, seed), speck(ix.wrapping_add(1), iy, seed));
        a + (b - a) * tx
    };
    let (a, b) = (row(iy), row(iy.wrapping_add(1)));
    a + (b - a) * ty
}

/// Three octaves of [`smooth`], 0 to 1, 0.5 on average.
pub(crate) fn clouds(x: f32, y: f32, seed: u32) -> f32 {
    (4.0 * smooth(x, y, seed)
        + 2.0 * smooth(2.1 * x, 2.1 * y, seed ^ 77)
        + smooth(4.3 * x, 4.3 * y, seed ^ 154))
        / 7.0
}
