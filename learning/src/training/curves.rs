//! The curves of a run as an image (`curves.png`) and as a page (`curves.html`).
//!
//! The font is part of the program: a machine may have none.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::{TrainError, durable};

const FONT: &str = "sans-serif";
/// Width of the image and height of a chart, in pixels.
const WIDTH: u32 = 960;
const HEIGHT: u32 = 300;
/// A curve of more points is drawn as the means of so many stretches, over a pale curve of all that were measured.
const STRETCHES: usize = 100;
/// Of what is drawn for every step: more than there are pixels show nothing.
const POINTS: usize = 2000;
const COLORS: [RGBColor; 2] = [RGBColor(31, 119, 180), RGBColor(255, 127, 14)];

/// A curve: what was measured at which step.
struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

/// Curves that share a chart, since they measure the same in training and in validation.
struct Chart {
    name: String,
    curves: Vec<Curve>,
}

/// Draws the history of a run.
///
/// # Errors
/// If the history cannot be read or the curves cannot be drawn or written.
pub(super) fn draw(history: &Path, folder: &Path) -> Result<(), TrainError> {
    let charts = charts(history)?;
    let size = (WIDTH, HEIGHT * charts.len() as u32);
    // The first registration of a name holds; any later one is of the same font.
    let _ = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());

    let path = folder.join("curves.png");
    let failed = |reason: String| TrainError::Curves { path: path.clone(), reason };
    let mut pixels = vec![0; (size.0 * size.1 * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
        plot(&area, &charts).map_err(|e| failed(e.to_string()))?;
    }
    let png = png(&pixels, size).map_err(|e| failed(e.to_string()))?;
    durable::write(&path, &png)?;

    let path = folder.join("curves.html");
    let failed = |reason: String| TrainError::Curves { path: path.clone(), reason };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        plot(&area, &charts).map_err(|e| failed(e.to_string()))?;
    }
    let page = format!("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Training</title>\n{svg}\n");
    durable::write(&path, page.as_bytes())
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
    // The loss first, the rate last.
    charts.sort_by_key(|chart| (chart.name == "rate", chart.name != "loss"));
    Ok(charts)
}

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn plot<B: DrawingBackend>(area: &DrawingArea<B, Shift>, charts: &[Chart]) -> Drawn<B> {
    area.fill(&WHITE)?;
    for (part, chart) in area.split_evenly((charts.len(), 1)).iter().zip(charts) {
        plot_chart(part, chart)?;
    }
    area.present()
}

fn plot_chart<B: DrawingBackend>(area: &DrawingArea<B, Shift>, chart: &Chart) -> Drawn<B> {
    let all = || chart.curves.iter().flat_map(|curve| &curve.points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = all()
            .map(of)
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

/// The means of at most `n` stretches of a curve.
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

fn png(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
