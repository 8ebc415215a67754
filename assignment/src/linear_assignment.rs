//! Rectangular linear assignment: the cheapest way to pair rows with columns.
//!
//! Shortest augmenting paths with dual variables (Jonker and Volgenant, *A Shortest Augmenting Path Algorithm for Dense
//! and Sparse Linear Assignment Problems*, Computing 38, 1987), in the rectangular form of Crouse (*On Implementing 2D
//! Rectangular Assignment Algorithms*, IEEE Transactions on Aerospace and Electronic Systems 52, 2016). With n the smaller
//! and m the larger side: n augmentations, each at most n steps over m columns, so O(n² m). Before, two rounds of
//! Jonker and Volgenant's *augmenting row reduction* pair most of what is easily paired.

use crate::CostMatrix;

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
    pub cost: f32,
}

/// Solver of linear assignment problems, with its workspace: no allocation once it has seen its largest problem.
///
/// **What is found.** Among all ways to pair rows with columns, one to one and with no forbidden pair, those with the
/// most pairs; among these, one with the smallest sum of costs. Without forbidden pairs every row (or every column, where
/// there are fewer) has a partner. Costs may be negative. Among equally cheap solutions the choice is deterministic.
///
/// **How forbidden pairs are kept out.** They count as one finite cost so large that a single one outweighs any sum of the
/// others. The sums are in `f64`, so that this leaves the differences between `f32` costs intact.
///
/// ```
/// use mvmhat_assignment::{CostMatrix, LinearAssignment};
///
/// let x = CostMatrix::FORBIDDEN;
/// let costs = [[1.0, 2.0, x], [1.0, x, x]];
/// let costs = CostMatrix::from_fn(2, 3, |row, column| costs[row][column]);
/// // Both rows like column 0 best, but row 1 has no other choice.
/// assert_eq!(LinearAssignment::default().solve(&costs)?, [Some(1), Some(0)]);
/// # Ok::<(), mvmhat_assignment::AssignmentError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LinearAssignment {
    /// Costs with the smaller side as rows, forbidden pairs made finite.
    costs: Vec<f64>,
    /// Dual variables of the small side and of the large side.
    small_dual: Vec<f64>,
    large_dual: Vec<f64>,
    /// Partner of each place of the large side.
    small_of: Vec<usize>,
    /// Partner of each place of the small side.
    large_of: Vec<usize>,
    /// Length of the shortest path to each place of the large side, and the place of the small side it comes from.
    distance: Vec<f64>,
    previous: Vec<usize>,
    /// Places of the large side that the search has reached for good, in that order, and those it has not.
    reached: Vec<usize>,
    remaining: Vec<usize>,
    /// Places of the small side without partner.
    free: Vec<usize>,
    /// The answer: the column of each row.
    column_of: Vec<Option<usize>>,
}

/// Rounds of row reduction, as many as in Jonker and Volgenant.
const REDUCTION_ROUNDS: usize = 2;

/// No partner yet.
const NONE: usize = usize::MAX;

impl LinearAssignment {
    /// The column of each row, `None` for a row without partner.
    ///
    /// # Errors
    /// A cost that is not a number, or minus infinity.
    pub fn solve(&mut self, costs: &CostMatrix) -> Result<&[Option<usize>], AssignmentError> {
        let (rows, columns) = (costs.rows(), costs.columns());
        self.column_of.clear();
        self.column_of.resize(rows, None);
        if rows == 0 || columns == 0 {
            return Ok(&self.column_of);
        }
        let swapped = rows > columns;
        let (small, large) = if swapped { (columns, rows) } else { (rows, columns) };
        self.prepare(costs, small, large, swapped)?;
        self.free.clear();
        self.free.extend(0..small);
        for _ in 0..REDUCTION_ROUNDS {
            self.reduce(large);
        }
        while let Some(start) = self.free.pop() {
            self.augment(start, large);
        }
        for (s, &l) in self.large_of.iter().enumerate() {
            let (row, column) = if swapped { (l, s) } else { (s, l) };
            if costs.get(row, column) != CostMatrix::FORBIDDEN {
                self.column_of[row] = Some(column);
            }
        }
        Ok(&self.column_of)
    }

    /// Checks the costs and copies them, the smaller side as rows.
    fn prepare(
        &mut self,
        costs: &CostMatrix,
        small: usize,
        large: usize,
        swapped: bool,
    ) -> Result<(), AssignmentError> {
        let values = costs.as_slice();
        let comparable = |cost: f32| cost > f32::NEG_INFINITY;
        if !values.iter().all(|&cost| comparable(cost)) {
            let place = values.iter().position(|&cost| !comparable(cost)).unwrap_or_default();
            let (row, column) = (place / costs.columns(), place % costs.columns());
            return Err(AssignmentError { row, column, cost: values[place] });
        }
        let allowed = values.iter().map(|&cost| if cost == CostMatrix::FORBIDDEN { 0.0 } else { cost });
        let (lowest, highest) =
            allowed.fold((0.0f32, 0.0f32), |(low, high), cost| (low.min(cost), high.max(cost)));
        let (lowest, highest) = (f64::from(lowest), f64::from(highest));
        // Exchanging all pairs but one changes the sum by less than this.
        let forbidden = highest + (small as f64) * (highest - lowest) + 1.0;
        let finite = |cost: f32| if cost == CostMatrix::FORBIDDEN { forbidden } else { f64::from(cost) };
        self.costs.clear();
        if swapped {
            let transposed = (0..small).flat_map(|s| (0..large).map(move |l| finite(costs.get(l, s))));
            self.costs.extend(transposed);
        } else {
            self.costs.extend(values.iter().map(|&cost| finite(cost)));
        }
        refill(&mut self.small_dual, small, 0.0);
        refill(&mut self.large_dual, large, 0.0);
        refill(&mut self.large_of, small, NONE);
        refill(&mut self.small_of, large, NONE);
        refill(&mut self.previous, large, NONE);
        Ok(())
    }

