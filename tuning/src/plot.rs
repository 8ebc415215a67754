//! `tune.png` and `tune.svg`: the search at a glance. The first panel is the best score so far over the trials; then one panel
//! per constant, the score over its value, the most important first.

use std::ops::Range;

use mvmhat_association::{Scale, SearchParameter};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::results::{RankedConstant, SearchResults};
use crate::trial_log::{Proposer, Trial};
use mvmhat_plots::{FONT, Figure, PlotError};

const PANEL: (u32, u32) = (340, 250);
const COLUMNS: usize = 4;
const TITLE: u32 = 64;

const INK: RGBColor = RGBColor(40, 40, 40);
const FAINT: RGBColor = RGBColor(225, 225, 225);
const CONFIGURED: RGBColor = RGBColor(0, 0, 0);
const RANDOM: RGBColor = RGBColor(150, 160, 170);
const GUIDED: RGBColor = RGBColor(40, 110, 200);
const BEST: RGBColor = RGBColor(215, 40, 40);

/// The plot of a search.
pub(crate) struct SearchPlot<'a> {
    pub(crate) results: &'a SearchResults<'a>,
    pub(crate) title: &'a str,
}

impl Figure for SearchPlot<'_> {
    fn size(&self) -> (u32, u32) {
        let rows = (self.results.constants.len() + 1).div_ceil(COLUMNS) as u32;
        (PANEL.0 * COLUMNS as u32, TITLE + PANEL.1 * rows)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), PlotError> {
        draw(area, self.results, self.title)
    }
}

type Area<B> = DrawingArea<B, Shift>;

fn draw<B: DrawingBackend>(
    area: &Area<B>,
    results: &SearchResults<'_>,
    title: &str,
) -> Result<(), PlotError> {
    area.fill(&WHITE)?;
    let (head, panels) = area.split_vertically(TITLE);
    head.draw(&Text::new(title.to_owned(), (16, 10), (FONT, 20).into_font().color(&INK)))?;
    legend(&head)?;
    let rows = (results.constants.len() + 1).div_ceil(COLUMNS);
    let panels = panels.split_evenly((rows, COLUMNS));
    let scores = score_range(results.trials);
    let mut panels = panels.iter();
    if let Some(panel) = panels.next() {
        running_best(panel, results, scores.clone())?;
    }
    for (panel, constant) in panels.zip(&results.constants) {
        let RankedConstant { index, parameter, importance } = constant;
        let caption = format!("{}: {:.0} %", parameter.key, 100.0 * importance.share);
        let label = |fraction: &f64| axis_label(parameter, *fraction);
        let mut chart = axes(panel, &caption, -0.03..1.03, scores.clone(), &label)?;
        let point = |trial: &Trial| (parameter.fraction(trial.values[*index]), clipped(trial, &scores));
        chart.draw_series(marks(results, point))?;
    }
    area.present()?;
    Ok(())
}

fn legend<B: DrawingBackend>(area: &Area<B>) -> Result<(), PlotError> {
    let entries =
        [(CONFIGURED, "as configured"), (RANDOM, "random"), (GUIDED, "guided (TPE)"), (BEST, "best")];
    let mut x = 20;
    for (color, text) in entries {
        area.draw(&Circle::new((x, 44), 4, color.filled()))?;
        area.draw(&Text::new(text, (x + 9, 39), (FONT, 13).into_font().color(&INK)))?;
        x += 34 + 8 * text.len() as i32;
    }
    let note = "percent: importance, how much of the differences the constant accounts for by itself; marks on the lower edge lie below it";
    area.draw(&Text::new(note, (x, 39), (FONT, 13).into_font().color(&INK)))?;
    Ok(())
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A panel with its caption and axes; `label` gives the labels of the horizontal one.
fn axes<'a, B: DrawingBackend + 'a>(
    panel: &Area<B>,
    caption: &str,
    x: Range<f64>,
    y: Range<f64>,
    label: &dyn Fn(&f64) -> String,
) -> Result<Chart<'a, B>, PlotError> {
    let mut chart = ChartBuilder::on(panel)
        .caption(caption, (FONT, 16).into_font().color(&INK))
        .margin(8)
        .margin_right(16)
        .x_label_area_size(22)
        .y_label_area_size(38)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(RANDOM)
        .label_style((FONT, 12).into_font().color(&INK))
        .x_labels(5)
        .y_labels(5)
        .x_label_formatter(label)
        .y_label_formatter(&|score| format!("{score:.0}"))
        .draw()?;
    Ok(chart)
}

/// The best score so far, over all trials.
fn running_best<B: DrawingBackend>(
    panel: &Area<B>,
    results: &SearchResults<'_>,
    scores: Range<f64>,
) -> Result<(), PlotError> {
    let last = results.trials.len() as f64;
    let caption = format!("{}, percent, over the trials", results.objective.name());
    let label = |number: &f64| format!("{number:.0}");
    let mut chart = axes(panel, &caption, -0.03 * last..1.03 * last, scores.clone(), &label)?;
    chart.draw_series(marks(results, |trial| (trial.number as f64, clipped(trial, &scores))))?;
    let mut steps = Vec::new();
    let mut best = f64::NEG_INFINITY;
    for trial in results.trials {
        let x = trial.number as f64;
        if trial.score() > best {
            steps.extend((best > f64::NEG_INFINITY).then_some((x, best.max(scores.start))));
            best = trial.score();
            steps.push((x, best.max(scores.start)));
        }
    }
    steps.push((last, best));
    chart.draw_series(LineSeries::new(steps, BEST.stroke_width(2)))?;
    Ok(())
}

