//! The cosines of same and of different people as a drawing: PNG and SVG.

use mvmhat_evaluation::{Histogram, Separation};
use plotters::coord::Shift;
use plotters::prelude::*;

use mvmhat_plots::{FONT, Figure, PlotError};

/// Told apart by the color-blind too: Okabe and Ito, *Color Universal Design* (2008).
const SAME: RGBColor = RGBColor(0, 114, 178);
/// See [`SAME`].
const DIFFERENT: RGBColor = RGBColor(213, 94, 0);
const INK: RGBColor = RGBColor(60, 60, 60);

/// The shares of cosines among the same and among different people.
pub(super) struct CosineHistogram<'a> {
    pub(super) title: &'a str,
    pub(super) separation: &'a Separation,
}

impl Figure for CosineHistogram<'_> {
    fn size(&self) -> (u32, u32) {
        (1200, 700)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &DrawingArea<B, Shift>) -> Result<(), PlotError> {
        draw(canvas, self.title, self.separation)
    }
}

fn draw<B: DrawingBackend>(
    canvas: &DrawingArea<B, Shift>,
    title: &str,
    separation: &Separation,
) -> Result<(), PlotError> {
    let Histogram { same, different } = separation.histogram();
    let (same, different) = (shares(&same), shares(&different));
    let width = 2.0 / same.len() as f64;
    let edge = |bin: usize| bin as f64 * width - 1.0;
    // From the first to the last bin that has anything in it, and a little room.
    let is_used = |bin: &usize| same[*bin] + different[*bin] > 0.0;
    let first = (0..same.len()).find(is_used).unwrap_or(0);
    let last = (0..same.len()).rev().find(is_used).unwrap_or(same.len() - 1);
    let (left, right) = ((edge(first) - width).max(-1.0), (edge(last + 1) + width).min(1.0));
    let top = same.iter().chain(&different).copied().fold(0.0, f64::max).max(1e-3) * 1.12;

    canvas.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(canvas)
        .caption(title, (FONT, 26).into_font().color(&INK))
        .margin(24)
        .x_label_area_size(56)
        .y_label_area_size(80)
        .build_cartesian_2d(left..right, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .axis_style(BLACK.mix(0.5))
        .x_desc("cosine of two crops of different cameras")
        .y_desc("share of the pairs, %")
        .x_label_formatter(&|value| format!("{value:.1}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .label_style((FONT, 18).into_font().color(&INK))
        .axis_desc_style((FONT, 20).into_font().color(&INK))
        .draw()?;

    let (same_pairs, different_pairs) = separation.pairs();
    let kinds = [
        (&different, DIFFERENT, format!("different people, {} pairs", grouped(different_pairs))),
        (&same, SAME, format!("same person, {} pairs", grouped(same_pairs))),
    ];
    for (shares, color, name) in kinds {
        let bars = shares.iter().enumerate().filter(|(_, share)| **share > 0.0).map(|(bin, share)| {
            Rectangle::new([(edge(bin), 0.0), (edge(bin + 1), *share)], color.mix(0.35).filled())
        });
        chart
            .draw_series(bars)?
            .label(name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 7), (x + 22, y + 7)], color.mix(0.55).filled()));
        // The outline of the whole, so that each is seen where they overlap.
        let steps = (first..=last).flat_map(|bin| [(edge(bin), shares[bin]), (edge(bin + 1), shares[bin])]);
        let outline = std::iter::once((edge(first), 0.0)).chain(steps).chain([(edge(last + 1), 0.0)]);
        chart.draw_series([PathElement::new(outline.collect::<Vec<_>>(), color.stroke_width(2))])?;
    }
    let (error, threshold) = separation.equal_error();
    chart
        .draw_series([PathElement::new(
            vec![(threshold, 0.0), (threshold, top)],
            INK.mix(0.7).stroke_width(1),
        )])?
        .label(format!("equal error {:.1} % at {threshold:.3}", 100.0 * error))
        .legend(|(x, y)| PathElement::new(vec![(x, y), (x + 22, y)], INK.stroke_width(1)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .margin(14)
        .legend_area_size(30)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .label_font((FONT, 18).into_font().color(&INK))
        .draw()?;
    canvas.present()?;
    Ok(())
}

/// Percent of all that each bin has.
fn shares(counts: &[u64]) -> Vec<f64> {
    let all = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|count| 100.0 * *count as f64 / all).collect()
}

/// A number with its thousands set apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([7, 999, 1000, 1_234_567].map(grouped), ["7", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn nothing_can_be_drawn_too() {
        let folder = tempfile::tempdir().unwrap();
        let nothing = CosineHistogram { title: "nothing", separation: &Separation::default() };
        nothing.save(folder.path(), "histogram").unwrap();
        let svg = std::fs::read_to_string(folder.path().join("histogram.svg")).unwrap();
        assert!(svg.contains("nothing") && svg.contains("same person, 0 pairs"), "{svg}");
        assert!(std::fs::read(folder.path().join("histogram.png")).unwrap().starts_with(b"\x89PNG"));
    }
}
