//! The configuration of a run: one YAML file, every key with a default, unknown keys refused.
//!
//! The defaults are the commented preset `configs/track.yaml`, which is part of the program.

mod sections;

use std::path::Path;

use anyhow::Result;
use mvmhat_association::AssociationConfig;
use mvmhat_console::UsageError;
use mvmhat_detectors::{DetectorConfig, DetectorModel, EmbedderConfig, EmbedderName};
use mvmhat_scene::Sequence;
use mvmhat_settings::{ConfigError, Layers, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tch::Device;

pub use sections::{OutputConfig, PipelineConfig, RecordingConfig};

/// The preset that everything starts from.
const PRESET: &str = include_str!("../../../configs/track.yaml");

/// What may stand in a configuration. `task` and `train` belong to training: a file of a training run can be given to
/// `mvmhat track` too.
const SCHEMA: Schema = Schema {
    sections: &["recording", "detector", "embedder", "association", "pipeline", "output", "train"],
    values: &["task"],
};

/// A further section that a program reads with its [`Config`], with presets of its own: what training reads as `train`.
pub trait Section: DeserializeOwned + Serialize {
    /// What the section is called.
    const NAME: &'static str;
    /// The `task` that a configuration with this section is for. A file that names another one is refused.
    const TASK: &'static str;

    /// The rule that another task breaks, to be read behind "`task` is detection, but".
    fn wrong_task(_task: &str) -> String {
        format!("must be {} here", Self::TASK)
    }

    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first value that is not.
    fn validate(&self) -> Result<(), ConfigError>;
}

/// A whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// What of the recording is used.
    pub recording: RecordingConfig,
    /// Which detector, and how it is used.
    pub detector: DetectorConfig,
    /// Which embedder, and how it is used.
    pub embedder: EmbedderConfig,
    /// Which associator, with its constants.
    pub association: AssociationConfig,
    /// Threads and queues.
    pub pipeline: PipelineConfig,
    /// What a run draws.
    pub output: OutputConfig,
    layers: Layers,
}

impl Config {
    /// The preset `configs/track.yaml`, the file over it, and each `KEY=VALUE` over both.
    ///
    /// ```
    /// use mvmhat_pipeline::Config;
    ///
    /// let config = Config::load(None, &["detector.conf=0.4".to_owned()])?;
    /// assert_eq!(config.detector.conf, Some(0.4));
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// Unknown sections, keys or choices (each with the nearest valid one), values of another type or out of range.
    pub fn load(file: Option<&Path>, sets: &[String]) -> Result<Self> {
        Self::typed(merged(&[], file, sets)?)
    }

    /// The same with `presets` over the first one, and a further section.
    ///
    /// # Errors
    /// See [`load`](Self::load), and a file that is for another task.
    pub fn load_with<T: Section>(
        presets: &[&str],
        file: Option<&Path>,
        sets: &[String],
    ) -> Result<(Self, T)> {
        let layers = merged(presets, file, sets)?;
        // Before its keys are read: those of another task are others.
        if let Some(task) = layers.value(&["task"]).map(|task| task.as_str().unwrap_or_default())
            && task != T::TASK
        {
            return Err(layers.refuse(ConfigError::new("task", task, T::wrong_task(task))));
        }
        let config = Self::typed(layers)?;
        let section: T = config.layers.section(T::NAME)?;
        section.validate().map_err(|error| config.layers.refuse(error))?;
        Ok((config, section))
    }

