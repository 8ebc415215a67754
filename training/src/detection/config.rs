//! The section `train` of a configuration where a detector is trained.

use mvmhat_detectors::networks::PersonNetworkConfig;
use mvmhat_learning::TrainerConfig;
use serde::{Deserialize, Serialize};

use super::augmentation::AugmentationConfig;
use crate::sequence_part::SequencePart;
use crate::training::Boxes;

/// `train.data`: what of the recordings is learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DataConfig {
    /// Where boxes come from.
    pub(crate) boxes: Boxes,
    /// Timesteps a second that are looked at.
    pub(crate) rate: f64,
    /// Whoever can be seen less than this (ground truth) need not be found.
    pub(crate) visibility: f64,
    /// Detections at least as certain as this are people.
    pub(crate) score: f64,
    /// Detections between this and `score` may be people: who is found there is neither right nor wrong.
    pub(crate) doubt: f64,
    /// Whoever is lower than this many pixels in what the network sees need not be found.
    pub(crate) min_height: f64,
    /// 1: every image is seen as often; 0: every recording is, however many images it has.
    pub(crate) balance: f64,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            boxes: Boxes::default(),
            rate: 5.0,
            visibility: 0.2,
            score: 0.5,
            doubt: 0.2,
            min_height: 10.0,
            balance: 0.5,
        }
    }
}

/// `train`: how a detector is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DetectorTrainConfig {
    /// Which network.
    pub(crate) network: PersonNetworkConfig,
    /// What it starts from: a path, or a name of known weights; from scratch without.
    pub(crate) weights: Option<String>,
    pub(crate) data: DataConfig,
    /// A labelled recording that is not learned from, `RECORDING` or `RECORDING@A..B`, to see how well it goes.
    pub(crate) validate: Option<SequencePart>,
    pub(crate) augmentation: AugmentationConfig,
    /// Images of a step.
    pub(crate) batch: usize,
    /// Width and height of the images that are learned from, multiples of 32.
    pub(crate) canvas: [i32; 2],
    pub(crate) trainer: TrainerConfig,
    /// Whether the weights are kept in half precision.
    pub(crate) half: bool,
    /// Threads of libtorch; 0: one a processor core.
    pub(crate) threads: usize,
    /// Threads that read images ahead; 0: one a processor core, at most 4.
    pub(crate) workers: usize,
}

impl Default for DetectorTrainConfig {
    fn default() -> Self {
        Self {
            network: PersonNetworkConfig::default(),
            weights: None,
            data: DataConfig::default(),
            validate: None,
            augmentation: AugmentationConfig::default(),
            batch: 16,
            canvas: [416, 256],
            trainer: TrainerConfig::default(),
            half: true,
            threads: 0,
            workers: 0,
        }
    }
}

impl DetectorTrainConfig {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// The first key that is out of range, as `train.…`.
    pub(crate) fn validate(&self) -> Result<(), String> {
        let DataConfig { rate, visibility, score, doubt, min_height, balance, .. } = self.data;
        let number = |key: &str, value: f64, ok: bool, rule: &str| {
            if ok { Ok(()) } else { Err(format!("`train.{key}` is {value}, but must be {rule}")) }
        };
        number("data.rate", rate, rate.is_finite() && rate > 0.0, "above 0")?;
        number("data.min_height", min_height, (1.0..=1000.0).contains(&min_height), "from 1 to 1000")?;
        for (key, share) in [
            ("data.visibility", visibility),
            ("data.score", score),
            ("data.doubt", doubt),
            ("data.balance", balance),
        ] {
            number(key, share, (0.0..=1.0).contains(&share), "from 0 to 1")?;
        }
        number("data.doubt", doubt, doubt <= score, "at most `train.data.score`")?;
        number("batch", self.batch as f64, (1..=1024).contains(&self.batch), "from 1 to 1024")?;
        let [width, height] = self.canvas;
        if [width, height].iter().any(|side| !(32..=4096).contains(side) || side % 32 != 0) {
            return Err(format!(
                "`train.canvas` is [{width}, {height}], but must be multiples of 32, at most 4096"
            ));
        }
        self.network.validate().map_err(|error| error.to_string())?;
        if self.weights.is_none() && !self.trainer.freeze.is_empty() {
            return Err(format!(
                "`train.trainer.freeze` is {:?}, but with `train.weights: null` there is nothing to keep; set it to []",
                self.trainer.freeze
            ));
        }
        self.augmentation.validate()?;
        for (key, threads) in [("threads", self.threads), ("workers", self.workers)] {
            number(key, threads as f64, threads <= 256, "from 0 to 256")?;
        }
        Ok(())
    }
}
