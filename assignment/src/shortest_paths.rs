//! Shortest augmenting paths with dual variables, on a finite cost matrix that is at least as wide as high.
//!
//! Jonker and Volgenant, *A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment Problems*
//! (Computing 38, 1987), in the rectangular form of Crouse, *On Implementing 2D Rectangular Assignment Algorithms* (IEEE
//! Transactions on Aerospace and Electronic Systems 52, 2016). With n rows and m columns: n augmentations, each at most n
//! steps over m columns, so O(n² m).

/// Which of several equally cheap assignments is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TieBreaking {
    /// Of equally near columns the last, as in Jonker and Volgenant's column reduction. Two rounds of their *augmenting
    /// row reduction* come first and pair most of what is easily paired: the faster way.
    #[default]
    Last,
    /// What SciPy's `linear_sum_assignment` finds: row after row, each along its shortest augmenting path.
    SciPy,
}

/// The algorithm's state, kept from one problem to the next for its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShortestPaths {
    columns: usize,
    /// `rows` x `columns`, row after row.
    costs: Vec<f64>,
    row_dual: Vec<f64>,
    column_dual: Vec<f64>,
    /// Partner of each row and of each column.
    column_of: Vec<usize>,
    row_of: Vec<usize>,
    /// Length of the shortest path to each column, and the row it comes from.
    distance: Vec<f64>,
    previous: Vec<usize>,
    /// Columns that the search has reached for good, in that order, and those it has not.
    reached: Vec<usize>,
    remaining: Vec<usize>,
    /// Rows without partner.
    free: Vec<usize>,
}

/// Rounds of row reduction, as many as in Jonker and Volgenant.
const REDUCTION_ROUNDS: usize = 2;

/// No partner yet.
const NONE: usize = usize::MAX;

impl ShortestPaths {
    /// The column of each row. `costs` are finite, row after row; there are no more rows than columns.
    pub(crate) fn solve(
        &mut self,
        rows: usize,
        columns: usize,
        costs: impl Iterator<Item = f64>,
        ties: TieBreaking,
    ) -> &[usize] {
        self.columns = columns;
        self.costs.clear();
        self.costs.extend(costs);
        debug_assert!(rows <= columns && self.costs.len() == rows * columns);
        refill(&mut self.row_dual, rows, 0.0);
        refill(&mut self.column_dual, columns, 0.0);
        refill(&mut self.column_of, rows, NONE);
        refill(&mut self.row_of, columns, NONE);
        refill(&mut self.previous, columns, NONE);
        match ties {
            TieBreaking::Last => {
                self.free.clear();
                self.free.extend(0..rows);
                for _ in 0..REDUCTION_ROUNDS {
                    self.reduce();
                }
                while let Some(row) = self.free.pop() {
                    self.augment::<false>(row);
                }
            }
            TieBreaking::SciPy => (0..rows).for_each(|row| self.augment::<true>(row)),
        }
        &self.column_of
    }

    /// Gives each free row its nearest column, at a price that makes it indifferent to the second nearest; the row that
    /// had that column before is free again.
    fn reduce(&mut self) {
        let columns = self.columns;
        let mut displaced = 0;
        for turn in 0..self.free.len() {
            let row = self.free[turn];
            let costs = &self.costs[row * columns..][..columns];
            let reduced = || costs.iter().zip(&self.column_dual).map(|(cost, dual)| cost - dual);
            // Without branches: which of two is smaller cannot be predicted.
            let (mut nearest, mut second) = (f64::INFINITY, f64::INFINITY);
            for cost in reduced() {
                let larger = if cost > nearest { cost } else { nearest };
                nearest = if cost < nearest { cost } else { nearest };
                second = if larger < second { larger } else { second };
            }
            // As in the search: of equals a free one, of several the last.
            let mut equals = (0..columns).zip(reduced()).rev().filter(|(_, cost)| *cost == nearest);
            let last = equals.next().map_or(0, |(column, _)| column);
            let is_free = |column: usize| self.row_of[column] == NONE;
            let other =
                if is_free(last) { None } else { equals.map(|(column, _)| column).find(|&c| is_free(c)) };
            let partner = other.unwrap_or(last);
            // A single column has no second.
            let price = if second < f64::INFINITY { second - nearest } else { 0.0 };
            self.column_dual[partner] -= price;
            self.row_dual[row] = nearest + price;
            self.column_of[row] = partner;
            let before = std::mem::replace(&mut self.row_of[partner], row);
            if before != NONE {
                self.free[displaced] = before;
                displaced += 1;
            }
        }
        self.free.truncate(displaced);
    }

    /// Gives the row `start` a partner along the shortest augmenting path.
    fn augment<const SCIPY: bool>(&mut self, start: usize) {
        let (end, length) = self.search::<SCIPY>(start);
        // Keep the reduced costs of what is paired at zero and of the rest at zero or more.
        self.row_dual[start] += length;
        for &column in &self.reached {
            let slack = length - self.distance[column];
            self.row_dual[self.row_of[column]] += slack;
            self.column_dual[column] -= slack;
        }
        // Walk back and shift the partners along the path.
        let mut column = end;
        loop {
            let row = self.previous[column];
            self.row_of[column] = row;
            column = std::mem::replace(&mut self.column_of[row], column);
            if row == start {
                break;
            }
        }
    }

    /// The free column at the end of the shortest augmenting path from `start`, and the length of that path: Dijkstra on
    /// reduced costs.
    fn search<const SCIPY: bool>(&mut self, start: usize) -> (usize, f64) {
        let columns = self.columns;
        refill(&mut self.distance, columns, f64::INFINITY);
        self.reached.clear();
        self.remaining.clear();
        // The order in which columns are looked at decides among equals.
        if SCIPY {
            self.remaining.extend((0..columns).rev());
        } else {
            self.remaining.extend(0..columns);
        }
        let (costs, column_dual, row_of) =
            (&self.costs[..], &self.column_dual[..columns], &self.row_of[..columns]);
        let (distance, previous) = (&mut self.distance[..columns], &mut self.previous[..columns]);
        let (mut row, mut length) = (start, 0.0);
        loop {
            let costs = &costs[row * columns..][..columns];
            let dual = self.row_dual[row];
            let (mut nearest, mut place) = (f64::INFINITY, 0);
            for (candidate, &column) in self.remaining.iter().enumerate() {
                // SciPy's order of additions, where its ties are asked for: rounding decides them too.
                let through =
                    if SCIPY { length + costs[column] - dual } else { (length - dual) + costs[column] };
                let through = through - column_dual[column];
                if through < distance[column] {
                    distance[column] = through;
                    previous[column] = row;
                }
                // Of equally near columns a free one ends the search; of several the last that is looked at.
                let distance = distance[column];
                if distance < nearest || (distance == nearest && row_of[column] == NONE) {
                    (nearest, place) = (distance, candidate);
                }
            }
            length = nearest;
            let column = self.remaining.swap_remove(place);
            if row_of[column] == NONE {
                return (column, length);
            }
            self.reached.push(column);
            row = row_of[column];
        }
    }
}

fn refill<T: Copy>(values: &mut Vec<T>, length: usize, value: T) {
    values.clear();
    values.resize(length, value);
}
