//! Where identities go: text, the Rerun viewer, an overlay video, or a sink of your own.
//!
//! A [`Sink`] is given every timestep in order. No image crosses the association: a sink that shows images reads them from
//! the sequence again.
//!
//! The [documentation of the crate](crate) has an example of one.

mod mosaic;
mod mot;
mod overlay;
mod palette;
mod replay;
#[cfg(feature = "rerun")]
mod rerun;
#[cfg(test)]
mod test_images;
mod thumbnail;
mod trails;
pub mod viewer;
#[cfg(not(feature = "rerun"))]
mod without_rerun;

use mvmhat_scene::{FrameSet, TrackedBox};

pub use self::mot::MotSink;
pub use self::overlay::OverlaySink;
#[cfg(feature = "rerun")]
pub use self::rerun::{EmbeddedCrop, RerunSink, save_embedding, save_errors};
pub use self::thumbnail::thumbnail;
#[cfg(not(feature = "rerun"))]
pub use self::without_rerun::{EmbeddedCrop, RerunSink, save_embedding, save_errors};

/// Takes every timestep of a run, in order, with the boxes and identities of all cameras.
pub trait Sink: Send {
    /// What this sink is called in messages and in `run.json`.
    fn name(&self) -> &'static str;

    /// Takes the next timestep.
    ///
    /// # Errors
    /// Where the output cannot be written; the run stops then, and what was finished is kept.
    fn write(&mut self, frames: &FrameSet<Vec<TrackedBox>>) -> anyhow::Result<()>;

    /// The run is over, whole or cut short: completes the files and gives them their names.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn finish(&mut self) -> anyhow::Result<()>;
}
