//! A heat map.

use mvmhat_plots::{FONT, PlotError, palette};
use plotters::prelude::*;

use super::Area;

/// Width and height of a cell, and the width of the row labels.
const CELL: (u32, u32) = (26, 26);
const NAMES: u32 = 90;

/// Width and height of the heat map.
pub(super) fn size(rows: usize, columns: usize) -> (u32, u32) {
    ((NAMES + CELL.0 * columns as u32 + 20).max(300), CELL.1 * (rows as u32 + 1) + 20)
}

/// Draws a matrix of values as shades of blue, the lowest white.
pub(super) fn draw<B: DrawingBackend>(
    area: &Area<B>,
    rows: &[String],
    columns: &[String],
    values: &[Vec<f64>],
) -> Result<(), PlotError> {
    let text = (FONT, 14).into_font().color(&palette::INK);
    let all = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let corner = |row: usize, column: usize| {
        ((NAMES + CELL.0 * column as u32) as i32, (CELL.1 * (row as u32 + 1)) as i32)
    };
    for (column, name) in columns.iter().enumerate() {
        let (x, _) = corner(0, column);
        area.draw(&Text::new(name.clone(), (x + 7, 4), text.clone()))?;
    }
    for (row, (name, values)) in rows.iter().zip(values).enumerate() {
        area.draw(&Text::new(name.clone(), (14, corner(row, 0).1 + 5), text.clone()))?;
        for (column, value) in values.iter().enumerate() {
            let (x, y) = corner(row, column);
            let fraction = (value - low) / (high - low).max(1e-12);
            let fade = |full: u8| (255.0 - fraction * f64::from(255 - full)) as u8;
            let RGBColor(red, green, blue) = palette::BLUE;
            let color = RGBColor(fade(red), fade(green), fade(blue));
            let end = (x + CELL.0 as i32 - 1, y + CELL.1 as i32 - 1);
            area.draw(&Rectangle::new([(x, y), end], color.filled()))?;
        }
    }
    Ok(())
}
