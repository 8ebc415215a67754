//! The section `train` of a configuration with `task: detection`.

use mvmhat_detectors::PersonNetworkConfig;
use mvmhat_learning::TrainerConfig;
use mvmhat_scene::SequencePart;
use mvmhat_settings::ConfigError;
use serde::{Deserialize, Serialize};

use super::augmentation::DetectionAugmentationConfig;
use crate::boxes::{BoxSelection, BoxSource};
use crate::rules::{self, Rules};

/// `train.data`: which images of the sequences are learned from, with which boxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectionDataConfig {
    /// Where boxes come from.
    pub boxes: BoxSource,
    /// Timesteps per second.
    pub rate: f64,
    /// People of the ground truth with a lower visibility are ignore regions, 0 to 1.
    pub min_visibility: f64,
    /// Detections with at least this confidence are people, 0 to 1.
    pub conf: f64,
    /// Detections with a confidence between this one and `conf` are ignore regions, 0 to 1.
    pub ignore_thresh: f64,
    /// People shorter than this many pixels in the input of the network are ignore regions.
    pub min_height: f64,
    /// 1: every image is drawn as often; 0: every sequence is, however many images it has.
    pub balance: f64,
}

impl Default for DetectionDataConfig {
    fn default() -> Self {
        Self {
            boxes: BoxSource::default(),
            rate: 5.0,
            min_visibility: 0.2,
            conf: 0.5,
            ignore_thresh: 0.2,
            min_height: 10.0,
            balance: 0.5,
        }
    }
}

impl DetectionDataConfig {
    pub(super) fn selection(&self) -> BoxSelection {
        let Self { boxes, rate, min_visibility, conf, .. } = *self;
        BoxSelection { source: boxes, rate, min_visibility, conf }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let Self { conf, ignore_thresh, min_height, balance, .. } = *self;
        self.selection().validate()?;
        let rules = Rules::new("train.data");
        rules.check("min_height", min_height, (1.0..=1000.0).contains(&min_height), "from 1 to 1000")?;
        rules.fraction("ignore_thresh", ignore_thresh)?;
        rules.fraction("balance", balance)?;
        rules.check("ignore_thresh", ignore_thresh, ignore_thresh <= conf, "at most `train.data.conf`")
    }
}

/// `train` with `task: detection`: how a person detector is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectionRecipe {
    /// The network.
    pub network: PersonNetworkConfig,
    /// Pretrained weights: a path, or a name of known weights; `None`: from scratch.
    pub weights: Option<String>,
    /// Which images are learned from, with which boxes.
    pub data: DetectionDataConfig,
    /// A labelled sequence that is held out for validation.
    pub validate: Option<SequencePart>,
    /// How images are augmented.
    pub augmentation: DetectionAugmentationConfig,
    /// Images per step.
    pub batch: usize,
    /// Width and height of the images that are learned from, multiples of 32.
    pub canvas: [i32; 2],
    /// The training loop.
    pub trainer: TrainerConfig,
    /// Whether the weights are saved in half precision.
    pub fp16: bool,
    /// Intra-op threads of libtorch; 0: one per processor core.
    pub threads: usize,
    /// Threads that prefetch images; 0: one per processor core, at most 4.
    pub workers: usize,
}

impl Default for DetectionRecipe {
    fn default() -> Self {
        Self {
            network: PersonNetworkConfig::default(),
            weights: None,
            data: DetectionDataConfig::default(),
            validate: None,
            augmentation: DetectionAugmentationConfig::default(),
            batch: 16,
            canvas: [416, 256],
            trainer: TrainerConfig::default(),
            fp16: true,
            threads: 0,
            workers: 0,
        }
    }
}

impl DetectionRecipe {
    /// Checks what types cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.data.validate()?;
        let rules = Rules::new("train");
        rules.check("batch", self.batch, (1..=1024).contains(&self.batch), "from 1 to 1024")?;
        let canvas = format!("[{}, {}]", self.canvas[0], self.canvas[1]);
        let is_valid = self.canvas.iter().all(|side| (32..=4096).contains(side) && side % 32 == 0);
        rules.check("canvas", canvas, is_valid, "multiples of 32, at most 4096")?;
        self.network.validate().map_err(rules::network_error)?;
        let freeze = &self.trainer.freeze;
        let is_valid = self.weights.is_some() || freeze.is_empty();
        let rule = "[] with `train.weights: null`: there is nothing to keep";
        rules.check("trainer.freeze", format!("{freeze:?}"), is_valid, rule)?;
        self.augmentation.validate()?;
        rules.threads("threads", self.threads)?;
        rules.threads("workers", self.workers)
    }
}
