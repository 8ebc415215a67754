//! The curves of a run as an image (`curves.png`) and as a page (`curves.html`).

use std::path::Path;

use mvmhat_plots::{FONT, Figure, PlotError};
use mvmhat_scene::write_atomically;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::TrainError;

/// Width of the image and height of a chart, in pixels.
const WIDTH: u32 = 960;
const HEIGHT: u32 = 300;
/// A longer curve is drawn as the means of this many chunks, over a pale curve of its points.
const STRETCHES: usize = 100;
/// The most points of the pale curve: more than pixels are of no use.
const POINTS: usize = 2000;
/// Of the training and of the validation curve.
const COLORS: [RGBColor; 2] = [RGBColor(31, 119, 180), RGBColor(255, 127, 14)];

/// A curve: values by step.
struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

/// The training and the validation curve of one quantity.
struct Chart {
    name: String,
    curves: Vec<Curve>,
}

/// All charts of a run, one below the other.
struct Curves {
    charts: Vec<Chart>,
}

/// Draws the history of a run.
///
/// # Errors
/// If the history cannot be read or the curves cannot be drawn or written.
pub(super) fn draw(history: &Path, folder: &Path) -> Result<(), TrainError> {
    let curves = Curves { charts: charts(history)? };
    write(&folder.join("curves.png"), &curves.png()?)?;
    let svg = curves.svg()?;
    let page = format!("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Training</title>\n{svg}\n");
    write(&folder.join("curves.html"), page.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    write_atomically(path, bytes).map_err(TrainError::io("write", path))
}

impl Figure for Curves {
    fn size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT * self.charts.len() as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), PlotError> {
        area.fill(&WHITE)?;
        for (part, chart) in area.split_evenly((self.charts.len(), 1)).iter().zip(&self.charts) {
            plot_chart(part, chart)?;
        }
        area.present()?;
        Ok(())
    }
}

/// One chart for each quantity of the history, its training and validation curves together.
fn charts(history: &Path) -> Result<Vec<Chart>, TrainError> {
    let failed = |error: csv::Error| TrainError::io("read", history)(error.into());
    let mut reader = csv::Reader::from_path(history).map_err(failed)?;
    let names: Vec<String> = reader.headers().map_err(failed)?.iter().map(String::from).collect();
    let mut curves: Vec<Curve> =
        names.iter().map(|name| Curve { name: name.clone(), points: Vec::new() }).collect();
    for row in reader.records() {
        let row = row.map_err(failed)?;
        let value = |cell: &str| cell.parse::<f64>().ok().filter(|value| value.is_finite());
        let Some(step) = row.get(0).and_then(value) else { continue };
        for (curve, cell) in curves.iter_mut().zip(&row) {
            curve.points.extend(value(cell).map(|value| (step, value)));
        }
    }
    let mut charts: Vec<Chart> = Vec::new();
    for curve in curves.into_iter().filter(|curve| !["step", "epoch"].contains(&curve.name.as_str())) {
        let quantity = curve.name.split_once('.').map_or(curve.name.as_str(), |(_, quantity)| quantity);
        match charts.iter_mut().find(|chart| chart.name == quantity) {
            Some(chart) => chart.curves.push(curve),
            None => charts.push(Chart { name: quantity.to_owned(), curves: vec![curve] }),
        }
    }
    // The loss first, the learning rate last.
    charts.sort_by_key(|chart| (chart.name == "lr", chart.name != "loss"));
    Ok(charts)
}

fn plot_chart<B: DrawingBackend>(area: &DrawingArea<B, Shift>, chart: &Chart) -> Result<(), PlotError> {
    let all = || chart.curves.iter().flat_map(|curve| &curve.points);
    let range = |coordinate: fn(&(f64, f64)) -> f64| {
        let (low, high) = all()
            .map(coordinate)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return (0.0, 1.0);
        }
        let margin = if low == high { 0.5 * low.abs().max(1e-3) } else { 0.05 * (high - low) };
        (low - margin, high + margin)
    };
    let ((left, right), (bottom, top)) = (range(|point| point.0), range(|point| point.1));
    let mut context = ChartBuilder::on(area)
        .margin(12)
        .caption(&chart.name, (FONT, 18))
        .x_label_area_size(32)
        .y_label_area_size(72)
        .build_cartesian_2d(left..right, bottom..top)?;
    context
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("step")
        .label_style((FONT, 13))
        .x_label_formatter(&|step| format!("{step:.0}"))
        .y_label_formatter(&|value| shortened(*value))
        .draw()?;
    for (curve, color) in chart.curves.iter().zip(COLORS.iter().cycle()) {
        let smooth = means(&curve.points, STRETCHES);
        if smooth.len() < curve.points.len() {
            context.draw_series(LineSeries::new(means(&curve.points, POINTS), color.mix(0.25)))?;
        }
        if let [(x, y)] = smooth[..] {
            context.draw_series([Circle::new((x, y), 3, color.filled())])?;
        }
        context
            .draw_series(LineSeries::new(smooth, color.stroke_width(2)))?
            .label(&curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
    }
    if chart.curves.len() > 1 {
        context
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .label_font((FONT, 13))
            .draw()?;
    }
    Ok(())
}

/// The means of at most `n` chunks of a curve.
fn means(points: &[(f64, f64)], n: usize) -> Vec<(f64, f64)> {
    let mean = |points: &[(f64, f64)]| {
        let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (sum.0 / points.len() as f64, sum.1 / points.len() as f64)
    };
    points.chunks(points.len().div_ceil(n).max(1)).map(mean).collect()
}

/// A number of three or four digits, with an exponent where that is shorter.
fn shortened(value: f64) -> String {
    if value == 0.0 || (1e-3..1e4).contains(&value.abs()) {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.1e}")
    }
}
