//! Labeled samples.

use mvmhat_random::Random;
use tch::Tensor;

/// Inputs and class labels of a classifier.
#[derive(Debug)]
pub struct Samples {
    /// N x the shape of a sample.
    pub inputs: Tensor,
    /// N classes, counted from 0.
    pub labels: Tensor,
}

impl Samples {
    /// The number of samples.
    pub fn count(&self) -> usize {
        self.labels.size()[0] as usize
    }

    /// The first `count` samples.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.count()) as i64;
        Self { inputs: self.inputs.narrow(0, 0, count), labels: self.labels.narrow(0, 0, count) }
    }

    /// A random subset of `count` samples; all of them, shuffled, if there are fewer.
    #[must_use]
    pub fn random_subset(&self, count: usize, seed: u64) -> Self {
        let mut indices: Vec<_> = (0..self.count()).collect();
        Random::new(seed, "samples").shuffle(&mut indices);
        self.select(&indices[..count.min(indices.len())])
    }

    /// The samples with these indices, in their order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let indices: Vec<_> = indices.iter().map(|&index| index as i64).collect();
        let indices = Tensor::from_slice(&indices);
        Self { inputs: self.inputs.index_select(0, &indices), labels: self.labels.index_select(0, &indices) }
    }
}
