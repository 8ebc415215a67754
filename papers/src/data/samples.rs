//! Numbers and what they are of.

use mvmhat_random::Random;
use tch::Tensor;

/// What a classifier learns from or is measured on.
#[derive(Debug)]
pub struct Samples {
    /// N x whatever a sample is.
    pub inputs: Tensor,
    /// N integers from 0.
    pub labels: Tensor,
}

impl Samples {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.labels.size()[0] as usize
    }

    /// The first ones.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.count()) as i64;
        Self { inputs: self.inputs.narrow(0, 0, count), labels: self.labels.narrow(0, 0, count) }
    }

    /// So many of them by chance.
    #[must_use]
    pub fn some(&self, count: usize, seed: u64) -> Self {
        let mut numbers: Vec<_> = (0..self.count()).collect();
        Random::new(seed, "samples").shuffle(&mut numbers);
        self.select(&numbers[..count.min(numbers.len())])
    }

    /// Those of these numbers, in their order.
    #[must_use]
    pub fn select(&self, numbers: &[usize]) -> Self {
        let numbers: Vec<_> = numbers.iter().map(|&number| number as i64).collect();
        let numbers = Tensor::from_slice(&numbers);
        Self { inputs: self.inputs.index_select(0, &numbers), labels: self.labels.index_select(0, &numbers) }
    }
}
