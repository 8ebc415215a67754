//! The solver: any shape, forbidden pairs, costs in `f32` or `f64`.

use crate::shortest_paths::ShortestPaths;
use crate::{Cost, CostMatrix, TieBreaking};

/// A cost that cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the cost of row {row} and column {column} is {cost}: costs must be finite, or +infinity for a forbidden pair"
)]
pub struct AssignmentError {
    /// Row of the first such cost.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// The cost: not a number, or minus infinity.
    pub cost: f64,
}

/// Solver of linear assignment problems, with its workspace: no allocation once it has seen its largest problem.
///
/// **What is found.** Among all ways to pair rows with columns, one to one and with no forbidden pair, those with the
/// most pairs; among these, one with the smallest sum of costs. Without forbidden pairs every row (or every column, where
/// there are fewer) has a partner. Costs may be negative. Among equally cheap solutions the choice is deterministic, see
/// [`TieBreaking`].
///
/// **How forbidden pairs are kept out.** They count as one finite cost so large that a single one outweighs any sum of the
/// others. The sums are in `f64`, so that this leaves the differences between `f32` costs intact.
#[derive(Clone, Debug, Default)]
pub struct LinearAssignment {
    ties: TieBreaking,
    paths: ShortestPaths,
    /// The answer: the column of each row.
    column_of: Vec<Option<usize>>,
}

impl LinearAssignment {
    /// A solver that chooses among equally cheap assignments in this way.
    pub fn new(ties: TieBreaking) -> Self {
        Self { ties, ..Self::default() }
    }

    /// The column of each row, `None` for a row without partner.
    ///
    /// # Errors
    /// A cost that is not a number, or minus infinity.
    pub fn solve<T: Cost>(&mut self, costs: &CostMatrix<T>) -> Result<&[Option<usize>], AssignmentError> {
        let (rows, columns) = (costs.rows(), costs.columns());
        self.column_of.clear();
        self.column_of.resize(rows, None);
        if rows == 0 || columns == 0 {
            return Ok(&self.column_of);
        }
        check(costs)?;
        let transposed = rows > columns;
        let finite = finite(costs);
        let column_of = if transposed {
            let order = (0..columns).flat_map(|c| (0..rows).map(move |r| (r, c)));
            self.paths.solve(columns, rows, order.map(|(r, c)| finite(costs.get(r, c))), self.ties)
        } else {
            self.paths.solve(rows, columns, costs.as_slice().iter().map(|&cost| finite(cost)), self.ties)
        };
        for (small, &large) in column_of.iter().enumerate() {
            let (row, column) = if transposed { (large, small) } else { (small, large) };
            if costs.get(row, column) != T::FORBIDDEN {
                self.column_of[row] = Some(column);
            }
        }
        Ok(&self.column_of)
    }
}

/// Refuses costs that cannot be compared.
fn check<T: Cost>(costs: &CostMatrix<T>) -> Result<(), AssignmentError> {
    let comparable = |cost: &T| (*cost).into() > f64::NEG_INFINITY;
    let values = costs.as_slice();
    if values.iter().all(comparable) {
        return Ok(());
    }
    let index = values.iter().position(|cost| !comparable(cost)).unwrap_or_default();
    let (row, column) = (index / costs.columns(), index % costs.columns());
    Err(AssignmentError { row, column, cost: values[index].into() })
}

