//! The stages of a run and the channels between them.
//!
//! Every channel is bounded, so memory does not grow with the recording: a slow stage makes the ones before it
//! wait. Frame sets are numbered when they leave the clock; the workers finish them in any order, and the
//! association takes them in order again.

mod stages;
mod stop;
mod tally;

use std::sync::atomic::AtomicBool;
use std::thread;

use anyhow::{Context, Result};
use mvmhat_association::Associator;
use crossbeam::channel::bounded;
use mvmhat_scene::{Clock, FrameNumber, Sequence};

use crate::progress::Progress;
use crate::sinks::Sink;
use crate::source::{FrameSource, MotionFinder};
pub(crate) use stages::Worker;
pub(crate) use stop::Stop;
use tally::{CameraTally, StageTime};
pub(crate) use tally::{CameraTotal, StageTotal};

/// The cameras of a recording and the networks that look at them, opened and ready to go.
pub(crate) struct Stream {
    sources: Vec<FrameSource>,
    clock: Clock,
    workers: Vec<Worker>,
    queue: usize,
    /// Whether the motion of the cameras is looked for.
    camera_motion: bool,
}

/// What a run did, whole or cut short.
pub(crate) struct Outcome {
    /// Timesteps that were tracked and written.
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
    /// Whether the user ended the run before its recording did.
    pub(crate) interrupted: bool,
}

/// What all stages of a run share.
struct Shared<'a> {
    stop: &'a Stop,
    cameras: Vec<CameraTally>,
    decode: StageTime,
    camera_motion: StageTime,
    detect: StageTime,
    embed: StageTime,
    /// The networks' own part of `detect` and `embed`.
    forward: StageTime,
    associate: StageTime,
    /// Whether a stage left something of the recording out because of `stop`.
    cut_short: AtomicBool,
    incomplete: std::sync::Mutex<Vec<String>>,
}

impl Stream {
    /// Opens the cameras of a recording for the frames from the first to the last of `frames`, both included. `workers`
    /// are the pairs of networks, one an inference thread; `queue` items may wait in a channel; `camera_motion` says whether
    /// the motion of the cameras is looked for in their images.
    ///
    /// # Errors
    /// A camera that cannot be read, or has a rate that is none.
    pub(crate) fn open(
        recording: &Sequence,
        frames: (FrameNumber, FrameNumber),
        workers: Vec<Worker>,
        queue: usize,
        camera_motion: bool,
    ) -> Result<Self> {
        let images = workers.iter().any(Worker::needs_images);
        let cameras = recording.cameras.iter();
        let sources: Vec<_> =
            cameras.map(|camera| FrameSource::open(camera, images, frames)).collect::<Result<_>>()?;
        let clock = recording.clock(|camera| sources[camera.id.index()].fps()).with_context(|| {
            let names: Vec<_> = recording.cameras.iter().map(|camera| camera.name.as_str()).collect();
            format!(
                "{}: the cameras ({}, counted from 0) have no common clock; recording.yaml can correct `fps` and `start`",
                recording.root.display(),
                names.join(", ")
            )
        })?;
        Ok(Self { sources, clock, workers, queue, camera_motion })
    }

    /// Runs to the end of the recording, to the first error, or until `stop` is requested. An error on the way is part
    /// of the [`Outcome`].
    pub(crate) fn run(
        self,
        associator: Box<dyn Associator>,
        sinks: Vec<Box<dyn Sink>>,
        stop: &Stop,
    ) -> Outcome {
        let start = std::time::Instant::now();
        let Self { sources, clock, workers, queue, camera_motion } = self;
        let expected = sources.iter().map(FrameSource::expected).max().unwrap_or(0);
        let progress = Progress::new(expected, "frame sets");

        let shared = Shared {
            stop,
            cameras: sources.iter().map(|_| CameraTally::default()).collect(),
            decode: StageTime::default(),
            camera_motion: StageTime::default(),
            detect: StageTime::default(),
            embed: StageTime::default(),
            forward: StageTime::default(),
            associate: StageTime::default(),
            cut_short: AtomicBool::new(false),
            incomplete: std::sync::Mutex::default(),
        };
        let sink_times: Vec<_> = sinks.iter().map(|s| (s.name(), StageTime::default())).collect();

        let (frame_sets, people) = thread::scope(|scope| {
            let mut cameras = Vec::new();
            for (source, tally) in sources.into_iter().zip(&shared.cameras) {
                let (send, receive) = bounded(queue);
                let shared = &shared;
                let finder = camera_motion.then(MotionFinder::default);
                scope.spawn(move || {
                    stop.guard("a reader", || stages::read(source, finder, &send, tally, shared));
                });
                cameras.push(receive);
            }
            let (to_infer, infer) = bounded(queue);
            // So many frame sets may be between the clock and the association: where one worker is slow, the others do
            // not run far ahead of it.
            let (under_way, done) = bounded(2 * workers.len() + queue);
            let reading = &shared;
            scope.spawn(move || {
                stop.guard("the clock", || {
                    stages::synchronize(clock, cameras, &to_infer, &under_way, reading);
                });
            });

            let (to_associate, associate) = bounded(queue);
            for worker in workers {
                let (infer, to_associate, shared) = (infer.clone(), to_associate.clone(), &shared);
                scope.spawn(move || {
                    stop.guard("a network", || stages::infer(worker, &infer, &to_associate, shared));
                });
            }
            // The channels end when their last user does.
            drop((infer, to_associate));

            let mut to_sinks = Vec::new();
            for (sink, (_, time)) in sinks.into_iter().zip(&sink_times) {
                let (send, receive) = bounded(queue);
                scope.spawn(move || stop.guard("an output", || stages::deliver(sink, &receive, time, stop)));
                to_sinks.push(send);
            }
            stop.guard("the association", || {
                stages::associate(associator, (&associate, &done), &to_sinks, &progress, &shared)
            })
        });
        progress.finish();

        let failure = stop.take_failure();
        let cut_short =
            if failure.is_some() { "the run ended with an error" } else { "the run was interrupted" };
        let own = [
            ("decode", shared.decode),
            ("camera_motion", shared.camera_motion),
            ("detect", shared.detect),
            ("embed", shared.embed),
            ("forward", shared.forward),
            ("associate", shared.associate),
        ];
        // A stage that there was not is no stage that took no time.
        let own = own.into_iter().filter(|(name, _)| camera_motion || *name != "camera_motion");
        let stages = own.chain(sink_times);
        Outcome {
            frame_sets,
            people,
            seconds: start.elapsed().as_secs_f64(),
            cameras: shared.cameras.iter().map(|c| c.total(cut_short)).collect(),
            stages: stages.map(|(name, time)| (name.to_owned(), time.total())).collect(),
            incomplete: shared.incomplete.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner),
            interrupted: failure.is_none() && shared.cut_short.into_inner(),
            failure,
        }
    }
}
