//! The sections that belong to the pipeline itself.

use mvmhat_settings::ConfigError;
use serde::{Deserialize, Serialize};
use tch::Device;

/// `recording`: what of the recording is used.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordingConfig {
    /// Names of the cameras to use; all of them where the list is empty.
    pub cameras: Vec<String>,
    /// Whether the motion of the cameras is found in the images and allowed for.
    pub camera_motion: bool,
}

/// `pipeline`: threads and queues.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PipelineConfig {
    /// `auto`, `cpu` or `cuda:N`; the command line's `--device` wins.
    pub device: String,
    /// Inference threads, each with its own networks; 0: one per processor core, at most 8; 2 on a GPU.
    pub workers: usize,
    /// Threads of libtorch inside one operation.
    pub threads: usize,
    /// How many frames or frame sets may wait between two stages.
    pub queue: usize,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self { device: "auto".into(), workers: 0, threads: 1, queue: 2 }
    }
}

impl PipelineConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first value that is not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::check_range("pipeline.workers", self.workers, 0..=256)?;
        ConfigError::check_range("pipeline.threads", self.threads, 1..=256)?;
        ConfigError::check_range("pipeline.queue", self.queue, 1..=1024)
    }

    /// Inference threads, with 0 resolved.
    pub fn worker_count(&self, device: Device) -> usize {
        match (self.workers, device) {
            // Each holds networks and a frame set of images: more than eight cost more memory than they bring speed.
            (0, Device::Cpu) => std::thread::available_parallelism().map_or(1, usize::from).min(8),
            // One keeps a GPU busy while the other prepares its images.
            (0, _) => 2,
            (n, _) => n,
        }
    }
}

/// `output`: what a run draws.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputConfig {
    /// Width of the overlay video in pixels.
    pub overlay_width: u32,
    /// How many timesteps a person's trail goes back; 0: no trails.
    pub trail: usize,
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self { overlay_width: 1920, trail: 30 }
    }
}

impl OutputConfig {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// The first value that is not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::check_range("output.overlay_width", self.overlay_width, 160..=7680)?;
        ConfigError::check_range("output.trail", self.trail, 0..=10_000)
    }
}
