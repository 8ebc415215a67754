#![doc = include_str!("../README.md")]

mod assignment_model;
mod config;
pub mod evaluate;
mod ffmpeg_path;
pub mod ground_truth;
mod run_outputs;
mod run_report;
pub mod sinks;
pub mod source;
mod stream;
mod track;
pub mod versions;
mod video_file;

pub use assignment_model::open_assignment_model;
pub use config::{Config, OutputConfig, PipelineConfig, RecordingConfig, Section};
pub use run_outputs::RunOutputs;
pub use run_report::RunReport;
pub use stream::{CameraReport, Discarded, Gap, MotionReport, RunSummary, StageReport, Stream};
pub use track::{UsedWeights, open_associator, track, weights_files};
pub use video_file::{Codec, VideoFile};
