//! Where identities go: text, Rerun, an overlay video.

#[cfg(test)]
mod fixture;
mod footage;
mod mosaic;
mod mot;
mod overlay;
mod palette;
mod rerun;
mod thumbnail;
mod trails;

use mvmhat_scene::{FrameSet, TrackedBox};

pub(crate) use self::mot::MotSink;
pub(crate) use self::overlay::OverlaySink;
pub(crate) use self::rerun::{EmbeddedCrop, RerunSink, save_embedding, save_errors};
pub(crate) use self::thumbnail::thumbnail;

/// Takes every timestep of a run, in order, with the boxes and identities of all cameras.
pub(crate) trait Sink: Send {
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
