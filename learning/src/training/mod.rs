//! The training loop and what it leaves on the disk.

mod batches;
mod checkpoint;
mod checkpoints;
mod config;
mod curves;
mod difference;
mod durable;
mod error;
mod history;
mod progress;
mod record;
mod summary;
mod task;
mod trainer;

pub use batches::Batches;
pub use config::{Best, Goal, TrainerConfig};
pub use error::TrainError;
pub use record::{Observer, Record};
pub use summary::{End, Summary};
pub use task::{Outcome, Position, Task, TaskError};
pub use trainer::Trainer;
