//! The run in the Rerun viewer, live or as a file.
//!
//! | entity | what |
//! |---|---|
//! | `/cameras/<name>` | where the camera stands, if calibrated |
//! | `/cameras/<name>/image` | the video with one reference per frame, or one image per frame |
//! | `/cameras/<name>/people` | boxes, colored and labelled by identity |
//! | `/cameras/<name>/trails` | where the feet of each identity were in the last timesteps |
//! | `/ground/people`, `/ground/trails` | the same on the ground, if calibrated |
//! | `/plots/people/<name>` | people each camera sees |
//! | `/plots/identities/now`, `/plots/identities/so_far` | people all cameras see, and have seen |
//! | `/plots/speed` | frame sets per second |
//!
//! Two timelines: `frame`, the timestep on the recording's clock, and `time`, the same in seconds.
//!
//! A file is written straight to its file and flushed every second, not renamed when it is complete: a run that
//! is killed leaves all but its last second, which the viewer opens, and a long run can be watched while it goes on.
//!
//! [`save_errors`] shows an evaluation in the same way, see [`errors`], and [`save_embedding`] an embedding, see
//! [`embeddings`].

mod contact_sheet;
mod embeddings;
mod errors;
mod ground;
mod image;
mod layout;
mod sequence_log;
mod speed;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mvmhat_scene::{FrameSet, PersonId, Sequence, TrackedBox};
use rerun::blueprint::ContainerLike;
use rerun::blueprint::components::PlayState;
use rerun::{
    Color, EntityPath, RecordingStream, RecordingStreamBuilder, Scalars, SeriesLines, SpawnOptions,
    entity_path,
};

use super::Sink;
use super::mosaic::Size;
use super::palette::Rgb;
use crate::config::OutputConfig;
use crate::sinks::viewer;
use layout::{builder, image_sizes, plot};
use sequence_log::SequenceLog;
use speed::Speed;

pub use embeddings::{EmbeddedCrop, save_embedding};
pub use errors::save_errors;

/// The timeline of timesteps.
const FRAME: &str = "frame";
/// The timeline of seconds.
const TIME: &str = "time";
/// Words on dark ground.
const TEXT: Rgb = Rgb { r: 235, g: 235, b: 235 };
/// How often what was logged is made sure to have arrived.
const FLUSH: Duration = Duration::from_secs(1);
/// How long a viewer may take for what it was sent last.
const VIEWER_PATIENCE: Duration = Duration::from_secs(30);

/// Sends a run to the Rerun viewer, or to a file for it.
pub struct RerunSink {
    stream: RecordingStream,
    /// The run goes on when the viewer is closed, but not when the file cannot be written.
    live: bool,
    log: SequenceLog,
    so_far: BTreeSet<PersonId>,
    speed: Speed,
    flushed: Instant,
}

impl RerunSink {
    /// Begins a file for the viewer.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(path: &Path, sequence: &Sequence, config: &OutputConfig) -> Result<Self> {
        let sizes = image_sizes(sequence);
        let stream = save(builder(sequence, &sizes, plots(), PlayState::Paused), path)?;
        Self::new(stream, false, sequence, &sizes, config)
    }

    /// Opens the viewer, or uses the one that is open.
    ///
    /// # Errors
    /// No viewer on the search path, with how to install it.
    pub fn view(sequence: &Sequence, config: &OutputConfig) -> Result<Self> {
        viewer::require(false, true)?;
        let options = SpawnOptions { hide_welcome_screen: true, ..SpawnOptions::default() };
        let sizes = image_sizes(sequence);
        let stream = builder(sequence, &sizes, plots(), PlayState::Following)
            .spawn_opts(&options)
            .context("the Rerun viewer does not start; write a file for it instead with --rrd FILE")?;
        Self::new(stream, true, sequence, &sizes, config)
    }

    fn new(
        stream: RecordingStream,
        live: bool,
        sequence: &Sequence,
        sizes: &[Option<Size>],
        config: &OutputConfig,
    ) -> Result<Self> {
        for (name, path) in [("now", identities("now")), ("so far", identities("so_far"))] {
            stream.log_static(path, &SeriesLines::new().with_names([name]))?;
        }
        let log = SequenceLog::open(&stream, sequence, sizes, config.trail)?;
        let so_far = BTreeSet::new();
        Ok(Self { stream, live, log, so_far, speed: Speed::default(), flushed: Instant::now() })
    }

    /// Waits until everything has arrived.
    fn flush(&mut self) -> Result<()> {
        self.flushed = Instant::now();
        if !self.live {
            return Ok(self.stream.flush_blocking()?);
        }
        if let Err(error) = self.stream.flush_with_timeout(VIEWER_PATIENCE) {
            tracing::warn!("the Rerun viewer is not there any more ({error}); the run goes on without it");
        }
        Ok(())
    }
}

impl Sink for RerunSink {
    fn name(&self) -> &'static str {
        "rerun"
    }

    fn write(&mut self, frames: &FrameSet<Vec<TrackedBox>>) -> Result<()> {
        let now = Instant::now();
        self.log.write(frames)?;
        let boxes = frames.present().flat_map(|(_, view)| &view.content);
        let people: BTreeSet<PersonId> = boxes.map(|b| b.person).collect();
        self.stream.log(identities("now"), &Scalars::single(people.len() as f64))?;
        self.so_far.extend(people);
        self.stream.log(identities("so_far"), &Scalars::single(self.so_far.len() as f64))?;
        if let Some(speed) = self.speed.tick(now) {
            self.stream.log(entity_path!("plots", "speed"), &Scalars::single(speed))?;
        }
        // A live stream is sent on by itself, and waiting for a slow viewer would slow the run down.
        if !self.live && now.duration_since(self.flushed) > FLUSH {
            self.flush()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.flush()?;
        // Writes the file's table of contents.
        self.stream.finalize_deferred_sinks();
        Ok(())
    }
}

/// Where everything of a camera is logged, whatever characters its name has.
fn camera_path(name: &str) -> EntityPath {
    entity_path!("cameras", name)
}

/// What a run shows below the cameras.
fn plots() -> Vec<ContainerLike> {
    vec![
        plot("People in view", sequence_log::PEOPLE),
        plot("Identities", "/plots/identities/**"),
        plot("Frame sets per second", "/plots/speed"),
    ]
}

/// Begins a file for the viewer.
fn save(builder: RecordingStreamBuilder, path: &Path) -> Result<RecordingStream> {
    builder.save(path).with_context(|| format!("{}: cannot be written", path.display()))
}

fn identities(which: &str) -> EntityPath {
    entity_path!("plots", "identities", which)
}

impl From<Rgb> for Color {
    fn from(Rgb { r, g, b }: Rgb) -> Self {
        Self::from_rgb(r, g, b)
    }
}

#[cfg(test)]
mod tests;
