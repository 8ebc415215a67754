//! The linear assignment problem, rectangular and in `f64`.
//!
//! Shortest augmenting paths with dual variables (Jonker and Volgenant 1987) in the order of Crouse, *On implementing
//! 2D rectangular assignment algorithms* (2016). Among equally good assignments the choice follows from the order in
//! which columns are looked at; it is the order of SciPy's `linear_sum_assignment`, so that scorers built on that
//! function are reproduced down to their ties.

const FREE: usize = usize::MAX;

/// Solves one assignment after the other and keeps its memory between them.
#[derive(Debug, Default)]
pub struct Assignment {
    row_dual: Vec<f64>,
    column_dual: Vec<f64>,
    /// Length of the shortest path found to a column, and the row it comes from.
    distance: Vec<f64>,
    parent: Vec<usize>,
    column_of_row: Vec<usize>,
    row_of_column: Vec<usize>,
    rows_visited: Vec<usize>,
    columns_visited: Vec<usize>,
    open: Vec<usize>,
    transposed: Vec<f64>,
    result: Vec<Option<usize>>,
}

impl Assignment {
    /// The column of each row such that the sum of `cost` is least and as many rows as possible have one.
    ///
    /// `cost` is row-major, `rows * columns` finite numbers. Rows are left without a column only where there are more
    /// rows than columns.
    pub fn minimise(&mut self, cost: &[f64], rows: usize, columns: usize) -> &[Option<usize>] {
        debug_assert_eq!(cost.len(), rows * columns);
        self.result.clear();
        self.result.resize(rows, None);
        if rows <= columns {
            self.solve(cost, rows, columns);
            for (result, column) in self.result.iter_mut().zip(&self.column_of_row) {
                *result = Some(*column);
            }
        } else {
            let mut transposed = std::mem::take(&mut self.transposed);
            transposed.clear();
            transposed.extend((0..columns).flat_map(|c| (0..rows).map(move |r| cost[r * columns + c])));
            self.solve(&transposed, columns, rows);
            self.transposed = transposed;
            for (column, row) in self.column_of_row.iter().enumerate() {
                self.result[*row] = Some(column);
            }
        }
        &self.result
    }

    /// `rows <= columns`; leaves the answer in `column_of_row`.
    fn solve(&mut self, cost: &[f64], rows: usize, columns: usize) {
        fill(&mut self.row_dual, rows, 0.0);
        fill(&mut self.column_dual, columns, 0.0);
        fill(&mut self.parent, columns, FREE);
        fill(&mut self.column_of_row, rows, FREE);
        fill(&mut self.row_of_column, columns, FREE);
        for row in 0..rows {
            let (sink, length) = self.shortest_path(cost, row, columns);
            self.update_duals(row, length);
            self.augment(row, sink);
        }
    }

    /// The unassigned column that ends the shortest augmenting path from `start`, and the length of that path.
    fn shortest_path(&mut self, cost: &[f64], start: usize, columns: usize) -> (usize, f64) {
        fill(&mut self.distance, columns, f64::INFINITY);
        self.rows_visited.clear();
        self.columns_visited.clear();
        self.open.clear();
        self.open.extend((0..columns).rev());
        let (mut row, mut length) = (start, 0.0);
        loop {
            self.rows_visited.push(row);
            let costs = &cost[row * columns..][..columns];
            let base = self.row_dual[row];
            let (mut nearest, mut lowest) = (0, f64::INFINITY);
            for (place, &column) in self.open.iter().enumerate() {
                let reduced = length + costs[column] - base - self.column_dual[column];
                if reduced < self.distance[column] {
                    self.distance[column] = reduced;
                    self.parent[column] = row;
                }
                let distance = self.distance[column];
                // Among equals a free column ends the search.
                if distance < lowest || (distance == lowest && self.row_of_column[column] == FREE) {
                    (nearest, lowest) = (place, distance);
                }
            }
            length = lowest;
            let column = self.open.swap_remove(nearest);
            if self.row_of_column[column] == FREE {
                self.columns_visited.push(column);
                return (column, length);
            }
            row = self.row_of_column[column];
            self.columns_visited.push(column);
        }
    }

