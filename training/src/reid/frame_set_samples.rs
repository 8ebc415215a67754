//! Samples of V views x T timesteps: what the published losses learn from.

use std::ops::Range;

use anyhow::{Result, bail};
use mvmhat_learning::{Batches, TrainingStep};
use mvmhat_random::Random;
use mvmhat_scene::CameraId;
use serde::{Deserialize, Serialize};

use super::augmentation::AugmentationConfig;
use super::footage::Footage;
use super::plan::{Grouping, Plan};

/// `train.samples`: how samples of several views and timesteps are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SamplesConfig {
    /// Samples of a step.
    pub(crate) batch: usize,
    /// Views of a sample, drawn anew each time; all where it is null.
    pub(crate) views: Option<usize>,
    /// Timesteps of a sample.
    pub(crate) timesteps: usize,
    /// From one timestep of a sample to the next, seconds: the shortest and the longest time.
    pub(crate) gap: [f64; 2],
    /// The chance that a box is left out, so that views share fewer people.
    pub(crate) drop: f64,
    /// Boxes of a sample; where there are more, some are left out at random.
    pub(crate) max_boxes: usize,
}

impl Default for SamplesConfig {
    fn default() -> Self {
        Self { batch: 1, views: None, timesteps: 2, gap: [0.2, 2.0], drop: 0.0, max_boxes: 48 }
    }
}

impl SamplesConfig {
    /// Checks what types cannot say.
    pub(super) fn validate(&self) -> Result<(), String> {
        let refuse = |key: &str, value: String, rule: &str| {
            Err(format!("`train.samples.{key}` is {value}, but must be {rule}"))
        };
        if self.batch == 0 {
            return refuse("batch", "0".into(), "at least 1");
        }
        if let Some(views) = self.views.filter(|views| *views < 2) {
            return refuse(
                "views",
                views.to_string(),
                "at least 2: one view alone has nothing to agree with",
            );
        }
        if self.timesteps == 0 {
            return refuse("instants", "0".into(), "at least 1");
        }
        let [shortest, longest] = self.gap;
        if !(shortest.is_finite() && longest.is_finite() && 0.0 <= shortest && shortest <= longest) {
            return refuse("gap", format!("{:?}", self.gap), "two times in seconds, the shorter one first");
        }
        if !(0.0..1.0).contains(&self.drop) {
            return refuse("drop", self.drop.to_string(), "at least 0 and below 1");
        }
        if self.max_boxes < 2 {
            return refuse("max_boxes", self.max_boxes.to_string(), "at least 2");
        }
        Ok(())
    }
}

/// A timestep of a recording at which two cameras or more show people.
#[derive(Clone)]
struct Instant {
    recording: usize,
    timestep: u64,
    /// Its crops by camera.
    views: Vec<Range<usize>>,
}

/// Draws samples.
#[derive(Clone)]
pub(super) struct FrameSetSamples {
    config: SamplesConfig,
    seed: u64,
    /// Ordered by recording and timestep.
    timesteps: Vec<Instant>,
    batches: Batches,
}

impl FrameSetSamples {
    /// All samples that footage has.
    ///
    /// # Errors
    /// Where there are none: no two cameras that show people at one timestep.
    pub(super) fn new(footage: &Footage, config: &SamplesConfig, seed: u64) -> Result<Self> {
        let mut timesteps = Vec::new();
        let mut lonely = 0;
        let mut end = 0;
        for crops in footage.crops.chunk_by(|a, b| (a.recording, a.timestep) == (b.recording, b.timestep)) {
            let mut views = Vec::new();
            for view in crops.chunk_by(|a, b| a.camera == b.camera) {
                views.push(end..end + view.len());
                end += view.len();
            }
            // One person in each of two views is nothing to choose between.
            if views.len() > 1 && crops.len() > 2 {
                timesteps.push(Instant { recording: crops[0].recording, timestep: crops[0].timestep, views });
            } else {
                lonely += 1;
            }
        }
        if timesteps.len() < config.batch {
            bail!(
                "too little to learn from: a step needs {} timesteps at which two cameras show three people or more, \
                 and there are {} ({lonely} others); film longer, look more often (train.data.rate), or take boxes of \
                 more people",
                config.batch,
                timesteps.len()
            );
        }
        if lonely > 0 {
            tracing::info!(
                "{lonely} timesteps are left out, at which fewer than two cameras or fewer than three people are seen"
            );
        }
        let batches = Batches::new(seed, timesteps.len(), config.batch);
        Ok(Self { config: config.clone(), seed, timesteps, batches })
    }