    /// Gives each free place of the small side its nearest partner, at a price that makes it indifferent to the second
    /// nearest; who had that partner before is free again.
    fn reduce(&mut self, large: usize) {
        let mut displaced = 0;
        for turn in 0..self.free.len() {
            let s = self.free[turn];
            let row = &self.costs[s * large..][..large];
            let reduced = || row.iter().zip(&self.large_dual).map(|(cost, dual)| cost - dual);
            // Without branches: which of two is smaller is anybody's guess.
            let (mut nearest, mut second) = (f64::INFINITY, f64::INFINITY);
            for cost in reduced() {
                let larger = if cost > nearest { cost } else { nearest };
                nearest = if cost < nearest { cost } else { nearest };
                second = if larger < second { larger } else { second };
            }
            // As in the search: of equals a free one, of several the last.
            let mut nearest_places = (0..large).zip(reduced()).rev().filter(|(_, cost)| *cost == nearest);
            let last = nearest_places.next().map_or(0, |(l, _)| l);
            let free = |l: usize| self.small_of[l] == NONE;
            let other = if free(last) { None } else { nearest_places.map(|(l, _)| l).find(|&l| free(l)) };
            let partner = other.unwrap_or(last);
            // A single column has no second.
            let price = if second < f64::INFINITY { second - nearest } else { 0.0 };
            self.large_dual[partner] -= price;
            self.small_dual[s] = nearest + price;
            self.large_of[s] = partner;
            let before = std::mem::replace(&mut self.small_of[partner], s);
            if before != NONE {
                self.free[displaced] = before;
                displaced += 1;
            }
        }
        self.free.truncate(displaced);
    }

    /// Gives `start` (of the small side) a partner along the shortest augmenting path; Dijkstra on reduced costs.
    fn augment(&mut self, start: usize, large: usize) {
        refill(&mut self.distance, large, f64::INFINITY);
        self.reached.clear();
        self.remaining.clear();
        self.remaining.extend(0..large);
        let (mut at, mut length) = (start, 0.0);
        let end = loop {
            let row = &self.costs[at * large..][..large];
            let offset = length - self.small_dual[at];
            let (mut nearest, mut nearest_place) = (f64::INFINITY, 0);
            for (place, &l) in self.remaining.iter().enumerate() {
                let through = offset + row[l] - self.large_dual[l];
                if through < self.distance[l] {
                    self.distance[l] = through;
                    self.previous[l] = at;
                }
                // Of equally near places a free one ends the search. Of several the last, as in Jonker and Volgenant's
                // column reduction, which goes from the last column to the first.
                let distance = self.distance[l];
                if distance < nearest || (distance == nearest && self.small_of[l] == NONE) {
                    (nearest, nearest_place) = (distance, place);
                }
            }
            length = nearest;
            let l = self.remaining.swap_remove(nearest_place);
            if self.small_of[l] == NONE {
                break l;
            }
            self.reached.push(l);
            at = self.small_of[l];
        };
        // Keep the reduced costs of what is paired at zero and of the rest at zero or more.
        self.small_dual[start] += length;
        for &l in &self.reached {
            let slack = length - self.distance[l];
            self.small_dual[self.small_of[l]] += slack;
            self.large_dual[l] -= slack;
        }
        // Walk back and shift the partners along the path.
        let mut l = end;
        loop {
            let s = self.previous[l];
            self.small_of[l] = s;
            l = std::mem::replace(&mut self.large_of[s], l);
            if s == start {
                break;
            }
        }
    }
}

fn refill<T: Copy>(values: &mut Vec<T>, length: usize, value: T) {
    values.clear();
    values.resize(length, value);
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
        // The example of scipy.optimize.linear_sum_assignment's documentation: cost 5.
        assert_eq!(
            solve(&matrix(&[[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]])),
            [Some(1), Some(0), Some(2)]
        );
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
        assert_eq!(solve(&CostMatrix::new(0, 3)), []);
        assert_eq!(solve(&CostMatrix::new(2, 0)), [None, None]);
    }

    #[test]
    fn what_cannot_be_compared_is_refused_with_its_place() {
        let error = LinearAssignment::default().solve(&matrix(&[[1.0, 2.0], [f32::NAN, 0.0]])).unwrap_err();
        assert_eq!((error.row, error.column), (1, 0));
        assert!(error.to_string().starts_with("the cost of row 1 and column 0 is NaN"), "{error}");
        assert!(LinearAssignment::default().solve(&matrix(&[[f32::NEG_INFINITY]])).is_err());
    }
}
