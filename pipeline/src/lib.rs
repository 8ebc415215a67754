//! The `mvmhat` program: sources, stages, sinks, and one file per subcommand.
//!
//! The way of a frame, each arrow a bounded channel:
//!
//! ```text
//! camera folder -> source (one reader thread a camera) -> clock (FrameSet: one image or none a camera)
//!    -> infer (workers: detect, then embed, all cameras in one batch) -> associate (one thread, in order)
//!    -> sinks (a thread each: MOT text, Rerun, overlay video)
//! ```
//!
//! No image crosses the association: a sink that shows images reads them from the recording again.

mod assignment;
mod cli;
mod commands;
mod config;
mod device;
mod error;
mod ffmpeg_path;
mod figure;
mod sequence_part;
mod frame_range;
mod interrupt;
mod outputs;
mod print;
mod progress;
mod run_report;
mod side_by_side;
mod sinks;
mod source;
mod stream;
mod threads;
mod training;
mod versions;
mod video_file;
mod viewer;

pub use cli::main;
