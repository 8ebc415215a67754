//! The stages of a run and the channels between them.
//!
//! Every channel is bounded, so memory does not grow with the recording: a slow stage makes the ones before it
//! wait. Frame sets are numbered when they leave the clock; the workers finish them in any order, and the
//! association takes them in order again.

mod stages;
mod stop;
mod tally;

use std::thread;

use anyhow::Result;
use association::Associator;
use crossbeam::channel::bounded;
use scene::{FrameNumber, Recording};

use crate::progress::Progress;
use crate::sinks::Sink;
use crate::source::FrameSource;
pub(crate) use stages::Worker;
pub(crate) use stop::Stop;
use tally::{CameraTally, StageTime};
pub(crate) use tally::{CameraTotal, StageTotal};

/// Everything a run needs, ready to go.
pub(crate) struct Stream<'a> {
    /// What is tracked.
    pub(crate) recording: &'a Recording,
    /// First and last frame number, both included.
    pub(crate) frames: (FrameNumber, FrameNumber),
    /// Detectors and embedders, one pair an inference thread.
    pub(crate) workers: Vec<Worker>,
    /// Who is who.
    pub(crate) associator: Box<dyn Associator>,
    /// Where identities go.
    pub(crate) sinks: Vec<Box<dyn Sink>>,
    /// How many items may wait in a channel.
    pub(crate) queue: usize,
}

/// What a run did, whole or cut short.
pub(crate) struct Outcome {
    /// Instants that were tracked and written.
    pub(crate) frame_sets: u64,
    /// Identities that were given.
    pub(crate) people: usize,
    /// Seconds from the first stage's start to the last one's end.
    pub(crate) seconds: f64,
    /// Frames of each camera, in the order of the cameras.
    pub(crate) cameras: Vec<CameraTotal>,
    /// Working time of each stage.
    pub(crate) stages: Vec<(String, StageTotal)>,
    /// Videos that hold less than they announce: one sentence each.
    pub(crate) incomplete: Vec<String>,
    /// What ended the run before its recording did.
    pub(crate) failure: Option<anyhow::Error>,
    /// Whether the user ended the run.
    pub(crate) interrupted: bool,
}

/// What all stages of a run share.
struct Shared<'a> {
    stop: &'a Stop,
    cameras: Vec<CameraTally>,
    decode: StageTime,
    detect: StageTime,
    embed: StageTime,
    /// The networks' own part of `detect` and `embed`.
    forward: StageTime,
    associate: StageTime,
    incomplete: std::sync::Mutex<Vec<String>>,
}

impl Stream<'_> {
    /// Runs to the end of the recording, to the first error, or until `stop` is requested.
    ///
    /// # Errors
    /// Where the run cannot even begin. An error on the way is part of the [`Outcome`].
    pub(crate) fn run(self, stop: &Stop) -> Result<Outcome> {
        let start = std::time::Instant::now();
        let needs_pictures = self.workers.iter().any(Worker::needs_pictures);
        let mut sources = Vec::new();
        for camera in &self.recording.cameras {
            sources.push(FrameSource::open(camera, needs_pictures, self.frames)?);
        }
        let clock = self.recording.clock(|camera| sources[camera.id.index()].fps())?;
        let expected = sources.iter().map(FrameSource::expected).max().unwrap_or(0);
        let progress = Progress::new(expected, "frame sets");

        let shared = Shared {
            stop,
            cameras: self.recording.cameras.iter().map(|_| CameraTally::default()).collect(),
            decode: StageTime::default(),
            detect: StageTime::default(),
            embed: StageTime::default(),
            forward: StageTime::default(),
            associate: StageTime::default(),
            incomplete: std::sync::Mutex::default(),
        };
        let sink_times: Vec<_> = self.sinks.iter().map(|s| (s.name(), StageTime::default())).collect();

        let (frame_sets, people) = thread::scope(|scope| {
            let mut cameras = Vec::new();
            for (source, tally) in sources.into_iter().zip(&shared.cameras) {
                let (send, receive) = bounded(self.queue);
                let shared = &shared;
                scope.spawn(move || stages::read(source, &send, tally, shared));
                cameras.push(receive);
            }
            let (to_infer, infer) = bounded(self.queue);
            let synchronized = &shared;
            scope.spawn(move || stages::synchronize(clock, cameras, &to_infer, synchronized));

            let (to_associate, associate) = bounded(self.queue);
            for worker in self.workers {
                let (infer, to_associate, shared) = (infer.clone(), to_associate.clone(), &shared);
                scope.spawn(move || stages::infer(worker, &infer, &to_associate, shared));
            }
            // The channels end when their last user does.
            drop((infer, to_associate));

            let mut to_sinks = Vec::new();
            for (sink, (_, time)) in self.sinks.into_iter().zip(&sink_times) {
                let (send, receive) = bounded(self.queue);
                scope.spawn(move || stages::deliver(sink, &receive, time, stop));
                to_sinks.push(send);
            }
            stages::associate(self.associator, &associate, &to_sinks, &progress, &shared)
        });
        progress.finish();

        let failure = stop.take_failure();
        let cut_short =
            if failure.is_some() { "the run ended with an error" } else { "the run was interrupted" };
        let own = [
            ("decode", shared.decode),
            ("detect", shared.detect),
            ("embed", shared.embed),
            ("forward", shared.forward),
            ("associate", shared.associate),
        ];
        let stages = own.into_iter().chain(sink_times);
        Ok(Outcome {
            frame_sets,
            people,
            seconds: start.elapsed().as_secs_f64(),
            cameras: shared.cameras.iter().map(|c| c.total(cut_short)).collect(),
            stages: stages.map(|(name, time)| (name.to_owned(), time.total())).collect(),
            incomplete: shared.incomplete.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner),
            interrupted: failure.is_none() && stop.is_requested(),
            failure,
        })
    }
}
