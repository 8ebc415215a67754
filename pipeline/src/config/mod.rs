//! The configuration of a run: one YAML file, every key with a default, unknown keys refused.
//!
//! The defaults are the commented preset `configs/track.yaml`, which is part of the program.

mod layers;
mod sections;

use std::path::Path;

use anyhow::Result;
use mvmhat_association::AssociationConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::usage;
use crate::training::{DetectorTrainConfig, TrainConfig};
use layers::Layers;
pub(crate) use layers::{assigned, merge};
pub(crate) use sections::{OutputConfig, PipelineConfig, RecordingConfig};

/// The preset that everything starts from.
const PRESET: &str = include_str!("../../../configs/track.yaml");

/// The preset that training starts from, laid over the other.
const TRAIN_PRESET: &str = include_str!("../../../configs/train-cpu.yaml");

/// The preset that the training of a detector starts from, laid over the first.
const DETECTOR_PRESET: &str = include_str!("../../../configs/train-detector.yaml");

/// A whole configuration, checked.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) recording: RecordingConfig,
    pub(crate) detector: mvmhat_detectors::DetectorConfig,
    pub(crate) embedder: mvmhat_detectors::EmbedderConfig,
    pub(crate) association: AssociationConfig,
    pub(crate) pipeline: PipelineConfig,
    pub(crate) output: OutputConfig,
    layers: Layers,
}

impl Config {
    /// The preset, the file over it, and each `KEY=VALUE` over both.
    ///
    /// # Errors
    /// Unknown sections, keys or choices (each with the nearest valid one), values of another type or out of range.
    pub(crate) fn load(file: Option<&Path>, sets: &[String]) -> Result<Self> {
        Self::of(Layers::preset(PRESET)?, file, sets)
    }

    /// The same with the preset of training, and its section `train`.
    ///
    /// # Errors
    /// See [`load`](Self::load).
    pub(crate) fn load_for_training(file: Option<&Path>, sets: &[String]) -> Result<(Self, TrainConfig)> {
        Self::with_train(TRAIN_PRESET, file, sets, TrainConfig::validate)
    }

    /// The same with the preset of training a detector, and its section `train`.
    ///
    /// # Errors
    /// See [`load`](Self::load).
    pub(crate) fn load_for_detector_training(
        file: Option<&Path>,
        sets: &[String],
    ) -> Result<(Self, DetectorTrainConfig)> {
        Self::with_train(DETECTOR_PRESET, file, sets, DetectorTrainConfig::validate)
    }

    fn with_train<T: DeserializeOwned>(
        preset: &str,
        file: Option<&Path>,
        sets: &[String],
        validate: impl Fn(&T) -> Result<(), String>,
    ) -> Result<(Self, T)> {
        let mut layers = Layers::preset(PRESET)?;
        layers.lay_preset(preset)?;
        let config = Self::of(layers, file, sets)?;
        let train: T = config.layers.section("train")?;
        config.checked("train", validate(&train))?;
        Ok((config, train))
    }

