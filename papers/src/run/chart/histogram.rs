//! A histogram.

use mvmhat_plots::{FONT, PlotError, palette};
use plotters::prelude::*;

use super::{Area, range};
use crate::run::result::short;

/// The number of bins.
const BINS: usize = 40;

/// Draws the relative frequencies of values, in percent.
pub(super) fn draw<B: DrawingBackend>(
    area: &Area<B>,
    axis: &str,
    name: &str,
    values: &[f64],
) -> Result<(), PlotError> {
    let across = range(values.iter().copied());
    let width = (across.end - across.start) / BINS as f64;
    let mut counts = [0u32; BINS];
    for value in values.iter().filter(|value| value.is_finite()) {
        counts[(((value - across.start) / width) as usize).min(BINS - 1)] += 1;
    }
    let percent = |count: u32| 100.0 * f64::from(count) / values.len().max(1) as f64;
    let top = counts.iter().map(|&count| percent(count)).fold(1e-3, f64::max) * 1.08;
    let start = across.start;
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(name, (FONT, 15).into_font().color(&palette::INK))
        .x_label_area_size(34)
        .y_label_area_size(44)
        .build_cartesian_2d(across, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_desc(axis)
        .y_desc("%")
        .x_labels(4)
        .y_labels(5)
        .x_label_formatter(&|value| short(Some(*value)))
        .y_label_formatter(&|value| short(Some(*value)))
        .label_style((FONT, 12).into_font().color(&palette::INK))
        .draw()?;
    chart.draw_series(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, count)| {
        let left = start + bar as f64 * width;
        Rectangle::new([(left, 0.0), (left + width, percent(*count))], palette::BLUE.mix(0.7).filled())
    }))?;
    Ok(())
}
