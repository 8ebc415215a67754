//! Linear assignment where most pairs are out of the question.
//!
//! Pairs within the gate connect rows and columns to groups (the connected components of a bipartite graph) that are
//! independent of each other: people who stand apart in the image. Each group is a small assignment problem of its own,
//! which is exact, and far cheaper than one large one.

use mvmhat_assignment::{CostMatrix, LinearAssignment};

/// Solver of gated assignment problems, with its workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct GatedAssignment {
    solver: LinearAssignment,
    /// Costs of one group.
    group: CostMatrix,
    /// Union-find over rows and, after them, columns.
    parent: Vec<usize>,
    /// Rows and columns with the root of their group, group by group.
    members: Vec<(usize, usize)>,
    /// The answer: the column of each row.
    column_of: Vec<Option<usize>>,
}

/// The cost of a pair beyond the gate: just enough more than one at the gate that no good pair is given up for the sake of
/// two poor ones.
fn cost_beyond(limit: f32) -> f32 {
    // The larger the limit, the larger the difference that single precision can represent.
    (limit + 1e-5).max(limit * (1.0 + 1e-6))
}

impl GatedAssignment {
    /// The column of each row: of all ways to pair rows with columns at costs of at most `limit`, one where the costs saved
    /// against the limit are largest. A cost that is not a number is beyond it.
    pub(crate) fn solve(&mut self, costs: &CostMatrix, limit: f32) -> &[Option<usize>] {
        let (rows, columns) = (costs.rows(), costs.columns());
        let Self { solver, group, parent, members, column_of } = self;
        column_of.clear();
        column_of.resize(rows, None);
        parent.clear();
        parent.extend(0..rows + columns);
        for row in 0..rows {
            for column in (0..columns).filter(|&column| costs.get(row, column) <= limit) {
                let (a, b) = (root(parent, row), root(parent, rows + column));
                parent[a.max(b)] = a.min(b);
            }
        }
        members.clear();
        members.extend((0..rows + columns).map(|i| (root(parent, i), i)));
        members.sort_unstable();
        for members in members.chunk_by(|a, b| a.0 == b.0) {
            // Rows come before columns.
            let (of_rows, of_columns) = members.split_at(members.partition_point(|&(_, i)| i < rows));
            let column_at = |index: usize| of_columns[index].1 - rows;
            if let ([(_, row)], [(_, column)]) = (of_rows, of_columns) {
                column_of[*row] = Some(column - rows);
                continue;
            }
            let beyond = cost_beyond(limit);
            group.fill(of_rows.len(), of_columns.len(), |row, column| {
                let cost = costs.get(of_rows[row].1, column_at(column));
                if cost <= limit { cost } else { beyond }
            });
            // Gated costs are finite, so there is always an assignment.
            let solved = solver.solve(group).unwrap_or_default();
            for (row, column) in solved.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
                if group.get(row, column) < beyond {
                    column_of[of_rows[row].1] = Some(column_at(column));
                }
            }
        }
        column_of
    }
}

/// The root of the group that `i` is in, with path halving.
fn root(parent: &mut [usize], mut i: usize) -> usize {
    while parent[i] != i {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    i
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn solve<const R: usize, const C: usize>(costs: [[f32; C]; R], limit: f32) -> Vec<Option<usize>> {
        let costs = CostMatrix::from_fn(R, C, |row, column| costs[row][column]);
        GatedAssignment::default().solve(&costs, limit).to_vec()
    }

    #[test]
    fn groups_by_hand() {
        const X: f32 = f32::NAN;
        // Rows 0 and 1 share both columns; row 2 has one of its own; row 3 has none.
        let costs = [[0.1, 0.3, X], [0.1, 0.9, 2.0], [X, X, 0.5], [1.1, X, X]];
        assert_eq!(solve(costs, 1.0), [Some(1), Some(0), Some(2), None]);
        assert_eq!(solve([[0.0; 0]; 2], 1.0), [None, None]);
        assert_eq!(solve([[0.0; 2]; 0], 1.0), []);
    }

    #[test]
    fn one_good_pair_is_worth_more_than_two_poor_ones() {
        // 0.9 + 0.9 against 0 and nothing, which counts 1.
        assert_eq!(solve([[0.0, 0.9], [0.9, 2.0]], 1.0), [Some(0), None]);
    }

    #[test]
    fn a_pair_beyond_a_large_gate_stays_beyond_it() {
        let limit = 1000.0;
        assert_eq!(solve([[0.0, 1.0], [2.0, 5000.0]], limit), [Some(1), Some(0)]);
        assert_eq!(solve([[0.0, 2000.0], [2.0, 5000.0]], limit), [Some(0), None]);
    }

    proptest! {
        #[test]
        fn it_is_the_assignment_of_the_whole(
            rows in 0usize..9,
            columns in 0usize..9,
            values in prop::collection::vec(0.0f32..3.0, 81),
        ) {
            let costs = CostMatrix::from_fn(rows, columns, |row, column| values[row * 9 + column]);
            let saved = |column_of: &[Option<usize>]| -> f64 {
                let pairs = column_of.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?)));
                pairs.map(|(r, c)| f64::from(1.0 - costs.get(r, c)).max(0.0)).sum()
            };
            let mut groups = GatedAssignment::default();
            let found = groups.solve(&costs, 1.0).to_vec();
            let mut taken: Vec<_> = found.iter().flatten().collect();
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), found.iter().flatten().count(), "one to one");
            let whole = CostMatrix::from_fn(rows, columns, |r, c| costs.get(r, c).min(cost_beyond(1.0)));
            let expected = saved(LinearAssignment::default().solve(&whole).unwrap());
            prop_assert!((saved(&found) - expected).abs() < 1e-3, "{} {expected}", saved(&found));
        }
    }
}
