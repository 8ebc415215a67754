//! The colors of the project's figures, which color-blind readers can tell apart: Okabe and Ito, *Color Universal
//! Design* (2008).

use plotters::style::RGBColor;

/// Blue.
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
/// Vermilion.
pub const VERMILION: RGBColor = RGBColor(213, 94, 0);
/// Text and outlines.
pub const INK: RGBColor = RGBColor(60, 60, 60);
/// One color per series, to be taken in this order.
pub const SERIES: [RGBColor; 8] = [
    BLUE,
    VERMILION,
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
    RGBColor(150, 150, 150),
];
