#![doc = include_str!("../README.md")]

mod cancellation;
mod error;
mod interrupt;
mod log;
pub mod outputs;
mod parallel;
pub mod print;
mod progress;
mod training_progress;

pub use cancellation::CancellationToken;
pub use error::{UsageError, report};
pub use interrupt::cancel_on_ctrl_c;
pub use log::log_to_stderr;
pub use parallel::parallel_for_each;
pub use progress::Progress;
pub use training_progress::{FinishedStep, TrainingProgress};
