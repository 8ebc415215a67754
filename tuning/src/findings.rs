//! What a search has found, as tables for a terminal.

use mvmhat_association::SearchParameter;

use super::constants::Constants;
use super::importance::Importance;
use super::objective::Objective;
use super::trial_log::{Proposer, Trial};

/// How many of the best trials are shown.
const SHOWN: usize = 4;

/// A finished search, looked at from behind.
pub(super) struct Findings<'a> {
    /// What was made as high as possible.
    pub(super) objective: Objective,
    /// All trials in order.
    pub(super) trials: &'a [Trial],
    /// The trials by score, the best first; of equal ones the earlier first.
    pub(super) ranking: Vec<&'a Trial>,
    /// Place among the values of a trial, range and importance of each constant, the most important first.
    pub(super) constants: Vec<(usize, SearchParameter, Importance)>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(objective: Objective, constants: &Constants, trials: &'a [Trial]) -> Self {
        let mut ranking: Vec<&Trial> = trials.iter().collect();
        ranking.sort_by(|a, b| b.score().total_cmp(&a.score()));
        let by_chance: Vec<&Trial> = trials.iter().filter(|trial| trial.by == Proposer::Random).collect();
        let scores: Vec<f64> = by_chance.iter().map(|trial| trial.score()).collect();
        let importance = |place: usize| {
            let values: Vec<f64> = by_chance.iter().map(|trial| trial.values[place]).collect();
            Importance::of(&values, &scores)
        };
        let searched = constants.searched.iter().enumerate();
        let mut constants: Vec<_> = searched.map(|(place, p)| (place, *p, importance(place))).collect();
        constants.sort_by(|a, b| b.2.share.total_cmp(&a.2.share));
        Self { objective, trials, ranking, constants }
    }

    /// The best trials, one a column, beside what each constant mattered.
    pub(super) fn constants_table(&self) -> String {
        let configured = self.trials.first();
        let best = self.ranking.iter().copied().filter(|trial| trial.number != 0).take(SHOWN);
        let columns: Vec<&Trial> = configured.into_iter().chain(best).collect();
        let column = |trial: &&Trial| match trial.number {
            0 => "configured".to_owned(),
            number => format!("trial {number}"),
        };
        let head = ["constant", "matters", "trend", "searched"].map(str::to_owned);
        let mut rows = vec![head.into_iter().chain(columns.iter().map(column)).collect::<Vec<_>>()];
        for (place, p, importance) in &self.constants {
            let own = [
                p.key.to_owned(),
                format!("{:.0} %", 100.0 * importance.share),
                format!("{:+.2}", importance.trend),
                format!("{}..{}", p.low, p.high),
            ];
            rows.push(own.into_iter().chain(columns.iter().map(|t| t.values[*place].to_string())).collect());
        }
        let score = [self.objective.name(), String::new(), String::new(), String::new()];
        rows.push(score.into_iter().chain(columns.iter().map(|t| format!("{:.2}", t.score()))).collect());
        format!(
            "The best trials. \"matters\": share of the differences between trials by chance that a constant accounts \
             for by itself; \"trend\": +1 larger is better, -1 smaller is better.\n{}",
            aligned(&rows)
        )
    }

    /// What the constants that were found are worth, recording by recording: (name, whether it was held out, score as
    /// configured, score with the best constants).
    pub(super) fn recordings_table(&self, recordings: &[(String, bool, f64, f64)]) -> String {
        let mut rows = vec![["", "configured", "best", "change"].map(str::to_owned).to_vec()];
        for (name, held_out, before, after) in recordings {
            let name = if *held_out { format!("{name} (held out)") } else { name.clone() };
            rows.push(vec![
                name,
                format!("{before:.2}"),
                format!("{after:.2}"),
                format!("{:+.2}", after - before),
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
            by: Proposer::Random,
            values: vec![0.1, score],
            scores: vec![score],
        };
        let trials: Vec<Trial> =
            [50.0, 70.0, 60.0, 70.0].into_iter().enumerate().map(|(i, s)| trial(i, s)).collect();
        let findings = Findings::new(Objective::Idf1, &constants, &trials);
        assert_eq!(findings.ranking.iter().map(|t| t.number).collect::<Vec<_>>(), [1, 3, 2, 0]);
        assert_eq!(findings.constants[0].1.key, "max_age", "track_low_thresh never changed");
        let table = findings.constants_table();
        let head = table.lines().nth(1).unwrap();
        assert!(
            head.find("configured") < head.find("trial 1") && head.find("trial 1") < head.find("trial 3")
        );
        assert!(table.lines().last().unwrap().ends_with("50.00    70.00    70.00    60.00"), "{table}");
        let table = findings.recordings_table(&[("hall".into(), true, 50.0, 49.0)]);
        assert!(table.contains("hall (held out)") && table.ends_with("-1.00"), "{table}");
    }
}
