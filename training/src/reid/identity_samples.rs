//! Batches of P people with K crops each: what a loss with identities learns from.
//!
//! The people of a batch come from few recordings, since those who were filmed together are the ones that have to be told
//! apart. The crops of a person come from as many cameras as possible.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use mvmhat_learning::{TrainingStep};
use mvmhat_random::Random;
use serde::{Deserialize, Serialize};

use super::augmentation::AugmentationConfig;
use super::footage::Footage;
use super::plan::{Grouping, Plan};

/// `train.people`: the people of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PeopleConfig {
    /// People of a step.
    pub(crate) batch: usize,
    /// Crops of each.
    pub(crate) crops: usize,
    /// Recordings that the people of a step are from.
    pub(crate) recordings: usize,
    /// Epochs after which it is found out anew who is who.
    pub(crate) renew: u64,
}

impl Default for PeopleConfig {
    fn default() -> Self {
        Self { batch: 16, crops: 4, recordings: 2, renew: 2 }
    }
}

impl PeopleConfig {
    /// Checks what types cannot say.
    pub(super) fn validate(&self) -> Result<(), String> {
        let Self { batch, crops, recordings, renew } = *self;
        for (key, value, least) in [
            ("batch", batch, 2),
            ("crops", crops, 2),
            ("recordings", recordings, 1),
            ("renew", renew as usize, 1),
        ] {
            if value < least {
                return Err(format!("`train.people.{key}` is {value}, but must be at least {least}"));
            }
        }
        Ok(())
    }
}

/// What is wrong with footage that shows too few.
pub(super) const TOO_LITTLE: &str = "too little to learn from: nowhere are two people or more followed over two timesteps or \
                                     more; film longer, look more often (train.data.rate), or leave fewer boxes out \
                                     (train.data.min_height, visibility, score)";

/// Draws people.
pub(super) struct IdentitySamples {
    config: PeopleConfig,
    seed: u64,
    /// Of each recording its people, and of each their crops by camera.
    recordings: Vec<Vec<Vec<Vec<usize>>>>,
    /// How many crops the recordings before and including each have, in square roots: long ones are seen more often, but
    /// not as often as they are long, for a minute more shows nobody new.
    shares: Vec<f64>,
}

impl IdentitySamples {
    /// Those of `identities`, one a crop; -1 is nobody.
    ///
    /// # Errors
    /// Where there are fewer than two people in every recording.
    pub(super) fn new(
        footage: &Footage,
        identities: &[i64],
        config: &PeopleConfig,
        seed: u64,
    ) -> Result<Self> {
        let mut people = BTreeMap::<(usize, i64), BTreeMap<u16, Vec<usize>>>::new();
        for (place, (crop, identity)) in footage.crops.iter().zip(identities).enumerate() {
            if *identity >= 0 {
                let of = people.entry((crop.recording, *identity)).or_default();
                of.entry(crop.camera.0).or_default().push(place);
            }
        }
        let mut recordings = Vec::new();
        for ((recording, _), cameras) in people {
            recordings.resize_with(recording + 1, Vec::new);
            recordings[recording].push(cameras.into_values().collect::<Vec<_>>());
        }
        recordings.retain(|people: &Vec<_>| people.len() > 1);
        if recordings.is_empty() {
            bail!(TOO_LITTLE);
        }
        let crops = |people: &Vec<Vec<Vec<usize>>>| people.iter().flatten().map(Vec::len).sum::<usize>();
        let mut sum = 0.0;
        let mut share = |people| {
            sum += (crops(people) as f64).sqrt();
            sum
        };
        let shares = recordings.iter().map(&mut share).collect();
        Ok(Self { config: config.clone(), seed, recordings, shares })
    }

    /// How many people there are.
    pub(super) fn people(&self) -> usize {
        self.recordings.iter().map(Vec::len).sum()
    }

    /// The people of a step.
    pub(super) fn plan(&self, at: TrainingStep, footage: &Footage, augmentation: &AugmentationConfig) -> Plan {
        let mut random = Random::new(self.seed, &format!("people {}", at.step));
        let PeopleConfig { batch, crops, recordings, .. } = self.config;
        let (mut samples, mut identities) = (Vec::new(), Vec::new());
        let mut next = 0;
        for recording in self.drawn(recordings.min(self.recordings.len()), &mut random) {
            let mut people: Vec<_> = self.recordings[recording].iter().collect();
            random.shuffle(&mut people);
            let mut sample = Vec::new();
            for person in people.into_iter().take((batch / recordings).max(2)) {
                sample.extend(of_person(person, crops, &mut random));
                identities.resize(identities.len() + crops, next);
                next += 1;
            }
            samples.push(sample);
        }
        let grouping = Grouping::Identities(identities);
        Plan::new(&samples, grouping, footage, augmentation, self.seed, at.step)
    }

    /// Different recordings, each by its share.
    fn drawn(&self, count: usize, random: &mut Random) -> Vec<usize> {
        let mut chosen = Vec::with_capacity(count);
        while chosen.len() < count {
            let place = random.uniform() * self.shares.last().copied().unwrap_or_default();
            let recording = self.shares.partition_point(|end| *end <= place).min(self.shares.len() - 1);
            if !chosen.contains(&recording) {
                chosen.push(recording);
            }
        }
        chosen
    }
}

/// Crops of one person, given by camera: one camera after the other in random order, different crops as long as there are.
fn of_person(cameras: &[Vec<usize>], crops: usize, random: &mut Random) -> Vec<usize> {
    let mut left: Vec<Vec<usize>> = Vec::new();
    let mut chosen = Vec::with_capacity(crops);
    while chosen.len() < crops {
        left.retain(|camera| !camera.is_empty());
        if left.is_empty() {
            left = cameras.to_vec();
        }
        random.shuffle(&mut left);
        for camera in left.iter_mut().take(crops - chosen.len()) {
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
            let mut crops = of_person(&[vec![1, 2, 3], vec![7]], 4, &mut random);
            crops.sort_unstable();
            assert_eq!(crops, [1, 2, 3, 7]);
            let two = of_person(&[vec![1, 2, 3], vec![7]], 2, &mut random);
            assert!(two.contains(&7), "{two:?}");
            let mut many = of_person(&[vec![5], vec![7]], 4, &mut random);
            many.sort_unstable();
            assert_eq!(many, [5, 5, 7, 7]);
        }
    }
}
