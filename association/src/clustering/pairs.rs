//! A number for each two of some things, in any order.

/// `n` x `n`, symmetric; not known where it is not a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pairs {
    n: usize,
    values: Vec<f32>,
}

impl Pairs {
    /// The number that `value` gives to each two `(i, j)`, `i < j`; of a thing with itself it is not known.
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

    /// How many things there are.
    pub(crate) fn len(&self) -> usize {
        self.n
    }

    /// The number of two of them, where it is known.
    pub(crate) fn get(&self, i: usize, j: usize) -> Option<f64> {
        let value = self.values[i * self.n + j];
        (!value.is_nan()).then(|| value.into())
    }

    /// Changes the number of two of them.
    pub(crate) fn set(&mut self, i: usize, j: usize, value: f64) {
        let value = value as f32;
        (self.values[i * self.n + j], self.values[j * self.n + i]) = (value, value);
    }
}