    fn typed(layers: Layers) -> Result<Self> {
        let association = layers.name("association").unwrap_or_default().to_owned();
        let config = Self {
            recording: layers.section("recording")?,
            detector: layers.section("detector")?,
            embedder: layers.section("embedder")?,
            association: layers
                .options("association", |options| AssociationConfig::named(&association, options))?,
            pipeline: layers.section("pipeline")?,
            output: layers.section("output")?,
            layers,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let checks = [
            self.check_camera_motion(),
            self.detector.validate().map_err(|e| ConfigError::new(e.path, e.value, e.rule)),
            self.embedder.validate().map_err(|e| ConfigError::new(e.path, e.value, e.rule)),
            self.association.validate().map_err(of_association),
            self.pipeline.validate(),
            self.output.validate(),
        ];
        checks.into_iter().try_for_each(|checked| checked.map_err(|error| self.layers.refuse(error)))
    }

    /// Where networks run: `device`, or where that is `None` what `pipeline.device` says.
    ///
    /// # Errors
    /// A name that is none, or a GPU that is not there.
    pub fn device(&self, device: Option<&str>) -> Result<Device> {
        let device = device.unwrap_or(&self.pipeline.device);
        Ok(mvmhat_learning::parse_device(device).map_err(UsageError::new)?)
    }

    /// Whether the motion of cameras can be found, and is of use, where it is asked for.
    fn check_camera_motion(&self) -> Result<(), ConfigError> {
        let Self { recording, detector, embedder, association, .. } = self;
        let rule = match association {
            _ if !recording.camera_motion => return Ok(()),
            _ if detector.name == DetectorModel::FILE && embedder.name == EmbedderName::File => {
                "`detector: file` with `embedder: file` reads no images, in which it could be found: choose another \
                 embedder, or leave it out"
            }
            AssociationConfig::Clustering(_) => return Ok(()),
            AssociationConfig::Mvmhat(_) => {
                "`association: mvmhat` is the MvMHAT baseline, which does not compensate for it: choose \
                 `association: clustering`, or leave it out"
            }
        };
        Err(ConfigError::new("recording.camera_motion", true, rule))
    }

    /// Opens the multi-view sequence in a folder, with the cameras that `recording.cameras` names.
    ///
    /// # Errors
    /// A folder without cameras, and names that no camera has.
    pub fn open_sequence(&self, folder: &Path) -> Result<Sequence> {
        let sequence = Sequence::open(folder)?;
        let cameras = &self.recording.cameras;
        if cameras.is_empty() {
            return Ok(sequence);
        }
        sequence.select_cameras(cameras).map_err(|missing| {
            let rule =
                format!("there is no camera `{}`; there are {}", missing.name, missing.known.join(", "));
            let named = format!("[{}]", cameras.join(", "));
            self.layers.refuse(ConfigError::new("recording.cameras", named, rule))
        })
    }

    /// The error that a value breaks a rule, with the file and line, or the `--set`, that said it.
    pub fn refuse(&self, error: ConfigError) -> anyhow::Error {
        self.layers.refuse(error)
    }

    /// Every key with its value, for the `config.yaml` of a run with a further section: the file gives the same
    /// configuration again.
    ///
    /// # Errors
    /// A value that cannot be written as YAML.
    pub fn to_yaml<T: Section>(&self, section: &T) -> Result<String> {
        let mut all = self.to_json()?;
        all["task"] = T::TASK.into();
        all[T::NAME] = serde_json::to_value(section)?;
        Ok(serde_yaml::to_string(&all)?)
    }

    /// Every key with its value as YAML, and who said it: the preset, a line of a file, `--set`, or nobody.
    ///
    /// # Errors
    /// A value that cannot be written as YAML.
    pub fn annotated(&self) -> Result<String> {
        Ok(self.layers.annotated(&serde_yaml::to_value(self.to_json()?)?))
    }

    /// Every key with its value, for `run.json`.
    ///
    /// # Errors
    /// A value that cannot be written as JSON.
    pub fn to_json(&self) -> Result<serde_json::Value> {
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

/// The presets, the file and the settings over each other.
fn merged(presets: &[&str], file: Option<&Path>, sets: &[String]) -> Result<Layers> {
    let mut layers = Layers::new(SCHEMA);
    std::iter::once(&PRESET).chain(presets).try_for_each(|preset| layers.lay_preset(preset))?;
    if let Some(file) = file {
        layers.lay_file(file)?;
    }
    layers.lay_settings(sets)?;
    Ok(layers)
}

fn of_association(error: mvmhat_association::ConfigError) -> ConfigError {
    let mvmhat_association::ConfigError { path, value, rule } = error;
    ConfigError::new(format!("association.{path}"), value, format!("must be {rule}"))
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

    #[test]
    fn values_out_of_range_name_their_key_and_line() {
        let message = |set: &str| format!("{:#}", Config::load(None, &[set.to_owned()]).unwrap_err());
        assert!(message("pipeline.queue=0").contains("`pipeline.queue` is 0, but must be from 1 to 1024"));
        assert!(message("detector.conf=2").contains("detector.conf"));
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
