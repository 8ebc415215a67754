//! Small gray images in a grid.

use mvmhat_plots::PlotError;
use plotters::prelude::*;
use tch::{Kind, Tensor};

use super::Area;

/// Pixels that a pixel of a small image takes, and those between images.
const MAGNIFIED: u32 = 6;
const GAP: u32 = 6;

/// Width and height of the grid.
pub(super) fn size(columns: usize, images: &Tensor) -> (u32, u32) {
    let (count, height, width) = shape(images);
    let rows = count.div_ceil(columns) as u32;
    let across = columns as u32 * (MAGNIFIED * width + GAP) + GAP;
    (across.max(300), rows * (MAGNIFIED * height + GAP) + GAP)
}

/// How many images, and their height and width.
fn shape(images: &Tensor) -> (usize, u32, u32) {
    match images.size()[..] {
        [count, height, width] => (count as usize, height as u32, width as u32),
        _ => (0, 0, 0),
    }
}

/// Draws images, each from its lowest (black) to its highest value (white).
pub(super) fn draw<B: DrawingBackend>(
    area: &Area<B>,
    columns: usize,
    images: &Tensor,
) -> Result<(), PlotError> {
    let (count, height, width) = shape(images);
    for number in 0..count {
        let image = images.get(number as i64).to_kind(Kind::Double);
        let (low, high) = (image.min().double_value(&[]), image.max().double_value(&[]));
        let grays = Vec::<f64>::try_from(image.reshape([-1])).unwrap_or_default();
        let left = GAP + (number % columns) as u32 * (MAGNIFIED * width + GAP);
        let top = GAP + (number / columns) as u32 * (MAGNIFIED * height + GAP);
        for (index, gray) in grays.iter().enumerate() {
            let (row, column) = (index as u32 / width, index as u32 % width);
            let corner = ((left + MAGNIFIED * column) as i32, (top + MAGNIFIED * row) as i32);
            let end = (corner.0 + MAGNIFIED as i32, corner.1 + MAGNIFIED as i32);
            let level = (255.0 * (gray - low) / (high - low).max(1e-12)) as u8;
            area.draw(&Rectangle::new([corner, end], RGBColor(level, level, level).filled()))?;
        }
    }
    Ok(())
}
