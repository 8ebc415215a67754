//! Drawing the charts of the experiments.

mod curves;
mod heatmap;
mod histogram;
mod image_grid;
mod scatter;

use mvmhat_plots::{FONT, Figure, PlotError, palette};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::experiment::Chart;

/// Height of the title.
const TITLE: u32 = 40;
/// Width and height of a panel among several.
const PANEL: (u32, u32) = (340, 260);
/// Width and height of a single panel.
const SINGLE_PANEL: (u32, u32) = (900, 560);
/// Panels per row.
const COLUMNS: usize = 5;
/// Width and height of a scatter plot.
const SCATTER: (u32, u32) = (1000, 800);

/// A chart with its title.
pub(super) struct ChartFigure<'a> {
    pub(super) title: &'a str,
    pub(super) chart: &'a Chart,
}

type Area<B> = DrawingArea<B, Shift>;

impl Figure for ChartFigure<'_> {
    fn size(&self) -> (u32, u32) {
        let (width, height) = match self.chart {
            Chart::Curves { panels, .. } => panels_size(panels.len()),
            Chart::Histograms { panels, .. } => panels_size(panels.len()),
            Chart::ImageGrid { columns, images } => image_grid::size(*columns, images),
            Chart::Scatter { .. } => SCATTER,
            Chart::Heatmap { rows, columns, .. } => heatmap::size(rows.len(), columns.len()),
        };
        (width, height + TITLE)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &DrawingArea<B, Shift>) -> Result<(), PlotError> {
        canvas.fill(&WHITE)?;
        let (head, area) = canvas.split_vertically(TITLE);
        let title = (FONT, 20).into_font().color(&palette::INK);
        head.draw(&Text::new(self.title.to_owned(), (14, 10), title))?;
        match self.chart {
            Chart::Curves { axes, panels } => {
                for (area, panel) in split(&area, panels.len()).iter().zip(panels) {
                    curves::draw(area, axes, panel)?;
                }
            }
            Chart::Histograms { axis, panels } => {
                for (area, (name, values)) in split(&area, panels.len()).iter().zip(panels) {
                    histogram::draw(area, axis, name, values)?;
                }
            }
            Chart::ImageGrid { columns, images } => image_grid::draw(&area, *columns, images)?,
            Chart::Scatter { points } => scatter::draw(&area, points)?,
            Chart::Heatmap { rows, columns, values } => heatmap::draw(&area, rows, columns, values)?,
        }
        canvas.present()?;
        Ok(())
    }
}

/// Width and height of a figure of `count` panels.
fn panels_size(count: usize) -> (u32, u32) {
    if count <= 1 {
        return SINGLE_PANEL;
    }
    (PANEL.0 * count.min(COLUMNS) as u32, PANEL.1 * count.div_ceil(COLUMNS) as u32)
}

fn split<B: DrawingBackend>(area: &Area<B>, count: usize) -> Vec<Area<B>> {
    if count <= 1 {
        return vec![area.clone()];
    }
    area.split_evenly((count.div_ceil(COLUMNS), count.min(COLUMNS)))
}

/// The range of an axis: minimum and maximum with a margin; 0 to 1 without finite values.
fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return 0.0..1.0;
    }
    let margin = if low == high { 0.5 * low.abs().max(1e-3) } else { 0.05 * (high - low) };
    low - margin..high + margin
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::*;
    use crate::experiment::{Curve, NamedPoint, Panel};

    #[test]
    fn every_kind_of_chart_is_drawn_even_without_values() {
        let folder = tempfile::tempdir().unwrap();
        let curve = |points: &[(f64, f64)]| Curve { name: "sgd".into(), points: points.to_vec() };
        let panel = |points| Panel { title: "loss".into(), curves: vec![curve(points)] };
        let axes = || ["step".to_owned(), "loss".to_owned()];
        let charts = [
            Chart::Curves { axes: axes(), panels: vec![panel(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 0.5)])] },
            Chart::Curves { axes: axes(), panels: vec![panel(&[]), panel(&[(1.0, 1.0)])] },
            Chart::Histograms {
                axis: "value".into(),
                panels: vec![("a".into(), vec![0.0, 1.0]), ("b".into(), vec![])],
            },
            Chart::ImageGrid {
                columns: 2,
                images: Tensor::arange(24, (Kind::Float, tch::Device::Cpu)).view([3, 2, 4]),
            },
            Chart::Scatter { points: vec![NamedPoint { name: "you".into(), x: 0.1, y: -0.2 }] },
            Chart::Heatmap {
                rows: vec!["1".into()],
                columns: vec!["a".into(), "b".into()],
                values: vec![vec![0.2, 0.8]],
            },
        ];
        for (i, chart) in charts.iter().enumerate() {
            let name = format!("figure-{i}");
            ChartFigure { title: "a title", chart }.save(folder.path(), &name).unwrap();
            let svg = std::fs::read_to_string(folder.path().join(format!("{name}.svg"))).unwrap();
            assert!(svg.contains("a title"), "{name}");
            assert!(
                std::fs::read(folder.path().join(format!("{name}.png"))).unwrap().starts_with(b"\x89PNG")
            );
        }
    }
}
