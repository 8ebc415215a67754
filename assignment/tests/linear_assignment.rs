//! Linear assignment against trying everything.

#![allow(clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_assignment::{Cost, CostMatrix, LinearAssignment, TieBreaking};
use proptest::prelude::*;

const X: f32 = CostMatrix::FORBIDDEN;

fn solve(costs: &CostMatrix) -> Vec<Option<usize>> {
    LinearAssignment::default().solve(costs).unwrap().to_vec()
}

/// Pairs and sum of an assignment, which must be one to one and without forbidden pairs.
fn worth<T: Cost + std::fmt::Debug>(costs: &CostMatrix<T>, columns: &[Option<usize>]) -> (usize, f64) {
    let mut taken = vec![false; costs.columns()];
    let (mut pairs, mut sum) = (0, 0.0);
    for (row, column) in columns.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
        assert!(!std::mem::replace(&mut taken[column], true), "column {column} twice");
        assert_ne!(costs.get(row, column), T::FORBIDDEN, "forbidden pair {row}, {column}");
        pairs += 1;
        sum += costs.get(row, column).into();
    }
    (pairs, sum)
}

/// Most pairs, then the smallest sum, by trying everything.
fn brute_force(costs: &CostMatrix, row: usize, taken: u32) -> (usize, f64) {
    if row == costs.rows() {
        return (0, 0.0);
    }
    let mut best = brute_force(costs, row + 1, taken);
    for column in (0..costs.columns()).filter(|c| taken & (1 << c) == 0) {
        let cost = costs.get(row, column);
        if cost != X {
            let (pairs, sum) = brute_force(costs, row + 1, taken | (1 << column));
            let candidate = (pairs + 1, sum + f64::from(cost));
            if candidate.0 > best.0 || (candidate.0 == best.0 && candidate.1 < best.1) {
                best = candidate;
            }
        }
    }
    best
}

fn costs() -> impl Strategy<Value = CostMatrix> {
    // Few values, so that ties abound; a third forbidden.
    let cost = prop_oneof![2 => (-8i8..8).prop_map(|c| f32::from(c) / 4.0), 1 => Just(X)];
    (0usize..7, 0usize..7).prop_flat_map(move |(rows, columns)| {
        prop::collection::vec(cost.clone(), rows * columns)
            .prop_map(move |values| CostMatrix::from_fn(rows, columns, |r, c| values[r * columns + c]))
    })
}

proptest! {
    #[test]
    fn no_other_assignment_is_better(problems in prop::collection::vec(costs(), 1..4)) {
        for ties in [TieBreaking::Last, TieBreaking::SciPy] {
            // One solver for all of them: nothing is left over from the problem before.
            let mut solver = LinearAssignment::new(ties);
            for costs in &problems {
                let found = solver.solve(costs).unwrap().to_vec();
                // Quarters add up exactly.
                prop_assert_eq!(worth(costs, &found), brute_force(costs, 0, 0));
            }
        }
    }

    #[test]
    fn both_ways_to_break_ties_cost_the_same(
        rows in 1_usize..30, columns in 1_usize..30, values in prop::collection::vec(-8i8..8, 900)
    ) {
        let costs = CostMatrix::from_fn(rows, columns, |r, c| f64::from(values[r * 30 + c]) / 4.0);
        let [last, scipy] = [TieBreaking::Last, TieBreaking::SciPy].map(|ties| {
            worth(&costs, LinearAssignment::new(ties).solve(&costs).unwrap())
        });
        prop_assert_eq!(last.0, rows.min(columns), "every row or every column has a partner");
        prop_assert_eq!(last, scipy);
    }

    #[test]
    fn single_and_double_precision_agree(costs in costs()) {
        let double = CostMatrix::from_fn(costs.rows(), costs.columns(), |r, c| f64::from(costs.get(r, c)));
        for ties in [TieBreaking::Last, TieBreaking::SciPy] {
            let single = LinearAssignment::new(ties).solve(&costs).unwrap().to_vec();
            let mut solver = LinearAssignment::new(ties);
            prop_assert_eq!(single, solver.solve(&double).unwrap());
        }
    }

    #[test]
    fn a_transposed_problem_is_worth_the_same(costs in costs()) {
        let transposed = CostMatrix::from_fn(costs.columns(), costs.rows(), |r, c| costs.get(c, r));
        prop_assert_eq!(worth(&costs, &solve(&costs)), worth(&transposed, &solve(&transposed)));
    }

    #[test]
    fn a_constant_on_a_row_changes_nothing(values in prop::collection::vec(0u8..100, 20), shift in 0u8..100) {
        let costs = CostMatrix::from_fn(4, 5, |r, c| f32::from(values[r * 5 + c]));
        let shifted =
            CostMatrix::from_fn(4, 5, |r, c| costs.get(r, c) + if r == 2 { f32::from(shift) } else { 0.0 });
        let sum = worth(&costs, &solve(&costs)).1;
        prop_assert_eq!(worth(&shifted, &solve(&shifted)).1, sum + f64::from(shift));
    }
}
