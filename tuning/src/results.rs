//! The results of a search, as tables for a terminal.

use anyhow::{Result, anyhow};
use mvmhat_association::SearchParameter;

use crate::constants::Constants;
use crate::importance::Importance;
use crate::objective::Objective;
use crate::trial_log::{Proposer, Trial};

/// How many of the best trials are shown.
const SHOWN: usize = 4;

/// A finished search.
pub(crate) struct SearchResults<'a> {
    /// What was maximized.
    pub(crate) objective: Objective,
    /// All trials in order.
    pub(crate) trials: &'a [Trial],
    /// The trials by score, the best first; of equal ones the earlier first.
    pub(crate) ranking: Vec<&'a Trial>,
    /// The constants, the most important first.
    pub(crate) constants: Vec<RankedConstant>,
    configured: &'a Trial,
    best: &'a Trial,
}

/// A constant that was searched.
pub(crate) struct RankedConstant {
    /// Its index among the values of a trial.
    pub(crate) index: usize,
    /// Its key and range.
    pub(crate) parameter: SearchParameter,
    pub(crate) importance: Importance,
}

/// The scores of one sequence, in percent.
pub(crate) struct SequenceResult {
    pub(crate) label: String,
    /// Whether the search did not see it.
    pub(crate) held_out: bool,
    /// With the configured constants.
    pub(crate) configured: f64,
    /// With the best constants.
    pub(crate) best: f64,
}

impl SequenceResult {
    fn name(&self) -> String {
        if self.held_out { format!("{} (held out)", self.label) } else { self.label.clone() }
    }
}

impl<'a> SearchResults<'a> {
    /// Ranks trials and constants.
    ///
    /// # Errors
    /// A search without trials.
    pub(crate) fn new(objective: Objective, constants: &Constants, trials: &'a [Trial]) -> Result<Self> {
        let mut ranking: Vec<&Trial> = trials.iter().collect();
        ranking.sort_by(|a, b| b.score().total_cmp(&a.score()));
        let (Some(configured), Some(best)) = (trials.first(), ranking.first().copied()) else {
            return Err(anyhow!("a search without trials has no results"));
        };
        let random: Vec<&Trial> = trials.iter().filter(|trial| trial.proposer == Proposer::Random).collect();
        let scores: Vec<f64> = random.iter().map(|trial| trial.score()).collect();
        let ranked = |(index, parameter): (usize, &SearchParameter)| {
            let values: Vec<f64> = random.iter().map(|trial| trial.values[index]).collect();
            let importance = Importance::new(&values, &scores);
            RankedConstant { index, parameter: *parameter, importance }
        };
        let mut constants: Vec<_> = constants.searched.iter().enumerate().map(ranked).collect();
        constants.sort_by(|a, b| b.importance.share.total_cmp(&a.importance.share));
        Ok(Self { objective, trials, ranking, constants, configured, best })
    }

