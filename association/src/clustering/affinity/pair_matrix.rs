//! A number for each pair of things.

/// A symmetric `n` x `n` matrix without a diagonal, of which some entries may be unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PairMatrix {
    n: usize,
    /// Row after row; NaN where an entry is unknown.
    values: Vec<f32>,
}

impl PairMatrix {
    /// The matrix with the entries `value(i, j)` for `i < j`, `None` where they are unknown.
    pub(crate) fn from_fn(n: usize, mut value: impl FnMut(usize, usize) -> Option<f64>) -> Self {
        let mut pairs = Self { n, values: vec![f32::NAN; n * n] };
        for i in 0..n {
            for j in i + 1..n {
                if let Some(value) = value(i, j) {
                    pairs.set(i, j, value);
                }
            }
        }
        pairs
    }

    /// Number of rows, and of columns.
    pub(crate) fn len(&self) -> usize {
        self.n
    }

    /// The entry of a pair, where it is known.
    pub(crate) fn get(&self, i: usize, j: usize) -> Option<f64> {
        let value = self.values[i * self.n + j];
        (!value.is_nan()).then(|| value.into())
    }

    /// Sets the entry of a pair.
    pub(crate) fn set(&mut self, i: usize, j: usize, value: f64) {
        let value = value as f32;
        (self.values[i * self.n + j], self.values[j * self.n + i]) = (value, value);
    }
}
