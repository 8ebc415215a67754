//! Samples of V views x T timesteps: what the losses of MvMHAT and MvMHAT++ learn from.

use std::ops::Range;

use anyhow::{Result, bail};
use mvmhat_learning::{Batches, TrainingStep};
use mvmhat_random::Random;
use mvmhat_scene::CameraId;
use mvmhat_settings::ConfigError;
use serde::{Deserialize, Serialize};

use super::augmentation::ReidAugmentationConfig;
use super::batch_plan::{BatchPlan, Grouping, StepAugmentation};
use super::dataset::CropDataset;
use crate::rules::Rules;

/// `train.samples`: how samples of several views and timesteps are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FrameSetConfig {
    /// Samples per step.
    pub batch: usize,
    /// Views of a sample, drawn anew each time; all without.
    pub views: Option<usize>,
    /// Timesteps of a sample.
    pub timesteps: usize,
    /// The shortest and the longest time from one timestep of a sample to the next, seconds.
    pub gap: [f64; 2],
    /// The probability that a box is dropped, so that views share fewer people.
    pub drop: f64,
    /// The most boxes of a sample; boxes are dropped at random where there are more.
    pub max_boxes: usize,
}

impl Default for FrameSetConfig {
    fn default() -> Self {
        Self { batch: 1, views: None, timesteps: 2, gap: [0.2, 2.0], drop: 0.0, max_boxes: 48 }
    }
}

impl FrameSetConfig {
    /// Checks what types cannot say.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let rules = Rules::new("train.samples");
        rules.check("batch", self.batch, self.batch > 0, "at least 1")?;
        if let Some(views) = self.views.filter(|views| *views < 2) {
            return Err(rules.error(
                "views",
                views,
                "at least 2: a view alone cannot be associated with another",
            ));
        }
        rules.check("timesteps", self.timesteps, self.timesteps > 0, "at least 1")?;
        let [shortest, longest] = self.gap;
        let is_valid = shortest.is_finite() && longest.is_finite() && 0.0 <= shortest && shortest <= longest;
        rules.check(
            "gap",
            format!("{:?}", self.gap),
            is_valid,
            "two times in seconds, the shorter one first",
        )?;
        rules.check("drop", self.drop, (0.0..1.0).contains(&self.drop), "at least 0 and below 1")?;
        rules.check("max_boxes", self.max_boxes, self.max_boxes >= 2, "at least 2")
    }
}

/// A timestep of a sequence at which two cameras or more show people.
#[derive(Clone)]
struct SharedTimestep {
    sequence: usize,
    timestep: u64,
    /// Its crops by camera.
    views: Vec<Range<usize>>,
}

/// Draws samples.
#[derive(Clone)]
pub(super) struct FrameSetSampler {
    config: FrameSetConfig,
    seed: u64,
    /// Ordered by sequence and timestep.
    timesteps: Vec<SharedTimestep>,
    batches: Batches,
}

impl FrameSetSampler {
    /// Samples of all timesteps of a dataset that can be learned from.
    ///
    /// # Errors
    /// Where there are fewer than a step needs: timesteps at which two cameras show people.
    pub(super) fn new(dataset: &CropDataset, config: &FrameSetConfig, seed: u64) -> Result<Self> {
        let mut timesteps = Vec::new();
        let mut left_out = 0;
        let mut end = 0;
        for crops in dataset.crops.chunk_by(|a, b| (a.sequence, a.timestep) == (b.sequence, b.timestep)) {
            let mut views = Vec::new();
            for view in crops.chunk_by(|a, b| a.camera == b.camera) {
                views.push(end..end + view.len());
                end += view.len();
            }
            // With one person in each of two views there is nothing to choose between.
            if views.len() > 1 && crops.len() > 2 {
                let (sequence, timestep) = (crops[0].sequence, crops[0].timestep);
                timesteps.push(SharedTimestep { sequence, timestep, views });
            } else {
                left_out += 1;
            }
        }
        if timesteps.len() < config.batch {
            bail!(
                "too little to learn from: a step needs {} timesteps at which two cameras show three people or more, \
                 and there are {} ({left_out} others); record longer, use more timesteps per second (train.data.rate), or \
                 take boxes of more people",
                config.batch,
                timesteps.len()
            );
        }
        if left_out > 0 {
            tracing::info!(
                "{left_out} timesteps are left out, at which fewer than two cameras or fewer than three people are visible"
            );
        }
        let batches = Batches::new(seed, timesteps.len(), config.batch);
        Ok(Self { config: config.clone(), seed, timesteps, batches })
    }

