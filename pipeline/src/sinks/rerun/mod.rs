//! The run in the Rerun viewer, live or as a file.
//!
//! | entity | what |
//! |---|---|
//! | `/cameras/<name>` | where the camera stands, if calibrated |
//! | `/cameras/<name>/picture` | the video with a reference a frame, or an image a frame |
//! | `/cameras/<name>/people` | boxes, coloured and labelled by identity |
//! | `/cameras/<name>/trails` | where the feet of each identity were in the last instants |
//! | `/ground/people`, `/ground/trails` | the same on the ground, if calibrated |
//! | `/plots/people/<name>` | people each camera sees |
//! | `/plots/identities/now`, `/plots/identities/so_far` | people all cameras see, and have seen |
//! | `/plots/speed` | frame sets per second |
//!
//! Two timelines: `frame`, the instant on the recording's clock, and `time`, the same in seconds.
//!
//! A recording is written straight to its file and flushed every second, not renamed when it is complete: a run that
//! is killed leaves all but its last second, which the viewer opens, and a long run can be looked at while it goes on.

mod ground;
mod layout;
mod picture;
mod speed;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rerun::blueprint::components::PlayState;
use rerun::{
    Boxes2D, Color, EntityPath, LineStrips2D, Radius, RecordingStream, RecordingStreamBuilder, Scalars,
    SeriesLines, SpawnOptions, entity_path,
};
use scene::{BBox, CameraId, FrameIndex, FrameSet, PersonId, Recording, TrackedBox, View};

use super::Sink;
use super::footage;
use super::mosaic::{Mosaic, Size};
use super::palette::color;
use super::trails::Trails;
use crate::config::OutputConfig;
use crate::viewer;
use ground::Ground;
use picture::Pictures;
use speed::Speed;

/// The timeline of instants.
const FRAME: &str = "frame";
/// The timeline of seconds.
const TIME: &str = "time";
/// How often what was logged is made sure to have arrived.
const FLUSH: Duration = Duration::from_secs(1);
/// How long a viewer may take for what it was sent last.
const VIEWER_PATIENCE: Duration = Duration::from_secs(30);

/// Sends a run to the Rerun viewer, or to a file for it.
pub(crate) struct RerunSink {
    stream: RecordingStream,
    /// The run goes on when the viewer is closed, but not when the file cannot be written.
    live: bool,
    cameras: Vec<CameraLog>,
    ground: Option<Ground>,
    seen: BTreeSet<PersonId>,
    speed: Speed,
    flushed: Instant,
}

/// What is logged of one camera.
struct CameraLog {
    path: EntityPath,
    count: EntityPath,
    pictures: Pictures,
    trails: Trails<[f32; 2]>,
}

