//! PK sampling: batches of P identities with K crops each, which a loss with identities learns from.
//!
//! The identities of a batch come from few sequences, since those who appear together are the ones that have to be told apart.
//! The crops of an identity come from as many cameras as possible.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use mvmhat_learning::TrainingStep;
use mvmhat_random::Random;
use mvmhat_settings::ConfigError;
use serde::{Deserialize, Serialize};

use super::augmentation::ReidAugmentationConfig;
use super::batch_plan::{BatchPlan, Grouping, StepAugmentation};
use super::dataset::CropDataset;
use crate::rules::Rules;

/// `train.pk_sampling`: the batches of `loss: identities`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PkConfig {
    /// P: identities per batch.
    pub identities_per_batch: usize,
    /// K: crops of each.
    pub images_per_identity: usize,
    /// Sequences that the identities of a batch come from.
    pub sequences_per_batch: usize,
    /// Epochs after which pseudo-labels are computed anew.
    pub relabel_every: u64,
}

impl Default for PkConfig {
    fn default() -> Self {
        Self { identities_per_batch: 16, images_per_identity: 4, sequences_per_batch: 2, relabel_every: 2 }
    }
}

impl PkConfig {
    /// Crops per batch.
    pub(super) fn crops_per_batch(&self) -> usize {
        self.identities_per_batch * self.images_per_identity
    }

    /// Checks what types cannot say.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let Self { identities_per_batch, images_per_identity, sequences_per_batch, relabel_every } = *self;
        let rules = Rules::new("train.pk_sampling");
        for (key, value, least) in [
            ("identities_per_batch", identities_per_batch, 2),
            ("images_per_identity", images_per_identity, 2),
            ("sequences_per_batch", sequences_per_batch, 1),
            ("relabel_every", relabel_every as usize, 1),
        ] {
            rules.check(key, value, value >= least, &format!("at least {least}"))?;
        }
        Ok(())
    }
}

/// Why a dataset with too few identities is refused.
pub(super) const TOO_FEW_IDENTITIES: &str = "too little to learn from: nowhere are two people or more followed over two timesteps \
                                             or more; record longer, use more timesteps per second (train.data.rate), or leave \
                                             fewer boxes out (train.data.min_height, min_visibility, conf)";

/// The crops of one identity, by camera.
type IdentityCrops = Vec<Vec<usize>>;

/// Draws batches of identities.
pub(super) struct PkSampler {
    config: PkConfig,
    seed: u64,
    /// The identities of each sequence.
    sequences: Vec<Vec<IdentityCrops>>,
    /// The cumulative sum over the sequences of the square roots of their numbers of crops: long sequences are drawn more
    /// often, but not in proportion to their length, for a minute more shows nobody new.
    cumulative_weights: Vec<f64>,
}

impl PkSampler {
    /// A sampler of `identities`, one per crop; -1 is nobody.
    ///
    /// # Errors
    /// Where there are fewer than two people in every sequence.
    pub(super) fn new(
        dataset: &CropDataset,
        identities: &[i64],
        config: &PkConfig,
        seed: u64,
    ) -> Result<Self> {
        let mut people = BTreeMap::<(usize, i64), BTreeMap<u16, Vec<usize>>>::new();
        for (index, (crop, identity)) in dataset.crops.iter().zip(identities).enumerate() {
            if *identity >= 0 {
                let cameras = people.entry((crop.sequence, *identity)).or_default();
                cameras.entry(crop.camera.0).or_default().push(index);
            }
        }
        let mut sequences = Vec::new();
        for ((sequence, _), cameras) in people {
            sequences.resize_with(sequence + 1, Vec::new);
            sequences[sequence].push(cameras.into_values().collect::<Vec<_>>());
        }
        sequences.retain(|people: &Vec<_>| people.len() > 1);
        if sequences.is_empty() {
            bail!(TOO_FEW_IDENTITIES);
        }
        let crops = |people: &Vec<IdentityCrops>| people.iter().flatten().map(Vec::len).sum::<usize>();
        let mut sum = 0.0;
        let mut cumulative = |people| {
            sum += (crops(people) as f64).sqrt();
            sum
        };
        let cumulative_weights = sequences.iter().map(&mut cumulative).collect();
        Ok(Self { config: config.clone(), seed, sequences, cumulative_weights })
    }

    /// The number of identities.
    pub(super) fn identities(&self) -> usize {
        self.sequences.iter().map(Vec::len).sum()
    }

    /// The batch of a step.
    pub(super) fn plan(
        &self,
        at: TrainingStep,
        dataset: &CropDataset,
        augmentation: &ReidAugmentationConfig,
    ) -> BatchPlan {
        let mut random = Random::new(self.seed, &format!("people {}", at.step));
        let PkConfig { identities_per_batch, images_per_identity, sequences_per_batch, .. } = self.config;
        let (mut samples, mut identities) = (Vec::new(), Vec::new());
        let mut next = 0;
        for sequence in self.draw_sequences(sequences_per_batch.min(self.sequences.len()), &mut random) {
            let mut people: Vec<_> = self.sequences[sequence].iter().collect();
            random.shuffle(&mut people);
            let mut sample = Vec::new();
            for person in people.into_iter().take((identities_per_batch / sequences_per_batch).max(2)) {
                sample.extend(draw_crops(person, images_per_identity, &mut random));
                identities.resize(identities.len() + images_per_identity, next);
                next += 1;
            }
            samples.push(sample);
        }
        let grouping = Grouping::Identities(identities);
        let augmentation = StepAugmentation { config: augmentation, seed: self.seed, step: at.step };
        BatchPlan::new(&samples, grouping, dataset, augmentation)
    }

    /// Different sequences, each by its weight.
    fn draw_sequences(&self, count: usize, random: &mut Random) -> Vec<usize> {
        let weights = &self.cumulative_weights;
        let mut chosen = Vec::with_capacity(count);
        while chosen.len() < count {
            let drawn = random.uniform() * weights.last().copied().unwrap_or_default();
            let sequence = weights.partition_point(|end| *end <= drawn).min(weights.len() - 1);
            if !chosen.contains(&sequence) {
                chosen.push(sequence);
            }
        }
        chosen
    }
}

/// Draws crops of one identity, given by camera: one camera after the other in random order, different crops as long as there
/// are any.
fn draw_crops(cameras: &[Vec<usize>], count: usize, random: &mut Random) -> Vec<usize> {
    let mut left: Vec<Vec<usize>> = Vec::new();
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count {
        left.retain(|camera| !camera.is_empty());
        if left.is_empty() {
            left = cameras.to_vec();
        }
        random.shuffle(&mut left);
        for camera in left.iter_mut().take(count - chosen.len()) {
            chosen.push(camera.swap_remove(random.below(camera.len())));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crops_of_a_person_come_from_all_cameras_and_repeat_only_when_there_are_no_more() {
        let mut random = Random::new(1, "test");
        for _ in 0..20 {
            let mut crops = draw_crops(&[vec![1, 2, 3], vec![7]], 4, &mut random);
            crops.sort_unstable();
            assert_eq!(crops, [1, 2, 3, 7]);
            let two = draw_crops(&[vec![1, 2, 3], vec![7]], 2, &mut random);
            assert!(two.contains(&7), "{two:?}");
            let mut many = draw_crops(&[vec![5], vec![7]], 4, &mut random);
            many.sort_unstable();
            assert_eq!(many, [5, 5, 7, 7]);
        }
    }
}
