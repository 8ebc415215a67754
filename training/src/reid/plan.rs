//! What one step of training looks at, decided before anything is read.

use std::ops::Range;

use anyhow::Result;
use mvmhat_random::Random;

use super::augmentation::{Augmentation, AugmentationConfig, Together};
use super::colors::Colors;
use super::footage::Footage;
use super::occlusion::Occlusion;

/// The crops of one step, and what belongs together among them.
#[derive(Debug)]
pub(super) struct Plan {
    crops: Vec<(usize, Augmentation)>,
    /// What stands in front of the crops, by their places among those of the step.
    occlusions: Vec<(usize, Occlusion)>,
    grouping: Grouping,
}

/// What is known of the crops of a step, which stand one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Grouping {
    /// Samples, and of each how many crops its frame-sets have.
    FrameSets(Vec<Vec<usize>>),
    /// Who it is, in the order of the crops.
    Identities(Vec<i64>),
}

/// The crops of one step, ready for the network.
pub(super) struct Loaded {
    /// Red, green, blue, row by row, crop by crop.
    pub(super) pixels: Vec<u8>,
    pub(super) grouping: Grouping,
}

impl Plan {
    /// `samples` are crops that are augmented alike. What is random about it is a function of seed and step.
    pub(super) fn new(
        samples: &[Vec<usize>],
        grouping: Grouping,
        footage: &Footage,
        config: &AugmentationConfig,
        seed: u64,
        step: u64,
    ) -> Self {
        let mut random = Random::new(seed, &format!("augmentation {step}"));
        let mut crops = Vec::with_capacity(samples.iter().map(Vec::len).sum());
        for sample in samples {
            let together = Together::drawn(config, &mut random);
            let mut of_cameras = Vec::new();
            for &crop in sample {
                let camera = (footage.crops[crop].recording, footage.crops[crop].camera);
                let known = of_cameras
                    .iter()
                    .find(|(of, _)| *of == camera)
                    .map(|(_, colors)| Colors::clone(colors));
                let colors = known.unwrap_or_else(|| {
                    let colors = Colors::drawn(config.colors(), &mut random);
                    of_cameras.push((camera, colors.clone()));
                    colors
                });
                crops.push((crop, Augmentation::drawn(config, together, colors, &mut random)));
            }
        }
        let hidden = |_: &usize| random.uniform() < config.occlude;
        let hidden: Vec<usize> = (0..crops.len()).filter(hidden).collect();
        let occlusion = |place| (place, Occlusion::drawn(crops.len(), &mut random));
        let occlusions = hidden.into_iter().map(occlusion).collect();
        Self { crops, occlusions, grouping }
    }

    /// The crops of a range as they are.
    pub(super) fn plain(crops: Range<usize>) -> Self {
        let crops = crops.map(|crop| (crop, Augmentation::none())).collect();
        Self { crops, occlusions: Vec::new(), grouping: Grouping::Identities(Vec::new()) }
    }

    /// Reads the crops.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) fn load(self, footage: &Footage) -> Result<Loaded> {
        let mut pixels = Vec::new();
        for (crop, augmentation) in &self.crops {
            footage.push(*crop, augmentation, &mut pixels)?;
        }
        if !self.occlusions.is_empty() {
            let others = pixels.clone();
            let [height, width] = footage.size.map(|side| side as usize);
            let bytes = 3 * width * height;
            for (place, occlusion) in &self.occlusions {
                occlusion.cover(&mut pixels[place * bytes..][..bytes], &others, width);
            }
        }
        Ok(Loaded { pixels, grouping: self.grouping })
    }

    /// Some of the crops in words, for somebody who has to look at them.
    pub(super) fn told(&self, footage: &Footage) -> String {
        let mut told: Vec<String> = self.crops.iter().map(|(crop, _)| footage.told(*crop)).collect();
        told.sort();
        told.dedup();
        told.join(", ")
    }
}
