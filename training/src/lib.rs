#![doc = include_str!("../README.md")]

mod boxes;
mod cache_path;
mod camera_cache;
mod color_jitter;
#[cfg(feature = "rerun")]
mod curves;
#[cfg(not(feature = "rerun"))]
#[path = "curves_without_rerun.rs"]
mod curves;
mod dataset_reader;
mod detection;
mod indexed_file;
mod jpeg;
mod labelled_images;
mod observer;
mod prefetch;
mod recipe;
mod reid;
mod resampling;
mod rules;
mod run;
mod timesteps;
mod training_report;

pub use boxes::BoxSource;
pub use detection::{DetectionAugmentationConfig, DetectionDataConfig, DetectionRecipe, DetectionTask};
pub use recipe::{Recipe, Session, TimedTask};
pub use reid::{FrameSetConfig, PkConfig, ReidAugmentationConfig, ReidDataConfig, ReidRecipe, ReidTask};
pub use run::{RunOptions, load_config, run};
pub use training_report::TrainingReport;
