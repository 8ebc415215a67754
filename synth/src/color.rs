//! Colors as light: linear red, green and blue, 1 for a white surface in full light.

use mvmhat_random::Random;

/// Linear red, green and blue.
pub(crate) type Rgb = [f32; 3];

/// The color that a screen shows for `0xRRGGBB`.
pub(crate) fn srgb(code: u32) -> Rgb {
    [16, 8, 0].map(|shift| ((code >> shift & 255) as f32 / 255.0).powf(2.2))
}

/// All three scaled.
pub(crate) fn scaled(color: Rgb, by: f32) -> Rgb {
    color.map(|c| c * by)
}

/// Channel by channel.
pub(crate) fn times(a: Rgb, b: Rgb) -> Rgb {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

/// Channel by channel.
pub(crate) fn plus(a: Rgb, b: Rgb) -> Rgb {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// `a` at 0, `b` at 1.
pub(crate) fn mixed(a: Rgb, b: Rgb, fraction: f32) -> Rgb {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * fraction)
}

/// A color nearly like this one.
pub(crate) fn varied(color: Rgb, random: &mut Random, amount: f32) -> Rgb {
    let light = 1.0 + amount * random.bounded_normal();
    color.map(|c| (c * light * (1.0 + 0.4 * amount * random.bounded_normal())).clamp(0.004, 0.9))
}
