//! Small gray images in a grid.

use mvmhat_plots::PlotError;
use plotters::prelude::*;
use tch::{Kind, Tensor};

use super::Area;

/// The scale of the images, and the gap between them in pixels.
const SCALE: u32 = 6;
const GAP: u32 = 6;

/// Width and height of the grid.
pub(super) fn size(columns: usize, images: &Tensor) -> (u32, u32) {
    let (count, height, width) = shape(images);
    let rows = count.div_ceil(columns) as u32;
    let across = columns as u32 * (SCALE * width + GAP) + GAP;
    (across.max(300), rows * (SCALE * height + GAP) + GAP)
}

/// Number, height and width of the images.
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
        let left = GAP + (number % columns) as u32 * (SCALE * width + GAP);
        let top = GAP + (number / columns) as u32 * (SCALE * height + GAP);
        for (index, gray) in grays.iter().enumerate() {
            let (row, column) = (index as u32 / width, index as u32 % width);
            let corner = ((left + SCALE * column) as i32, (top + SCALE * row) as i32);
            let end = (corner.0 + SCALE as i32, corner.1 + SCALE as i32);
            let level = (255.0 * (gray - low) / (high - low).max(1e-12)) as u8;
            area.draw(&Rectangle::new([corner, end], RGBColor(level, level, level).filled()))?;
        }
    }
    Ok(())
}