    /// The trial of the configuration as it is.
    pub(crate) fn configured(&self) -> &'a Trial {
        self.configured
    }

    /// The best trial.
    pub(crate) fn best(&self) -> &'a Trial {
        self.best
    }

    /// The title of the plot of a search on sequences with these labels.
    pub(crate) fn title(&self, labels: &[&str]) -> String {
        format!(
            "{} on {}: {:.2} as configured, {:.2} at best",
            self.objective.name(),
            labels.join(", "),
            self.configured.score(),
            self.best.score()
        )
    }

    /// The head of the preset: where its constants come from and what they score.
    pub(crate) fn head(&self, command: &str, sequences: &[SequenceResult]) -> Vec<String> {
        let mut lines = vec![
            "Constants of the association found by `mvmhat tune`; lay them over the configuration with --config.".into(),
            command.to_owned(),
            format!(
                "{}: {:.2} as configured, {:.2} with these (trial {} of {}). By recording:",
                self.objective.name(),
                self.configured.score(),
                self.best.score(),
                self.best.number,
                self.trials.len()
            ),
        ];
        let scores =
            |one: &SequenceResult| format!("  {}: {:.2}, {:.2}", one.name(), one.configured, one.best);
        lines.extend(sequences.iter().map(scores));
        lines
    }

    /// The best trials, one per column, beside the importance of each constant.
    pub(crate) fn constants_table(&self) -> String {
        let best = self.ranking.iter().copied().filter(|trial| trial.number != 0).take(SHOWN);
        let columns: Vec<&Trial> = std::iter::once(self.configured).chain(best).collect();
        let column = |trial: &&Trial| match trial.number {
            0 => "configured".to_owned(),
            number => format!("trial {number}"),
        };
        let head = ["constant", "importance", "trend", "searched"].map(str::to_owned);
        let mut rows = vec![head.into_iter().chain(columns.iter().map(column)).collect::<Vec<_>>()];
        for RankedConstant { index, parameter, importance } in &self.constants {
            let own = [
                parameter.key.to_owned(),
                format!("{:.0} %", 100.0 * importance.share),
                format!("{:+.2}", importance.trend),
                format!("{}..={}", parameter.low, parameter.high),
            ];
            rows.push(own.into_iter().chain(columns.iter().map(|t| t.values[*index].to_string())).collect());
        }
        let score = [self.objective.name(), String::new(), String::new(), String::new()];
        rows.push(score.into_iter().chain(columns.iter().map(|t| format!("{:.2}", t.score()))).collect());
        format!(
            "The best trials. \"importance\": the part of the differences between random trials that a constant accounts for \
             by itself; \"trend\": +1 larger is better, -1 smaller is better.\n{}",
            aligned(&rows)
        )
    }

    /// What the best constants are worth, sequence by sequence.
    pub(crate) fn recordings_table(&self, sequences: &[SequenceResult]) -> String {
        let mut rows = vec![["", "configured", "best", "change"].map(str::to_owned).to_vec()];
        for one in sequences {
            rows.push(vec![
                one.name(),
                format!("{:.2}", one.configured),
                format!("{:.2}", one.best),
                format!("{:+.2}", one.best - one.configured),
            ]);
        }
        format!("{} by recording, percent.\n{}", self.objective.name(), aligned(&rows))
    }
}

/// Columns of one width each: the first one to the left, numbers to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use mvmhat_association::AssociationConfig;

    use super::*;

    #[test]
    fn the_best_comes_first_and_of_equal_ones_the_earlier() {
        let only = ["track_low_thresh".to_owned(), "max_age".to_owned()];
        let constants = Constants::choose(AssociationConfig::default(), &only, &[]).unwrap();
        let trial = |number: usize, score: f64| Trial {
            number,
            proposer: Proposer::Random,
            values: vec![0.1, score],
            scores: vec![score],
        };
        let trials: Vec<Trial> =
            [50.0, 70.0, 60.0, 70.0].into_iter().enumerate().map(|(i, s)| trial(i, s)).collect();
        let results = SearchResults::new(Objective::Idf1, &constants, &trials).unwrap();
        assert_eq!(results.ranking.iter().map(|t| t.number).collect::<Vec<_>>(), [1, 3, 2, 0]);
        assert_eq!(results.constants[0].parameter.key, "max_age", "track_low_thresh never changed");
        let table = results.constants_table();
        let head = table.lines().nth(1).unwrap();
        assert!(
            head.find("configured") < head.find("trial 1") && head.find("trial 1") < head.find("trial 3")
        );
        assert!(table.lines().last().unwrap().ends_with("50.00    70.00    70.00    60.00"), "{table}");
        let table = results.recordings_table(&[SequenceResult {
            label: "hall".into(),
            held_out: true,
            configured: 50.0,
            best: 49.0,
        }]);
        assert!(table.contains("hall (held out)") && table.ends_with("-1.00"), "{table}");
    }

    #[test]
    fn a_search_without_trials_has_no_results() {
        let constants = Constants::choose(AssociationConfig::default(), &[], &[]).unwrap();
        assert!(SearchResults::new(Objective::Idf1, &constants, &[]).is_err());
    }
}
