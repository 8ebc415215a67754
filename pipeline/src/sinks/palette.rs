//! One color per person, the same in the Rerun viewer and in the overlay video, in every run.
//!
//! Hues go round by the golden angle, so that any run of neighboring identities is spread over the whole circle, and
//! three lightnesses take turns, so that hues which come close again differ otherwise. Both are steps in OKLCh, where
//! equal steps look equally large: B. Ottosson, "A perceptual color space for image processing" (2020), whose matrices
//! these are.

use mvmhat_scene::PersonId;

/// 360 degrees divided by the square of the golden ratio.
const GOLDEN_ANGLE: f64 = 137.507_764_050_037_85;
/// Light enough to stand out from video, dark enough to differ from white.
const LIGHTNESS: [f64; 3] = [0.74, 0.62, 0.86];
/// As colorful as most hues can be on a screen at these lightnesses; the others get what they can.
const CHROMA: f64 = 0.19;

/// A color on a screen: sRGB, 8 bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb {
    pub(crate) r: u8,
    pub(crate) g: u8,
    pub(crate) b: u8,
}

impl Rgb {
    /// Black or white, whichever is easier to read on this color.
    pub(crate) fn text_color(self) -> Self {
        // Relative luminance 0.179 is where the contrast ratios with black and white are equal (WCAG 2).
        let [r, g, b] = [self.r, self.g, self.b].map(|v| linear(f64::from(v) / 255.0));
        let v = if 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 { 0 } else { 255 };
        Self { r: v, g: v, b: v }
    }
}

/// The color of a person.
pub(crate) fn color(person: PersonId) -> Rgb {
    let lightness = LIGHTNESS[person.0 as usize % LIGHTNESS.len()];
    let (sin, cos) = (f64::from(person.0) * GOLDEN_ANGLE).to_radians().sin_cos();
    // The most colorful one a screen can show: chroma 0 always can.
    let (mut shown, mut too_much) = (0.0, CHROMA);
    if let Some(rgb) = srgb(lightness, CHROMA * cos, CHROMA * sin) {
        return rgb;
    }
    let mut best = Rgb { r: 128, g: 128, b: 128 };
    for _ in 0..12 {
        let chroma = (shown + too_much) / 2.0;
        match srgb(lightness, chroma * cos, chroma * sin) {
            Some(rgb) => (shown, best) = (chroma, rgb),
            None => too_much = chroma,
        }
    }
    best
}

/// OKLab to sRGB; `None` where no screen can show the color.
fn srgb(lightness: f64, a: f64, b: f64) -> Option<Rgb> {
    let [l, m, s] = [
        lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b,
    ]
    .map(|v| v * v * v);
    let [r, g, b] = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
    .map(|v| (-1e-4..=1.0 + 1e-4).contains(&v).then(|| (encoded(v.clamp(0.0, 1.0)) * 255.0).round() as u8));
    Some(Rgb { r: r?, g: g?, b: b? })
}

/// The transfer function of sRGB (IEC 61966-2-1), from light to value, 0 to 1.
fn encoded(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// The inverse of [`encoded`].
fn linear(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sRGB to OKLab, with the inverse matrices of the same source.
    fn oklab(rgb: Rgb) -> [f64; 3] {
        let [r, g, b] = [rgb.r, rgb.g, rgb.b].map(|v| linear(f64::from(v) / 255.0));
        let [l, m, s] = [
            0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b,
            0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b,
            0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b,
        ]
        .map(f64::cbrt);
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
    }

    fn distance(a: u32, b: u32) -> f64 {
        let (a, b) = (oklab(color(PersonId(a))), oklab(color(PersonId(b))));
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn primary_colors_by_the_published_matrices() {
        // The forward way on paper, red: light (1, 0, 0); cube roots of the first column of `oklab`'s first matrix
        // 0.7442, 0.5962, 0.4453; its second matrix gives 0.628, 0.225, 0.126. Green and blue likewise.
        assert_eq!(srgb(0.627_955, 0.224_863, 0.125_846), Some(Rgb { r: 255, g: 0, b: 0 }));
        assert_eq!(srgb(0.866_440, -0.233_887, 0.179_498), Some(Rgb { r: 0, g: 255, b: 0 }));
        assert_eq!(srgb(0.452_014, -0.032_457, -0.311_528), Some(Rgb { r: 0, g: 0, b: 255 }));
        assert_eq!(srgb(1.0, 0.0, 0.0), Some(Rgb { r: 255, g: 255, b: 255 }));
        assert_eq!(srgb(0.7, 0.4, 0.0), None, "no screen can show it");
    }

    #[test]
    fn people_of_one_scene_are_told_apart() {
        // A difference of about 0.02 is just noticeable in OKLab; a box's outline needs several times that.
        for a in 1..=20 {
            for b in a + 1..=20 {
                assert!(distance(a, b) > 0.05, "{a} and {b}: {}", distance(a, b));
            }
        }
        for a in 1..500 {
            assert!(distance(a, a + 1) > 0.15, "{a} and the next: {}", distance(a, a + 1));
        }
    }

    #[test]
    fn a_color_never_changes() {
        // Pinned: recordings and videos of different versions are compared by color.
        assert_eq!(color(PersonId(1)), Rgb { r: 67, g: 158, b: 0 });
        assert_eq!(color(PersonId(2)), Rgb { r: 195, g: 206, b: 255 });
        assert_eq!(color(PersonId(1000)), Rgb { r: 211, g: 74, b: 154 });
    }

    #[test]
    fn text_is_black_on_light_and_white_on_dark() {
        assert_eq!(Rgb { r: 255, g: 255, b: 0 }.text_color(), Rgb { r: 0, g: 0, b: 0 });
        assert_eq!(Rgb { r: 0, g: 0, b: 200 }.text_color(), Rgb { r: 255, g: 255, b: 255 });
    }
}
