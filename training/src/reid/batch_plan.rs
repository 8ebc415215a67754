//! Which crops a training step has and how they are augmented, decided before anything is read.

use std::ops::Range;

use anyhow::Result;
use mvmhat_random::Random;

use super::augmentation::{CropAugmentation, Occlusion, ReidAugmentationConfig, SampleAugmentation};
use super::dataset::CropDataset;
use crate::color_jitter::ColorJitter;

/// The crops of one step, and how they are grouped.
#[derive(Debug)]
pub(super) struct BatchPlan {
    crops: Vec<(usize, CropAugmentation)>,
    /// The occlusions of crops, by their index in the step.
    occlusions: Vec<(usize, Occlusion)>,
    grouping: Grouping,
}

/// What the loss knows of the crops of a step, which are laid out one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Grouping {
    /// For each sample the number of crops of each of its embedding sets, one set per view and timestep.
    EmbeddingSets(Vec<Vec<usize>>),
    /// The identity of each crop.
    Identities(Vec<i64>),
}

/// How the crops of a step are augmented: a function of seed and step.
#[derive(Clone, Copy)]
pub(super) struct StepAugmentation<'a> {
    pub(super) config: &'a ReidAugmentationConfig,
    pub(super) seed: u64,
    pub(super) step: u64,
}

/// The crops of one step, ready for the network.
pub(super) struct CropBatch {
    /// Red, green, blue, row by row, crop by crop.
    pub(super) pixels: Vec<u8>,
    pub(super) grouping: Grouping,
}

impl BatchPlan {
    /// `samples` are crops that are flipped, and whose hues are rotated, together.
    pub(super) fn new(
        samples: &[Vec<usize>],
        grouping: Grouping,
        dataset: &CropDataset,
        StepAugmentation { config, seed, step }: StepAugmentation<'_>,
    ) -> Self {
        let mut random = Random::new(seed, &format!("augmentation {step}"));
        let mut crops = Vec::with_capacity(samples.iter().map(Vec::len).sum());
        for sample in samples {
            let sample_augmentation = SampleAugmentation::draw(config, &mut random);
            let mut cameras = Vec::new();
            for &crop in sample {
                let camera = (dataset.crops[crop].sequence, dataset.crops[crop].camera);
                let known = cameras
                    .iter()
                    .find(|(other, _)| *other == camera)
                    .map(|(_, colors)| ColorJitter::clone(colors));
                let colors = known.unwrap_or_else(|| {
                    let colors = ColorJitter::draw(config.color_jitter(), &mut random);
                    cameras.push((camera, colors.clone()));
                    colors
                });
                crops.push((crop, CropAugmentation::draw(config, sample_augmentation, colors, &mut random)));
            }
        }
        let is_occluded = |_: &usize| random.uniform() < config.cut_paste_occlusion;
        let occluded: Vec<usize> = (0..crops.len()).filter(is_occluded).collect();
        let occlusion = |index| (index, Occlusion::draw(crops.len(), &mut random));
        let occlusions = occluded.into_iter().map(occlusion).collect();
        Self { crops, occlusions, grouping }
    }

    /// The crops of a range without augmentation.
    pub(super) fn plain(crops: Range<usize>) -> Self {
        let crops = crops.map(|crop| (crop, CropAugmentation::identity())).collect();
        Self { crops, occlusions: Vec::new(), grouping: Grouping::Identities(Vec::new()) }
    }

    /// Reads the crops.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) fn load(self, dataset: &CropDataset) -> Result<CropBatch> {
        let mut pixels = Vec::new();
        for (crop, augmentation) in &self.crops {
            dataset.push(*crop, augmentation, &mut pixels)?;
        }
        if !self.occlusions.is_empty() {
            let others = pixels.clone();
            let [height, width] = dataset.size.map(|side| side as usize);
            let bytes = 3 * width * height;
            for (index, occlusion) in &self.occlusions {
                occlusion.apply(&mut pixels[index * bytes..][..bytes], &others, width);
            }
        }
        Ok(CropBatch { pixels, grouping: self.grouping })
    }

    /// Which crops they are, for a message.
    pub(super) fn describe(&self, dataset: &CropDataset) -> String {
        let mut crops: Vec<String> = self.crops.iter().map(|(crop, _)| dataset.describe(*crop)).collect();
        crops.sort();
        crops.dedup();
        crops.join(", ")
    }
}