    fn of(mut layers: Layers, file: Option<&Path>, sets: &[String]) -> Result<Self> {
        if let Some(file) = file {
            layers.file(file)?;
        }
        layers.set(sets)?;
        let config = Self {
            recording: layers.section("recording")?,
            detector: layers.section("detector")?,
            embedder: layers.section("embedder")?,
            association: AssociationConfig::named(
                layers.name("association").unwrap_or_default(),
                layers.options("association"),
            )
            .map_err(|e| layers.refuse("association", &e))?,
            pipeline: layers.section("pipeline")?,
            output: layers.section("output")?,
            layers,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let checks = [
            ("recording", self.check_camera_motion()),
            ("detector", self.detector.validate().map_err(|e| e.to_string())),
            ("embedder", self.embedder.validate().map_err(|e| e.to_string())),
            ("association", self.association.validate().map_err(|e| e.to_string())),
            ("pipeline", self.pipeline.validate()),
            ("output", self.output.validate()),
        ];
        checks.into_iter().try_for_each(|(section, checked)| self.checked(section, checked))
    }

    /// An error with the place in the file of what is wrong.
    fn checked(&self, section: &str, checked: Result<(), String>) -> Result<()> {
        checked.map_err(|message| {
            // Every message names its key as `section.key`, or `section.part.key`.
            let key =
                message.split(['`', ' ']).find_map(|word| word.strip_prefix(section)?.strip_prefix('.'));
            let key = key.and_then(|key| key.rsplit('.').next());
            usage!("{}{message}", key.map(|key| self.layers.place(section, key)).unwrap_or_default())
        })
    }

    /// Whether the motion of cameras can be found, and is of use, where it is asked for.
    fn check_camera_motion(&self) -> Result<(), String> {
        let Self { recording, detector, embedder, association, .. } = self;
        if !recording.camera_motion {
            return Ok(());
        }
        let asked = "`recording.camera_motion` is true, but";
        if detector.name == mvmhat_detectors::DetectorName::File && embedder.name == mvmhat_detectors::EmbedderName::File {
            return Err(format!(
                "{asked} `detector: file` with `embedder: file` looks at no images, in which it could be found: \
                 choose another embedder, or leave it out"
            ));
        }
        match association {
            AssociationConfig::Clustering(_) => Ok(()),
            AssociationConfig::Mvmhat(_) => Err(format!(
                "{asked} `association: mvmhat` is the published inference, which does not allow for it: \
                 choose `association: clustering`, or leave it out"
            )),
        }
    }

    /// Every key with its value, for the `config.yaml` of a training run: the file gives the same configuration again.
    pub(crate) fn to_yaml(&self, train: &impl Serialize) -> Result<String> {
        let mut all = self.to_json()?;
        all["train"] = serde_json::to_value(train)?;
        Ok(serde_yaml::to_string(&all)?)
    }

    /// Every key with its value, for `run.json`.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value> {
        Ok(serde_json::json!({
            "recording": self.recording,
            "detector": self.detector,
            "embedder": self.embedder,
            "association": self.association,
            "pipeline": self.pipeline,
            "output": self.output,
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_yaml::Value;

    use super::*;

    /// The preset must name every key of a section, with the value it has by default.
    fn assert_preset<T: Serialize>(section: &str, default: T) {
        let preset: Value = serde_yaml::from_str(PRESET).unwrap();
        assert_eq!(preset[section], serde_yaml::to_value(default).unwrap(), "{section}");
    }

    #[test]
    fn the_preset_names_every_key_with_its_default() {
        assert_preset("recording", RecordingConfig::default());
        assert_preset("detector", mvmhat_detectors::DetectorConfig::default());
        assert_preset("embedder", mvmhat_detectors::EmbedderConfig::default());
        assert_preset("pipeline", PipelineConfig::default());
        assert_preset("output", OutputConfig::default());
        assert_eq!(Config::load(None, &[]).unwrap().association, AssociationConfig::default());
    }

    fn keys(value: &Value) -> Vec<String> {
        let keys = value.as_mapping().unwrap().keys();
        let mut keys: Vec<String> = keys.map(|key| key.as_str().unwrap().to_owned()).collect();
        keys.sort();
        keys
    }

    #[test]
    fn the_preset_of_training_a_detector_names_every_key_and_is_valid() {
        let (_, train) = Config::load_for_detector_training(None, &[]).unwrap();
        let preset: Value = serde_yaml::from_str(DETECTOR_PRESET).unwrap();
        let whole = serde_yaml::to_value(&train).unwrap();
        assert_eq!(keys(&preset["train"]), keys(&whole));
        let default = serde_yaml::to_value(DetectorTrainConfig::default()).unwrap();
        for part in ["network", "data", "augmentation"] {
            assert_eq!(keys(&preset["train"][part]), keys(&whole[part]), "{part}");
            assert_eq!(whole[part], default[part], "{part}");
        }
        assert_eq!(keys(&preset["train"]["trainer"]), keys(&whole["trainer"]));
        for (set, told) in [
            ("train.canvas=[100, 100]", "`train.canvas` is [100, 100]"),
            ("train.data.doubt=0.9", "`train.data.doubt` is 0.9"),
            ("train.network.size=100", "train.network.size is 100"),
            ("train.augmentation.scale=[2, 1]", "`train.augmentation.scale` is [2, 1]"),
            ("train.batch=0", "`train.batch` is 0"),
            ("train.network.backbone=mobilenet", "did you mean `mobilenet-v2`"),
        ] {
            let error = Config::load_for_detector_training(None, &[set.to_owned()]).unwrap_err();
            assert!(format!("{error:#}").contains(told), "{set}: {error:#}");
        }
    }

    #[test]
    fn the_presets_of_training_name_every_key_and_are_valid() {
        let (_, train) = Config::load_for_training(None, &[]).unwrap();
        let preset: Value = serde_yaml::from_str(TRAIN_PRESET).unwrap();
        let whole = serde_yaml::to_value(&train).unwrap();
        assert_eq!(keys(&preset["train"]), keys(&whole));
        for part in ["network", "data", "augmentation", "loss", "people", "samples", "trainer"] {
            assert_eq!(keys(&preset["train"][part]), keys(&whole[part]), "{part}");
        }
        // What the program has where a file says nothing is what the preset says.
        let default = serde_yaml::to_value(TrainConfig::default()).unwrap();
        for part in ["network", "data", "augmentation", "people", "samples", "assignment_network"] {
            assert_eq!(whole[part], default[part], "{part}");
        }
        assert_eq!(train.discriminant, Some(mvmhat_learning::DiscriminantConfig::default()));
        let paper = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/train-paper.yaml"));
        let (_, paper) = Config::load_for_training(Some(paper), &[]).unwrap();
        assert_eq!(paper.network.dimension, 1000);
        assert_eq!(paper.loss, mvmhat_learning::LossConfig::default());
    }

    #[test]
    fn another_loss_drops_the_keys_of_the_former_and_may_be_named_alone() {
        let load = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
            Config::load_for_training(None, &sets).map(|(_, train)| train.loss)
        };
        let mvmhat = mvmhat_learning::LossConfig::default();
        assert_eq!(load(&["train.loss=mvmhat"]).unwrap(), mvmhat);
        assert_eq!(load(&["train.loss.name=mvmhat", "train.loss.margin=0.5"]).unwrap(), mvmhat);
        let error = format!("{:#}", load(&["train.loss.margin=0.5"]).unwrap_err());
        assert!(error.contains("margin"), "{error}");
    }

    #[test]
    fn values_out_of_range_name_their_key_and_line() {
        let message = |set: &str| format!("{:#}", Config::load(None, &[set.to_owned()]).unwrap_err());
        assert!(message("pipeline.queue=0").contains("`pipeline.queue` is 0, but must be from 1 to 1024"));
        assert!(message("detector.score=2").contains("detector.score"));
        assert!(message("association.track_low_thresh=2").contains("association.track_low_thresh"));
        assert!(message("recording.camera_motion=2").contains("recording"));

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.yaml");
        std::fs::write(&file, "pipeline:\n  queue: 0\n").unwrap();
        let error = format!("{:#}", Config::load(Some(&file), &[]).unwrap_err());
        assert!(error.contains("c.yaml:2"), "{error}");
    }

    #[test]
    fn camera_motion_is_refused_where_it_cannot_be_found_or_is_of_no_use() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.yaml");
        std::fs::write(&file, "recording:\n  camera_motion: true\n").unwrap();
        let load = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
            Config::load(Some(&file), &sets).map_err(|error| format!("{error:#}"))
        };
        assert!(load(&[]).unwrap().recording.camera_motion);
        assert!(load(&["detector=file"]).is_ok() && load(&["embedder=file"]).is_ok());
        let error = load(&["detector=file", "embedder=file"]).unwrap_err();
        assert!(error.contains("c.yaml:2") && error.contains("no images"), "{error}");
        let error = load(&["association=mvmhat"]).unwrap_err();
        assert!(error.contains("c.yaml:2") && error.contains("association: clustering"), "{error}");
    }
}