/// A mark for each trial, the configured one and the best one on top of the others.
fn marks<'a>(
    results: &'a SearchResults<'_>,
    point: impl Fn(&Trial) -> (f64, f64) + 'a,
) -> impl Iterator<Item = Circle<(f64, f64), i32>> + 'a {
    let best = results.ranking.first().copied();
    let mark =
        move |trial: &Trial, radius, color: RGBAColor| Circle::new(point(trial), radius, color.filled());
    let color = |trial: &Trial| match trial.proposer {
        Proposer::Configured => CONFIGURED.to_rgba(),
        Proposer::Random => RANDOM.mix(0.8),
        Proposer::Tpe => GUIDED.mix(0.6),
    };
    let all = results.trials.iter().map(move |trial| (trial, 3, color(trial)));
    let configured = results.trials.first().map(|trial| (trial, 5, CONFIGURED.to_rgba()));
    let on_top = configured.into_iter().chain(best.map(|trial| (trial, 5, BEST.to_rgba())));
    all.chain(on_top).map(move |(trial, radius, color)| mark(trial, radius, color))
}

/// From a little below most scores to a little above the best one. Very bad trials would flatten everything else.
fn score_range(trials: &[Trial]) -> Range<f64> {
    let mut scores: Vec<f64> = trials.iter().map(Trial::score).collect();
    scores.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (scores.get(scores.len() / 4), scores.last()) else { return 0.0..100.0 };
    let configured = trials.first().map_or(*low, Trial::score);
    let low = low.min(configured);
    let margin = (0.06 * (high - low)).max(0.05);
    low - margin..high + margin
}

fn clipped(trial: &Trial, scores: &Range<f64>) -> f64 {
    trial.score().max(scores.start)
}

/// The label at a fraction of a constant's axis: its value, short enough for a label. A whole number may be labelled between two
/// values that it can have.
fn axis_label(parameter: &SearchParameter, fraction: f64) -> String {
    let digits = match parameter.scale {
        Scale::Linear => format!("{:.2}", parameter.value(fraction)),
        Scale::Log => format!("{:.1e}", parameter.value(fraction)),
        Scale::Integer => format!("{:.1}", parameter.low + fraction * (parameter.high - parameter.low)),
    };
    // Read and written again it is as short as it can be.
    digits.parse().map_or(digits, |value: f64| value.to_string())
}

#[cfg(test)]
mod tests {
    use mvmhat_association::AssociationConfig;
    use mvmhat_random::Random;

    use super::*;
    use crate::constants::Constants;
    use crate::objective::Objective;

    #[test]
    fn labels_are_short_and_true() {
        let label = |low, high, scale, fraction| {
            axis_label(&SearchParameter { key: "k", low, high, scale }, fraction)
        };
        assert_eq!(label(0.2, 0.9, Scale::Linear, 0.5), "0.55");
        assert_eq!(label(0.001, 0.05, Scale::Log, 0.0), "0.001");
        assert_eq!(label(0.001, 0.05, Scale::Log, 0.5), "0.0071");
        assert_eq!(label(1.0, 8.0, Scale::Integer, 0.5), "4.5");
        assert_eq!(label(20.0, 500.0, Scale::Integer, 0.5), "260");
    }

    #[test]
    fn both_files_show_every_constant_and_text_is_really_drawn() {
        let constants = Constants::choose(AssociationConfig::default(), &[], &[]).unwrap();
        let trial = |number: usize| {
            let mut random = Random::new(0, &format!("trial {number}"));
            let values: Vec<f64> = constants.searched.iter().map(|p| p.value(random.uniform())).collect();
            let proposer =
                [Proposer::Configured, Proposer::Random, Proposer::Tpe][number.min(1 + number / 24).min(2)];
            Trial { number, proposer, scores: vec![60.0 + 30.0 * values[1] + number as f64 / 10.0], values }
        };
        let trials: Vec<Trial> = (0..60).map(trial).collect();
        let results = SearchResults::new(Objective::GlobalIdf1, &constants, &trials).unwrap();
        let folder = tempfile::tempdir().unwrap();
        SearchPlot { results: &results, title: "A test" }.save(folder.path(), "tune").unwrap();
        let svg = std::fs::read_to_string(folder.path().join("tune.svg")).unwrap();
        for parameter in &constants.searched {
            assert!(svg.contains(&format!("{}: ", parameter.key)), "{}", parameter.key);
        }
        let file = std::fs::File::open(folder.path().join("tune.png")).unwrap();
        let mut png = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
        let mut rgb = vec![0; png.output_buffer_size().unwrap()];
        let info = png.next_frame(&mut rgb).unwrap();
        assert_eq!(
            (info.width, info.height),
            (1360, 64 + (constants.searched.len() as u32 + 1).div_ceil(4) * 250)
        );
        // Dark pixels where the title is, and none to the right of it.
        let dark = |columns: std::ops::Range<usize>| {
            let pixels = (0..36).flat_map(|y| columns.clone().map(move |x| 3 * (1360 * y + x)));
            pixels.filter(|&start| rgb[start..start + 3].iter().all(|&value| value < 100)).count()
        };
        assert!(dark(10..100) > 50, "{}", dark(10..100));
        assert_eq!(dark(400..1300), 0);
    }
}
