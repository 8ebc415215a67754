//! The drawings of the chapters on paper.

use anyhow::Result;
use mvmhat_learning::{Curve, Drawing, Panel};
use plotters::coord::Shift;
use plotters::prelude::*;
use tch::{Kind, Tensor};

use super::outcome::short;
use crate::figure::{FONT, Figure};

const INK: RGBColor = RGBColor(60, 60, 60);
/// Told apart by the color-blind too: Okabe and Ito, *Color Universal Design* (2008).
const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
    RGBColor(150, 150, 150),
];
/// Height of the title.
const TITLE: u32 = 40;
/// Width and height of one panel of several.
const PANEL: (u32, u32) = (340, 260);
/// Width and height of a panel that is alone.
const ALONE: (u32, u32) = (900, 560);
/// Panels in a row.
const COLUMNS: usize = 5;
/// Width and height of a cell of shades, and the room for the names of rows.
const CELL: (u32, u32) = (26, 26);
const NAMES: u32 = 90;
/// Pixels that a pixel of a small image takes, and those between images.
const MAGNIFIED: u32 = 6;
const GAP: u32 = 6;
/// Bars of a histogram.
const BARS: usize = 40;

/// A drawing with its title.
pub(super) struct Plate<'a> {
    pub(super) title: &'a str,
    pub(super) drawing: &'a Drawing,
}

type Area<B> = DrawingArea<B, Shift>;

impl Figure for Plate<'_> {
    fn size(&self) -> (u32, u32) {
        let panels = |count: usize| {
            if count <= 1 {
                return ALONE;
            }
            let columns = count.min(COLUMNS) as u32;
            (PANEL.0 * columns, PANEL.1 * count.div_ceil(COLUMNS) as u32)
        };
        let (width, height) = match self.drawing {
            Drawing::Curves { panels: all, .. } => panels(all.len()),
            Drawing::Histograms { panels: all, .. } => panels(all.len()),
            Drawing::Images { columns, images } => {
                let (count, height, width) = sides(images);
                let rows = count.div_ceil(*columns) as u32;
                let across = *columns as u32 * (MAGNIFIED * width + GAP) + GAP;
                (across.max(300), rows * (MAGNIFIED * height + GAP) + GAP)
            }
            Drawing::Map { .. } => (1000, 800),
            Drawing::Shades { rows, columns, .. } => {
                ((NAMES + CELL.0 * columns.len() as u32 + 20).max(300), CELL.1 * (rows.len() as u32 + 1) + 20)
            }
        };
        (width, height + TITLE)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &DrawingArea<B, Shift>) -> Result<()>
    where
        B::ErrorType: 'static,
    {
        canvas.fill(&WHITE)?;
        let (head, area) = canvas.split_vertically(TITLE);
        head.draw(&Text::new(self.title.to_owned(), (14, 10), (FONT, 20).into_font().color(&INK)))?;
        match self.drawing {
            Drawing::Curves { axes, panels } => {
                for (area, panel) in split(&area, panels.len()).iter().zip(panels) {
                    curves(area, axes, panel)?;
                }
            }
            Drawing::Histograms { axis, panels } => {
                for (area, (name, values)) in split(&area, panels.len()).iter().zip(panels) {
                    histogram(area, axis, name, values)?;
                }
            }
            Drawing::Images { columns, images } => small_images(&area, *columns, images)?,
            Drawing::Map { points } => map(&area, points)?,
            Drawing::Shades { rows, columns, values } => shades(&area, rows, columns, values)?,
        }
        canvas.present()?;
        Ok(())
    }
}

fn split<B: DrawingBackend>(area: &Area<B>, count: usize) -> Vec<Area<B>> {
    if count <= 1 {
        return vec![area.clone()];
    }
    area.split_evenly((count.div_ceil(COLUMNS), count.min(COLUMNS)))
}

/// The least and the greatest with a little room; from 0 to 1 where there is nothing.
fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return 0.0..1.0;
    }
    let margin = if low == high { 0.5 * low.abs().max(1e-3) } else { 0.05 * (high - low) };
    low - margin..high + margin
}

fn curves<B: DrawingBackend>(area: &Area<B>, [x, y]: &[String; 2], panel: &Panel) -> Result<()>
where
    B::ErrorType: 'static,
{
    let points = || panel.curves.iter().flat_map(|curve| &curve.points);
    let (across, up) = (range(points().map(|p| p.0)), range(points().map(|p| p.1)));
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(&panel.title, (FONT, 16).into_font().color(&INK))
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
        .label_style((FONT, 13).into_font().color(&INK))
        .draw()?;
    for (Curve { name, points }, color) in panel.curves.iter().zip(COLORS.iter().cycle()) {
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
            .label_font((FONT, 13).into_font().color(&INK))
            .draw()?;
    }
    Ok(())
}

