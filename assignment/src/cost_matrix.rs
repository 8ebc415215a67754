//! A table of costs between rows and columns.

use crate::Cost;

/// Costs of pairing each row with each column, `rows` x `columns`, row after row.
///
/// [`FORBIDDEN`](Self::FORBIDDEN) marks a pair that must not be. Reused from one frame to the next, it allocates only
/// while it grows.
#[derive(Clone, Debug, PartialEq)]
pub struct CostMatrix<T = f32> {
    rows: usize,
    columns: usize,
    values: Vec<T>,
}

impl<T> Default for CostMatrix<T> {
    fn default() -> Self {
        Self { rows: 0, columns: 0, values: Vec::new() }
    }
}

impl<T: Cost> CostMatrix<T> {
    /// The cost of a pair that must not be.
    pub const FORBIDDEN: T = T::FORBIDDEN;

    /// A matrix whose pairs are all forbidden.
    pub fn new(rows: usize, columns: usize) -> Self {
        let mut matrix = Self::default();
        matrix.reset(rows, columns, Self::FORBIDDEN);
        matrix
    }

    /// A matrix with the cost that `cost` gives to each `(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, cost: impl FnMut(usize, usize) -> T) -> Self {
        let mut matrix = Self::default();
        matrix.fill(rows, columns, cost);
        matrix
    }

    /// Takes another shape and the cost that `cost` gives to each `(row, column)`, in order of rows.
    pub fn fill(&mut self, rows: usize, columns: usize, mut cost: impl FnMut(usize, usize) -> T) {
        (self.rows, self.columns) = (rows, columns);
        self.values.clear();
        self.values
            .extend((0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))).map(|(r, c)| cost(r, c)));
    }

    /// Takes another shape, with the same cost for every pair.
    pub fn reset(&mut self, rows: usize, columns: usize, cost: T) {
        (self.rows, self.columns) = (rows, columns);
        self.values.clear();
        self.values.resize(rows * columns, cost);
    }

    /// Changes the cost of pairing `row` with `column`.
    ///
    /// # Panics
    /// Outside the matrix.
    pub fn set(&mut self, row: usize, column: usize, cost: T) {
        let index = self.index(row, column);
        self.values[index] = cost;
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The cost of pairing `row` with `column`.
    ///
    /// # Panics
    /// Outside the matrix.
    pub fn get(&self, row: usize, column: usize) -> T {
        self.values[self.index(row, column)]
    }

    /// The costs row after row.
    pub fn as_slice(&self) -> &[T] {
        &self.values
    }

    fn index(&self, row: usize, column: usize) -> usize {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        row * self.columns + column
    }
}