    /// The steps of an epoch.
    pub(super) fn steps(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    /// The samples of a step.
    pub(super) fn plan(
        &mut self,
        at: TrainingStep,
        dataset: &CropDataset,
        augmentation: &ReidAugmentationConfig,
    ) -> BatchPlan {
        let mut random = Random::new(self.seed, &format!("samples {}", at.step));
        let first_timesteps = self.batches.samples(at).to_vec();
        let (mut samples, mut sizes) = (Vec::new(), Vec::new());
        for first in first_timesteps {
            let sets = self.sample(first, dataset, &mut random);
            sizes.push(sets.iter().map(Vec::len).collect());
            samples.push(sets.concat());
        }
        let augmentation = StepAugmentation { config: augmentation, seed: self.seed, step: at.step };
        BatchPlan::new(&samples, Grouping::EmbeddingSets(sizes), dataset, augmentation)
    }

    /// The crops of one sample, by view and timestep.
    fn sample(&self, first: usize, dataset: &CropDataset, random: &mut Random) -> Vec<Vec<usize>> {
        let timesteps = self.sample_timesteps(first, dataset, random);
        let views = self.sample_views(&timesteps, dataset, random);
        let mut sets = Vec::new();
        for &timestep in &timesteps {
            for view in &self.timesteps[timestep].views {
                let camera = dataset.crops[view.start].camera;
                if views.contains(&camera) {
                    // One stays: a view without people cannot be associated with another.
                    let stays = view.start + random.below(view.len());
                    let kept =
                        view.clone().filter(|crop| *crop == stays || random.uniform() >= self.config.drop);
                    sets.push(kept.collect::<Vec<usize>>());
                }
            }
        }
        self.limit_boxes(&mut sets, random);
        sets
    }

    /// The timesteps of a sample, each a random gap after the one before it.
    fn sample_timesteps(&self, first: usize, dataset: &CropDataset, random: &mut Random) -> Vec<usize> {
        let [shortest, longest] = self.config.gap;
        let sequence = self.timesteps[first].sequence;
        let seconds = dataset.sequences[sequence].seconds;
        let mut chosen = vec![first];
        for _ in 1..self.config.timesteps {
            let last = chosen[chosen.len() - 1];
            let gap = (shortest + (longest - shortest) * random.uniform()) / seconds;
            let wanted = self.timesteps[last].timestep + (gap.round() as u64).max(1);
            let later = self.timesteps[last + 1..]
                .iter()
                .position(|timestep| timestep.sequence != sequence || timestep.timestep >= wanted);
            // Near the end of a sequence its samples have fewer timesteps.
            match later.map(|later| last + 1 + later) {
                Some(next) if self.timesteps[next].sequence == sequence => chosen.push(next),
                _ => break,
            }
        }
        chosen
    }

    /// The cameras of a sample.
    fn sample_views(&self, timesteps: &[usize], dataset: &CropDataset, random: &mut Random) -> Vec<CameraId> {
        let cameras_of = |&timestep: &usize| {
            self.timesteps[timestep].views.iter().map(|view| dataset.crops[view.start].camera)
        };
        let mut cameras: Vec<CameraId> = timesteps.iter().flat_map(cameras_of).collect();
        cameras.sort_unstable();
        cameras.dedup();
        if let Some(most) = self.config.views {
            random.shuffle(&mut cameras);
            cameras.truncate(most);
        }
        cameras
    }

    /// Drops boxes at random until no more than `max_boxes` are left.
    fn limit_boxes(&self, sets: &mut [Vec<usize>], random: &mut Random) {
        let mut boxes: usize = sets.iter().map(Vec::len).sum();
        while boxes > self.config.max_boxes {
            let mut index = random.below(boxes);
            for set in &mut *sets {
                match index.checked_sub(set.len()) {
                    Some(rest) => index = rest,
                    None => {
                        set.remove(index);
                        break;
                    }
                }
            }
            boxes -= 1;
        }
    }
}
