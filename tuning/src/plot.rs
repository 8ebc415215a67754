//! `tune.png` and `tune.svg`: the search at a glance. The first panel is the best score so far over the trials; then one
//! panel a constant, the score against its value, the most important first.

use std::ops::Range;

use mvmhat_association::{Scale, SearchParameter};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::findings::Findings;
use super::trial_log::{Proposer, Trial};
use mvmhat_plots::{FONT, Figure, PlotError};

const PANEL: (u32, u32) = (340, 250);
const COLUMNS: usize = 4;
const TITLE: u32 = 64;

const INK: RGBColor = RGBColor(40, 40, 40);
const FAINT: RGBColor = RGBColor(225, 225, 225);
const CONFIGURED: RGBColor = RGBColor(0, 0, 0);
const BY_CHANCE: RGBColor = RGBColor(150, 160, 170);
const GUIDED: RGBColor = RGBColor(40, 110, 200);
const BEST: RGBColor = RGBColor(215, 40, 40);

/// The plot of a search.
pub(super) struct SearchPlot<'a> {
    pub(super) findings: &'a Findings<'a>,
    pub(super) title: &'a str,
}

impl Figure for SearchPlot<'_> {
    fn size(&self) -> (u32, u32) {
        let rows = (self.findings.constants.len() + 1).div_ceil(COLUMNS) as u32;
        (PANEL.0 * COLUMNS as u32, TITLE + PANEL.1 * rows)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), PlotError> {
        draw(area, self.findings, self.title)
    }
}

type Area<B> = DrawingArea<B, Shift>;

fn draw<B: DrawingBackend>(area: &Area<B>, findings: &Findings<'_>, title: &str) -> Result<(), PlotError> {
    area.fill(&WHITE)?;
    let (head, panels) = area.split_vertically(TITLE);
    head.draw(&Text::new(title.to_owned(), (16, 10), (FONT, 20).into_font().color(&INK)))?;
    legend(&head)?;
    let rows = (findings.constants.len() + 1).div_ceil(COLUMNS);
    let panels = panels.split_evenly((rows, COLUMNS));
    let scores = score_range(findings.trials);
    let mut panels = panels.iter();
    if let Some(panel) = panels.next() {
        running_best(panel, findings, scores.clone())?;
    }
    for (panel, (place, parameter, importance)) in panels.zip(&findings.constants) {
        let caption = format!("{}: {:.0} %", parameter.key, 100.0 * importance.share);
        let label = |share: &f64| value_at(parameter, *share);
        let mut chart = axes(panel, &caption, -0.03..1.03, scores.clone(), &label)?;
        let point = |trial: &Trial| (parameter.fraction(trial.values[*place]), clipped(trial, &scores));
        chart.draw_series(marks(findings, point))?;
    }
    area.present()?;
    Ok(())
}

fn legend<B: DrawingBackend>(area: &Area<B>) -> Result<(), PlotError> {
    let entries =
        [(CONFIGURED, "as configured"), (BY_CHANCE, "by chance"), (GUIDED, "guided (TPE)"), (BEST, "best")];
    let mut x = 20;
    for (color, text) in entries {
        area.draw(&Circle::new((x, 44), 4, color.filled()))?;
        area.draw(&Text::new(text, (x + 9, 39), (FONT, 13).into_font().color(&INK)))?;
        x += 34 + 8 * text.len() as i32;
    }
    let note = "percent: how much of the differences the constant accounts for by itself; marks on the lower edge lie below it";
    area.draw(&Text::new(note, (x, 39), (FONT, 13).into_font().color(&INK)))?;
    Ok(())
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A panel with its caption and axes; `label` says what stands at a place of the horizontal one.
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
        .axis_style(BY_CHANCE)
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
    findings: &Findings<'_>,
    scores: Range<f64>,
) -> Result<(), PlotError> {
    let last = findings.trials.len() as f64;
    let caption = format!("{}, percent, over the trials", findings.objective.name());
    let label = |number: &f64| format!("{number:.0}");
    let mut chart = axes(panel, &caption, -0.03 * last..1.03 * last, scores.clone(), &label)?;
    chart.draw_series(marks(findings, |trial| (trial.number as f64, clipped(trial, &scores))))?;
    let mut steps = Vec::new();
    let mut best = f64::NEG_INFINITY;
    for trial in findings.trials {
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
    findings: &'a Findings<'_>,
    point: impl Fn(&Trial) -> (f64, f64) + 'a,
) -> impl Iterator<Item = Circle<(f64, f64), i32>> + 'a {
    let best = findings.ranking.first().copied();
    let mark =
        move |trial: &Trial, radius, color: RGBAColor| Circle::new(point(trial), radius, color.filled());
    let color = |trial: &Trial| match trial.by {
        Proposer::Configured => CONFIGURED.to_rgba(),
        Proposer::Random => BY_CHANCE.mix(0.8),
        Proposer::Tpe => GUIDED.mix(0.6),
    };
    let all = findings.trials.iter().map(move |trial| (trial, 3, color(trial)));
    let configured = findings.trials.first().map(|trial| (trial, 5, CONFIGURED.to_rgba()));
    let on_top = configured.into_iter().chain(best.map(|trial| (trial, 5, BEST.to_rgba())));
    all.chain(on_top).map(move |(trial, radius, color)| mark(trial, radius, color))
}