fn histogram<B: DrawingBackend>(area: &Area<B>, axis: &str, name: &str, values: &[f64]) -> Result<()>
where
    B::ErrorType: 'static,
{
    let across = range(values.iter().copied());
    let width = (across.end - across.start) / BARS as f64;
    let mut counts = [0u32; BARS];
    for value in values.iter().filter(|value| value.is_finite()) {
        counts[(((value - across.start) / width) as usize).min(BARS - 1)] += 1;
    }
    let share = |count: u32| 100.0 * f64::from(count) / values.len().max(1) as f64;
    let top = counts.iter().map(|&count| share(count)).fold(1e-3, f64::max) * 1.08;
    let start = across.start;
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(name, (FONT, 15).into_font().color(&INK))
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
        .label_style((FONT, 12).into_font().color(&INK))
        .draw()?;
    chart.draw_series(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, count)| {
        let left = start + bar as f64 * width;
        Rectangle::new([(left, 0.0), (left + width, share(*count))], COLORS[0].mix(0.7).filled())
    }))?;
    Ok(())
}

/// How many images, and their height and width.
fn sides(images: &Tensor) -> (usize, u32, u32) {
    match images.size()[..] {
        [count, height, width] => (count as usize, height as u32, width as u32),
        _ => (0, 0, 0),
    }
}

fn small_images<B: DrawingBackend>(area: &Area<B>, columns: usize, images: &Tensor) -> Result<()>
where
    B::ErrorType: 'static,
{
    let (count, height, width) = sides(images);
    for number in 0..count {
        let image = images.get(number as i64).to_kind(Kind::Double);
        let (low, high) = (image.min().double_value(&[]), image.max().double_value(&[]));
        let greys = Vec::<f64>::try_from(image.reshape([-1]))?;
        let left = GAP + (number % columns) as u32 * (MAGNIFIED * width + GAP);
        let top = GAP + (number / columns) as u32 * (MAGNIFIED * height + GAP);
        for (place, grey) in greys.iter().enumerate() {
            let (row, column) = (place as u32 / width, place as u32 % width);
            let corner = ((left + MAGNIFIED * column) as i32, (top + MAGNIFIED * row) as i32);
            let end = (corner.0 + MAGNIFIED as i32, corner.1 + MAGNIFIED as i32);
            let level = (255.0 * (grey - low) / (high - low).max(1e-12)) as u8;
            area.draw(&Rectangle::new([corner, end], RGBColor(level, level, level).filled()))?;
        }
    }
    Ok(())
}

fn map<B: DrawingBackend>(area: &Area<B>, points: &[(String, f64, f64)]) -> Result<()>
where
    B::ErrorType: 'static,
{
    let (across, up) = (range(points.iter().map(|p| p.1)), range(points.iter().map(|p| p.2)));
    let mut chart = ChartBuilder::on(area).margin(20).build_cartesian_2d(across, up)?;
    chart.draw_series(points.iter().map(|(_, x, y)| Circle::new((*x, *y), 2, COLORS[0].filled())))?;
    let text = (FONT, 13).into_font().color(&INK);
    chart.draw_series(
        points
            .iter()
            .map(|(name, x, y)| EmptyElement::at((*x, *y)) + Text::new(name.clone(), (4, -6), text.clone())),
    )?;
    Ok(())
}

fn shades<B: DrawingBackend>(
    area: &Area<B>,
    rows: &[String],
    columns: &[String],
    values: &[Vec<f64>],
) -> Result<()>
where
    B::ErrorType: 'static,
{
    let text = (FONT, 14).into_font().color(&INK);
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
            let share = (value - low) / (high - low).max(1e-12);
            let fade = |full: u8| (255.0 - share * f64::from(255 - full)) as u8;
            let RGBColor(red, green, blue) = COLORS[0];
            let color = RGBColor(fade(red), fade(green), fade(blue));
            let end = (x + CELL.0 as i32 - 1, y + CELL.1 as i32 - 1);
            area.draw(&Rectangle::new([(x, y), end], color.filled()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_drawing_is_drawn_even_of_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let curve = |points: &[(f64, f64)]| Curve { name: "sgd".into(), points: points.to_vec() };
        let panel = |points| Panel { title: "loss".into(), curves: vec![curve(points)] };
        let axes = || ["step".to_owned(), "loss".to_owned()];
        let drawings = [
            Drawing::Curves { axes: axes(), panels: vec![panel(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 0.5)])] },
            Drawing::Curves { axes: axes(), panels: vec![panel(&[]), panel(&[(1.0, 1.0)])] },
            Drawing::Histograms {
                axis: "value".into(),
                panels: vec![("a".into(), vec![0.0, 1.0]), ("b".into(), vec![])],
            },
            Drawing::Images {
                columns: 2,
                images: Tensor::arange(24, (Kind::Float, tch::Device::Cpu)).view([3, 2, 4]),
            },
            Drawing::Map { points: vec![("you".into(), 0.1, -0.2)] },
            Drawing::Shades {
                rows: vec!["1".into()],
                columns: vec!["a".into(), "b".into()],
                values: vec![vec![0.2, 0.8]],
            },
        ];
        for (i, drawing) in drawings.iter().enumerate() {
            let name = format!("figure-{i}");
            Plate { title: "a title", drawing }.save(folder.path(), &name).unwrap();
            let svg = std::fs::read_to_string(folder.path().join(format!("{name}.svg"))).unwrap();
            assert!(svg.contains("a title"), "{name}");
            assert!(
                std::fs::read(folder.path().join(format!("{name}.png"))).unwrap().starts_with(b"\x89PNG")
            );
        }
    }
}
