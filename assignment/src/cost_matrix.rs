//! A table of costs between rows and columns.

/// Costs of pairing each row with each column, `rows` x `columns`, row after row.
///
/// [`FORBIDDEN`](Self::FORBIDDEN) marks a pair that must not be. Reused from one frame to the next, it allocates only
/// while it grows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CostMatrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

impl CostMatrix {
    /// The cost of a pair that must not be.
    pub const FORBIDDEN: f32 = f32::INFINITY;

    /// A matrix whose pairs are all forbidden.
    pub fn new(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![Self::FORBIDDEN; rows * columns] }
    }

    /// A matrix with the cost that `cost` gives to each `(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, cost: impl FnMut(usize, usize) -> f32) -> Self {
        let mut matrix = Self::default();
        matrix.fill(rows, columns, cost);
        matrix
    }

    /// Takes another shape and the cost that `cost` gives to each `(row, column)`, in order of rows.
    pub fn fill(&mut self, rows: usize, columns: usize, mut cost: impl FnMut(usize, usize) -> f32) {
        (self.rows, self.columns) = (rows, columns);
        self.values.clear();
        self.values
            .extend((0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))).map(|(r, c)| cost(r, c)));
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
    pub fn get(&self, row: usize, column: usize) -> f32 {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.values[row * self.columns + column]
    }

    /// The costs row after row.
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }
}