/// From a little below most scores to a little above the best one. Disasters would flatten everything else.
fn score_range(trials: &[Trial]) -> Range<f64> {
    let mut scores: Vec<f64> = trials.iter().map(Trial::score).collect();
    scores.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (scores.get(scores.len() / 4), scores.last()) else { return 0.0..100.0 };
    let configured = trials.first().map_or(*low, Trial::score);
    let low = low.min(configured);
    let room = (0.06 * (high - low)).max(0.05);
    low - room..high + room
}

fn clipped(trial: &Trial, scores: &Range<f64>) -> f64 {
    trial.score().max(scores.start)
}

/// The value at a place of a constant's axis, short enough for a label. Between whole numbers it is none: the label says
/// where the place is.
fn value_at(parameter: &SearchParameter, share: f64) -> String {
    let digits = match parameter.scale {
        Scale::Linear => format!("{:.2}", parameter.value(share)),
        Scale::Log => format!("{:.1e}", parameter.value(share)),
        Scale::Integer => format!("{:.1}", parameter.low + share * (parameter.high - parameter.low)),
    };
    // Read and written again it is as short as it can be.
    digits.parse().map_or(digits, |value: f64| value.to_string())
}

#[cfg(test)]
mod tests {
    use mvmhat_association::AssociationConfig;
    use mvmhat_random::Random;
    use opencv::imgcodecs;
    use opencv::prelude::*;

    use super::*;
    use crate::commands::tune::constants::Constants;
    use crate::commands::tune::objective::Objective;

    #[test]
    fn labels_are_short_and_true() {
        let label = |low, high, scale, share| value_at(&SearchParameter { key: "k", low, high, scale }, share);
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
            let by =
                [Proposer::Configured, Proposer::Random, Proposer::Tpe][number.min(1 + number / 24).min(2)];
            Trial { number, by, scores: vec![60.0 + 30.0 * values[1] + number as f64 / 10.0], values }
        };
        let trials: Vec<Trial> = (0..60).map(trial).collect();
        let findings = Findings::new(Objective::GlobalIdf1, &constants, &trials);
        let folder = tempfile::tempdir().unwrap();
        SearchPlot { findings: &findings, title: "A test" }.save(folder.path(), "tune").unwrap();
        let svg = std::fs::read_to_string(folder.path().join("tune.svg")).unwrap();
        for parameter in &constants.searched {
            assert!(svg.contains(&format!("{}: ", parameter.key)), "{}", parameter.key);
        }
        let png =
            imgcodecs::imread(folder.path().join("tune.png").to_str().unwrap(), imgcodecs::IMREAD_GRAYSCALE);
        let png = png.unwrap();
        assert_eq!(
            (png.cols(), png.rows()),
            (1360, 64 + (constants.searched.len() as i32 + 1 + 3) / 4 * 250)
        );
        // Dark pixels where the title stands, and none to the right of it.
        let dark = |columns: std::ops::Range<i32>| {
            (0..36)
                .flat_map(|y| columns.clone().map(move |x| (y, x)))
                .filter(|&(y, x)| *png.at_2d::<u8>(y, x).unwrap() < 100)
                .count()
        };
        assert!(dark(10..100) > 50, "{}", dark(10..100));
        assert_eq!(dark(400..1300), 0);
    }
}
