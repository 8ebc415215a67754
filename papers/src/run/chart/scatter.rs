//! A scatter plot of labeled points.

use mvmhat_plots::{FONT, PlotError, palette};
use plotters::prelude::*;

use super::{Area, range};
use crate::experiment::NamedPoint;

/// Draws the points with their labels.
pub(super) fn draw<B: DrawingBackend>(area: &Area<B>, points: &[NamedPoint]) -> Result<(), PlotError> {
    let (across, up) = (range(points.iter().map(|p| p.x)), range(points.iter().map(|p| p.y)));
    let mut chart = ChartBuilder::on(area).margin(20).build_cartesian_2d(across, up)?;
    chart.draw_series(points.iter().map(|p| Circle::new((p.x, p.y), 2, palette::BLUE.filled())))?;
    let text = (FONT, 13).into_font().color(&palette::INK);
    chart.draw_series(
        points
            .iter()
            .map(|p| EmptyElement::at((p.x, p.y)) + Text::new(p.name.clone(), (4, -6), text.clone())),
    )?;
    Ok(())
}