/// Makes costs finite: a forbidden pair costs more than any exchange of other pairs can save.
fn finite<T: Cost>(costs: &CostMatrix<T>) -> impl Fn(T) -> f64 + use<T> {
    let allowed = costs.as_slice().iter().map(|&cost| if cost == T::FORBIDDEN { 0.0 } else { cost.into() });
    let (lowest, highest) =
        allowed.fold((0.0f64, 0.0f64), |(low, high), cost| (low.min(cost), high.max(cost)));
    // Exchanging all pairs but one changes the sum by less than this.
    let pairs = costs.rows().min(costs.columns()) as f64;
    let forbidden = highest + pairs * (highest - lowest) + 1.0;
    move |cost| if cost == T::FORBIDDEN { forbidden } else { cost.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: f32 = CostMatrix::FORBIDDEN;

    fn matrix<const C: usize>(rows: &[[f32; C]]) -> CostMatrix {
        CostMatrix::from_fn(rows.len(), C, |r, c| rows[r][c])
    }

    fn solve(costs: &CostMatrix) -> Vec<Option<usize>> {
        LinearAssignment::default().solve(costs).unwrap().to_vec()
    }

    #[test]
    fn greedy_is_not_enough() {
        // Greedy takes 1 + 10; crossing over costs 2 + 3.
        assert_eq!(solve(&matrix(&[[1.0, 2.0], [3.0, 10.0]])), [Some(1), Some(0)]);
    }

    #[test]
    fn the_example_of_scipy() {
        // scipy.optimize.linear_sum_assignment([[4, 1, 3], [2, 0, 5], [3, 2, 2]]) -> columns [1, 0, 2], cost 5.
        let costs = matrix(&[[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]]);
        for ties in [TieBreaking::Last, TieBreaking::SciPy] {
            assert_eq!(LinearAssignment::new(ties).solve(&costs).unwrap(), [Some(1), Some(0), Some(2)]);
        }
    }

    #[test]
    fn ties_fall_as_in_scipy() {
        // SciPy 1.17.1: k = np.arange(rows * columns).reshape(rows, columns)
        //               linear_sum_assignment(-(k * k % 7 % 3.0)), -1 for a row without a column
        const TIES: &[(usize, usize, &[i64])] = &[
            (3, 3, &[1, 0, 2]),
            (3, 5, &[3, 0, 1]),
            (5, 3, &[-1, 0, 2, 1, -1]),
            (6, 6, &[3, 4, 5, 0, 1, 2]),
        ];
        let mut solver = LinearAssignment::new(TieBreaking::SciPy);
        for &(rows, columns, expected) in TIES {
            let costs = CostMatrix::from_fn(rows, columns, |r, c| {
                let k = r * columns + c;
                -((k * k % 7 % 3) as f64)
            });
            let answer = solver.solve(&costs).unwrap().iter();
            let answer: Vec<i64> = answer.map(|c| c.map_or(-1, |c| i64::try_from(c).unwrap())).collect();
            assert_eq!(answer, expected, "{rows} x {columns}");
        }
    }

    #[test]
    fn rectangles_leave_the_dearest_out() {
        assert_eq!(solve(&matrix(&[[5.0, 1.0, 3.0]])), [Some(1)]);
        assert_eq!(solve(&matrix(&[[5.0], [1.0], [3.0]])), [None, Some(0), None]);
        assert_eq!(solve(&matrix(&[[1.0], [1.0]])), [None, Some(0)], "the last of equals");
    }

    #[test]
    fn pairs_count_before_costs_and_forbidden_pairs_never() {
        // One pair would be for free, two cost 2000.
        assert_eq!(solve(&matrix(&[[0.0, 1000.0], [1000.0, X]])), [Some(1), Some(0)]);
        assert_eq!(solve(&matrix(&[[X, X], [X, 7.0]])), [None, Some(1)]);
        // Two rows for one column: the cheaper one gets it whatever their order.
        assert_eq!(solve(&matrix(&[[2.0, X], [1.0, X]])), [None, Some(0)]);
        assert_eq!(solve(&matrix(&[[X, X], [X, X]])), [None, None]);
    }

    #[test]
    fn empty_sides_have_no_pairs() {
        for ties in [TieBreaking::Last, TieBreaking::SciPy] {
            let mut solver = LinearAssignment::new(ties);
            assert_eq!(solver.solve(&CostMatrix::<f32>::new(0, 3)).unwrap(), []);
            assert_eq!(solver.solve(&CostMatrix::<f64>::new(2, 0)).unwrap(), [None, None]);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused_with_its_place() {
        let error = LinearAssignment::default().solve(&matrix(&[[1.0, 2.0], [f32::NAN, 0.0]])).unwrap_err();
        assert_eq!((error.row, error.column), (1, 0));
        assert!(error.to_string().starts_with("the cost of row 1 and column 0 is NaN"), "{error}");
        assert!(LinearAssignment::default().solve(&matrix(&[[f32::NEG_INFINITY]])).is_err());
    }
}