impl RerunSink {
    /// Begins a file for the viewer.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn save(path: &Path, recording: &Recording, config: &OutputConfig) -> Result<Self> {
        let stream = builder(recording, PlayState::Paused)
            .save(path)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
        Self::new(stream, false, recording, config)
    }

    /// Opens the viewer, or uses the one that is open.
    ///
    /// # Errors
    /// No viewer on the search path, with how to install it.
    pub(crate) fn view(recording: &Recording, config: &OutputConfig) -> Result<Self> {
        if viewer::installed().is_none() {
            bail!(
                "there is no program `rerun` to show the run in; install it with {}",
                viewer::how_to_install()
            );
        }
        let options = SpawnOptions { hide_welcome_screen: true, ..SpawnOptions::default() };
        let stream = builder(recording, PlayState::Following)
            .spawn_opts(&options)
            .context("the Rerun viewer does not start; write a file for it instead with --rrd FILE")?;
        Self::new(stream, true, recording, config)
    }

    fn new(
        stream: RecordingStream,
        live: bool,
        recording: &Recording,
        config: &OutputConfig,
    ) -> Result<Self> {
        // Our own two timelines say it all.
        stream.set_log_tick_enabled(false);
        stream.set_log_time_enabled(false);
        let mut cameras = Vec::new();
        for camera in &recording.cameras {
            let path = camera_path(&camera.name);
            let pictures = Pictures::open(camera, &stream, &path.join(&entity_path!("picture")))?;
            let count = entity_path!("plots", "people", camera.name);
            stream.log_static(count.clone(), &SeriesLines::new().with_names([camera.name.as_str()]))?;
            cameras.push(CameraLog { path, count, pictures, trails: Trails::new(config.trail) });
        }
        for (name, path) in [("now", identities("now")), ("so far", identities("so_far"))] {
            stream.log_static(path, &SeriesLines::new().with_names([name]))?;
        }
        let scales: Vec<f64> = cameras.iter().map(|camera| camera.pictures.scale()).collect();
        let ground = Ground::open(recording, config.trail, &scales, &stream)?;
        let seen = BTreeSet::new();
        Ok(Self { stream, live, cameras, ground, seen, speed: Speed::default(), flushed: Instant::now() })
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
        self.stream.set_time_sequence(FRAME, i64::try_from(frames.index.0)?);
        self.stream.set_duration_secs(TIME, frames.seconds);
        let mut people = BTreeSet::new();
        for (i, camera) in self.cameras.iter_mut().enumerate() {
            let view = frames.view(CameraId(i as u16));
            camera.log(&self.stream, frames.index, view)?;
            people.extend(view.into_iter().flat_map(|view| &view.content).map(|b| b.person));
        }
        if let Some(ground) = &mut self.ground {
            ground.log(&self.stream, frames)?;
        }
        self.stream.log(identities("now"), &Scalars::single(people.len() as f64))?;
        self.seen.extend(people);
        self.stream.log(identities("so_far"), &Scalars::single(self.seen.len() as f64))?;
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

impl CameraLog {
    fn log(
        &mut self,
        stream: &RecordingStream,
        now: FrameIndex,
        view: Option<&View<Vec<TrackedBox>>>,
    ) -> Result<()> {
        let below = |name: &str| self.path.join(&entity_path!(name));
        self.pictures.log(stream, &below("picture"), view.map(|view| view.number))?;

        let scale = self.pictures.scale();
        let boxes = view.map_or(&[][..], |view| &view.content[..]);
        let size = |b: &BBox| [b.w, b.h].map(|v| (v * scale) as f32);
        let corner = |b: &BBox| [b.x, b.y].map(|v| (v * scale) as f32);
        let people = Boxes2D::from_mins_and_sizes(
            boxes.iter().map(|b| corner(&b.bbox)),
            boxes.iter().map(|b| size(&b.bbox)),
        )
        .with_colors(boxes.iter().map(|b| rerun_color(b.person)))
        .with_labels(boxes.iter().map(|b| b.person.to_string()))
        .with_show_labels(true);
        stream.log(below("people"), &people)?;
        stream.log(self.count.clone(), &Scalars::single(boxes.len() as f64))?;

        let foot = |b: &BBox| [b.foot().0, b.foot().1].map(|v| (v * scale) as f32);
        self.trails.extend(now, boxes.iter().map(|b| (b.person, foot(&b.bbox))));
        let (colors, strips): (Vec<_>, Vec<Vec<_>>) =
            self.trails.iter().map(|(person, way)| (rerun_color(person), way.collect())).unzip();
        let width = strips.iter().map(|_| Radius::new_ui_points(1.0));
        let trails = LineStrips2D::new(strips.iter()).with_colors(colors).with_radii(width);
        Ok(stream.log(below("trails"), &trails)?)
    }
}

fn builder(recording: &Recording, state: PlayState) -> RecordingStreamBuilder {
    // The same grid as the overlay's; a camera without pictures counts as one of the usual shape.
    let size = |camera| footage::picture_size(camera).unwrap_or(Size { width: 1920, height: 1080 });
    let sizes: Vec<_> = recording.cameras.iter().map(size).collect();
    let columns = Mosaic::new(&sizes, Size { width: 1920, height: 1080 }).map_or(1, |mosaic| mosaic.columns);
    RecordingStreamBuilder::new("mvmhat")
        .recording_name(recording.name.as_str())
        .with_blueprint(layout::blueprint(recording, columns, footage::rate(recording), state))
}

/// Where everything of a camera is logged, whatever characters its name has.
fn camera_path(name: &str) -> EntityPath {
    entity_path!("cameras", name)
}

fn identities(which: &str) -> EntityPath {
    entity_path!("plots", "identities", which)
}

fn rerun_color(person: PersonId) -> Color {
    let color = color(person);
    Color::from_rgb(color.r, color.g, color.b)
}

#[cfg(test)]
mod tests;