    fn update_duals(&mut self, start: usize, length: f64) {
        self.row_dual[start] += length;
        for &row in self.rows_visited.iter().filter(|row| **row != start) {
            self.row_dual[row] += length - self.distance[self.column_of_row[row]];
        }
        for &column in &self.columns_visited {
            self.column_dual[column] -= length - self.distance[column];
        }
    }

    fn augment(&mut self, start: usize, sink: usize) {
        let mut column = sink;
        loop {
            let row = self.parent[column];
            self.row_of_column[column] = row;
            std::mem::swap(&mut self.column_of_row[row], &mut column);
            if row == start {
                return;
            }
        }
    }
}

fn fill<T: Clone>(values: &mut Vec<T>, len: usize, value: T) {
    values.clear();
    values.resize(len, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn total(cost: &[f64], columns: usize, answer: &[Option<usize>]) -> f64 {
        answer.iter().enumerate().filter_map(|(r, c)| Some(cost[r * columns + (*c)?])).sum()
    }

    /// The least total over all assignments of the rows from `row` on, by trying each.
    fn exhaustive(cost: &[f64], rows: usize, columns: usize, row: usize, used: u32, skips: usize) -> f64 {
        if row == rows {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for c in (0..columns).filter(|c| used & (1 << c) == 0) {
            let rest = exhaustive(cost, rows, columns, row + 1, used | (1 << c), skips);
            best = best.min(cost[row * columns + c] + rest);
        }
        if skips > 0 { best.min(exhaustive(cost, rows, columns, row + 1, used, skips - 1)) } else { best }
    }

    #[test]
    fn the_example_of_scipy() {
        // scipy.optimize.linear_sum_assignment([[4, 1, 3], [2, 0, 5], [3, 2, 2]]) -> columns [1, 0, 2], cost 5.
        let cost = [4.0, 1.0, 3.0, 2.0, 0.0, 5.0, 3.0, 2.0, 2.0];
        assert_eq!(Assignment::default().minimise(&cost, 3, 3), [Some(1), Some(0), Some(2)]);
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
        let mut solver = Assignment::default();
        for (rows, columns, expected) in TIES {
            let cost: Vec<f64> = (0..rows * columns).map(|k| -((k * k % 7 % 3) as f64)).collect();
            let answer: Vec<i64> = solver
                .minimise(&cost, *rows, *columns)
                .iter()
                .map(|c| c.map_or(-1, |c| i64::try_from(c).unwrap()))
                .collect();
            assert_eq!(answer, *expected, "{rows} x {columns}");
        }
    }

    #[test]
    fn nothing_to_assign() {
        assert!(Assignment::default().minimise(&[], 0, 3).is_empty());
        assert_eq!(Assignment::default().minimise(&[], 2, 0), [None, None]);
    }

    proptest! {
        #[test]
        fn no_assignment_is_cheaper(
            rows in 1usize..6, columns in 1usize..6, values in prop::collection::vec(-4i8..5, 25)
        ) {
            let cost: Vec<f64> = values[..rows * columns].iter().map(|v| f64::from(*v) / 4.0).collect();
            let mut solver = Assignment::default();
            let answer = solver.minimise(&cost, rows, columns).to_vec();
            let mut taken: Vec<usize> = answer.iter().flatten().copied().collect();
            prop_assert_eq!(taken.len(), rows.min(columns));
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), rows.min(columns), "a column is given once");
            let least = exhaustive(&cost, rows, columns, 0, 0, rows.saturating_sub(columns));
            prop_assert!((total(&cost, columns, &answer) - least).abs() < 1e-9);
        }
    }
}
