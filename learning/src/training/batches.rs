//! The batches of an epoch.

use mvmhat_random::Random;

use super::TrainingStep;

/// Shuffles the samples in every epoch and splits them into batches of equal size. The incomplete last batch is dropped,
/// different samples in each epoch.
///
/// The order is a function of seed and epoch, so it needs no checkpoint.
///
/// ```
/// use mvmhat_learning::{Batches, TrainingStep};
///
/// let mut batches = Batches::new(42, 10, 4);
/// assert_eq!(batches.steps_per_epoch(), 2);
/// let third = batches.samples(TrainingStep::new(2, batches.steps_per_epoch())).to_vec();
/// assert_eq!(Batches::new(42, 10, 4).samples(TrainingStep { step: 2, epoch: 1, batch: 0 }), third);
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    seed: u64,
    batch: usize,
    epoch: u64,
    order: Vec<usize>,
}

impl Batches {
    /// Batches of `batch` out of `samples`; of all samples where they are fewer.
    pub fn new(seed: u64, samples: usize, batch: usize) -> Self {
        Self { seed, batch: batch.clamp(1, samples.max(1)), epoch: 0, order: order(seed, 0, samples) }
    }

    /// The batches of an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        (self.order.len() / self.batch) as u64
    }

    /// The indices of the samples of a batch; none past the end of the epoch.
    pub fn samples(&mut self, at: TrainingStep) -> &[usize] {
        if at.epoch != self.epoch {
            self.epoch = at.epoch;
            self.order = order(self.seed, self.epoch, self.order.len());
        }
        self.order.chunks_exact(self.batch).nth(at.batch as usize).unwrap_or_default()
    }
}

fn order(seed: u64, epoch: u64, samples: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..samples).collect();
    Random::new(seed, &format!("order {epoch}")).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(batches: &mut Batches, epoch: u64) -> Vec<usize> {
        (0..batches.steps_per_epoch())
            .flat_map(|batch| batches.samples(TrainingStep { step: 0, epoch, batch }).to_vec())
            .collect()
    }

    #[test]
    fn every_sample_once_per_epoch_in_a_new_order() {
        let mut batches = Batches::new(1, 12, 4);
        let (first, second) = (epoch(&mut batches, 0), epoch(&mut batches, 1));
        assert_ne!(first, second);
        for mut order in [first, second] {
            order.sort_unstable();
            assert_eq!(order, (0..12).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_batch_is_the_same_whatever_was_asked_before() {
        let at = TrainingStep { step: 13, epoch: 4, batch: 1 };
        let mut batches = Batches::new(1, 12, 4);
        epoch(&mut batches, 7);
        assert_eq!(batches.samples(at), Batches::new(1, 12, 4).samples(at));
        assert_ne!(batches.samples(at), Batches::new(2, 12, 4).samples(at));
    }

    #[test]
    fn sizes_that_do_not_fit() {
        assert_eq!(Batches::new(1, 11, 4).steps_per_epoch(), 2);
        assert_eq!(epoch(&mut Batches::new(1, 3, 8), 0).len(), 3);
        assert_eq!(Batches::new(1, 0, 8).steps_per_epoch(), 0);
        assert!(Batches::new(1, 8, 4).samples(TrainingStep { step: 2, epoch: 0, batch: 2 }).is_empty());
    }
}
