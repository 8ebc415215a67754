//! Curves in a panel.

use mvmhat_plots::{FONT, PlotError, palette};
use plotters::prelude::*;

use super::{Area, range};
use crate::experiment::{Curve, Panel};
use crate::run::result::short;

/// Draws a panel with its curves and, if they have names, a legend.
pub(super) fn draw<B: DrawingBackend>(
    area: &Area<B>,
    [x, y]: &[String; 2],
    panel: &Panel,
) -> Result<(), PlotError> {
    let points = || panel.curves.iter().flat_map(|curve| &curve.points);
    let (across, up) = (range(points().map(|p| p.0)), range(points().map(|p| p.1)));
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(&panel.title, (FONT, 16).into_font().color(&palette::INK))
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(across, up)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_desc(x)
        .y_desc(y)
        .x_labels(6)
        .x_label_formatter(&|value| short(Some(*value)))
        .y_label_formatter(&|value| short(Some(*value)))
        .label_style((FONT, 13).into_font().color(&palette::INK))
        .draw()?;
    for (Curve { name, points }, color) in panel.curves.iter().zip(palette::SERIES.iter().cycle()) {
        let style = color.stroke_width(2);
        let finite = points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite());
        let series = chart.draw_series(LineSeries::new(finite, style))?;
        if !name.is_empty() {
            series.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        if let [point] = points[..] {
            chart.draw_series([Circle::new(point, 3, color.filled())])?;
        }
    }
    if panel.curves.iter().any(|curve| !curve.name.is_empty()) {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .label_font((FONT, 13).into_font().color(&palette::INK))
            .draw()?;
    }
    Ok(())
}