    pub(super) fn steps(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    /// The samples of a step.
    pub(super) fn plan(
        &mut self,
        at: TrainingStep,
        footage: &Footage,
        augmentation: &AugmentationConfig,
    ) -> Plan {
        let mut random = Random::new(self.seed, &format!("samples {}", at.step));
        let starts = self.batches.samples(at).to_vec();
        let (mut samples, mut sizes) = (Vec::new(), Vec::new());
        for start in starts {
            let sets = self.sample(start, footage, &mut random);
            sizes.push(sets.iter().map(Vec::len).collect());
            samples.push(sets.concat());
        }
        Plan::new(&samples, Grouping::FrameSets(sizes), footage, augmentation, self.seed, at.step)
    }

    /// The frame-sets of one sample.
    fn sample(&self, start: usize, footage: &Footage, random: &mut Random) -> Vec<Vec<usize>> {
        let SamplesConfig { timesteps, gap: [shortest, longest], drop, max_boxes, .. } = self.config;
        let recording = self.timesteps[start].recording;
        let seconds = footage.recordings[recording].seconds;
        let mut chosen = vec![start];
        for _ in 1..timesteps {
            let last = chosen[chosen.len() - 1];
            let gap = (shortest + (longest - shortest) * random.uniform()) / seconds;
            let wanted = self.timesteps[last].timestep + (gap.round() as u64).max(1);
            let later = self.timesteps[last + 1..]
                .iter()
                .position(|timestep| timestep.recording != recording || timestep.timestep >= wanted);
            // Near the end of a recording its samples have fewer timesteps.
            match later.map(|later| last + 1 + later) {
                Some(next) if self.timesteps[next].recording == recording => chosen.push(next),
                _ => break,
            }
        }
        let views = self.views(&chosen, footage, random);
        let mut sets = Vec::new();
        for &timestep in &chosen {
            for view in &self.timesteps[timestep].views {
                let camera = footage.crops[view.start].camera;
                if views.contains(&camera) {
                    // One stays: a view without people has nothing to agree with.
                    let stays = view.start + random.below(view.len());
                    let kept = view.clone().filter(|crop| *crop == stays || random.uniform() >= drop);
                    sets.push(kept.collect::<Vec<usize>>());
                }
            }
        }
        let mut boxes: usize = sets.iter().map(Vec::len).sum();
        while boxes > max_boxes {
            let mut place = random.below(boxes);
            for set in &mut sets {
                match place.checked_sub(set.len()) {
                    Some(rest) => place = rest,
                    None => {
                        set.remove(place);
                        break;
                    }
                }
            }
            boxes -= 1;
        }
        sets
    }

    /// The cameras of a sample.
    fn views(&self, chosen: &[usize], footage: &Footage, random: &mut Random) -> Vec<CameraId> {
        let of = |&timestep: &usize| {
            self.timesteps[timestep].views.iter().map(|view| footage.crops[view.start].camera)
        };
        let mut cameras: Vec<CameraId> = chosen.iter().flat_map(of).collect();
        cameras.sort_unstable();
        cameras.dedup();
        if let Some(most) = self.config.views {
            random.shuffle(&mut cameras);
            cameras.truncate(most);
        }
        cameras
    }
}
