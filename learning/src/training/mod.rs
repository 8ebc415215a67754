//! The training loop and its files.

mod batches;
mod checkpoint;
mod checkpoints;
mod config;
mod curves;
mod difference;
mod earlier_version;
mod error;
mod history;
mod observer;
mod partial_files;
mod progress;
mod result;
mod state;
mod summary;
mod task;
mod trainer;

pub use batches::Batches;
pub use config::{Monitor, MonitorMode, TrainerConfig};
pub use error::TrainError;
pub use observer::{Observer, StepRecord};
pub use progress::BestValidation;
pub use summary::{TrainingEnd, TrainingSummary};
pub use task::{StepOutput, Task, TaskError, TrainingStep};
pub use trainer::Trainer;
