//! The stages of a run and the channels between them.
//!
//! Every channel is bounded, so memory does not grow with the recording: a slow stage makes the ones before it
//! wait. Frame sets are numbered when they leave the clock; the workers finish them in any order, and the
//! association takes them in order again.

mod counters;
mod inference;
mod shared;
mod stages;
mod summary;

use std::thread;

use anyhow::{Context, Result};
use crossbeam::channel::bounded;
use mvmhat_association::Associator;
use mvmhat_console::{CancellationToken, Progress};
use mvmhat_scene::{Clock, FrameRange, Sequence};
use tch::Device;

use crate::config::Config;
use crate::sinks::Sink;
use crate::source::{CameraMotionEstimator, FrameSource};
use counters::StageTimer;
pub use counters::{CameraReport, Discarded, Gap, MotionReport, StageReport};
use inference::InferenceWorker;
use shared::Shared;
pub use summary::RunSummary;

/// The cameras of a sequence and the networks that process their images, opened and ready to go.
pub struct Stream {
    sources: Vec<FrameSource>,
    clock: Clock,
    workers: Vec<InferenceWorker>,
    queue: usize,
    /// Whether the motion of the cameras is estimated.
    camera_motion: bool,
}

impl Stream {
    /// Opens the cameras of a sequence for a range of frames, and the networks that the configuration names: one pair per
    /// inference thread.
    ///
    /// # Errors
    /// A camera that cannot be read or has no valid frame rate; weights that cannot be used.
    pub fn open(sequence: &Sequence, config: &Config, frames: FrameRange, device: Device) -> Result<Self> {
        let workers = inference::open_workers(sequence, config, device)?;
        let images = workers.iter().any(InferenceWorker::needs_images);
        let cameras = sequence.cameras.iter();
        let sources: Vec<_> =
            cameras.map(|camera| FrameSource::open(camera, images, frames)).collect::<Result<_>>()?;
        let clock = sequence.clock(|camera| sources[camera.id.index()].fps()).with_context(|| {
            let names: Vec<_> = sequence.cameras.iter().map(|camera| camera.name.as_str()).collect();
            format!(
                "{}: the cameras ({}, counted from 0) have no common clock; recording.yaml can correct `fps` and `start`",
                sequence.root.display(),
                names.join(", ")
            )
        })?;
        let camera_motion = config.recording.camera_motion;
        tracing::debug!("{} cameras, {} inference workers on {device:?}", sources.len(), workers.len());
        Ok(Self { sources, clock, workers, queue: config.pipeline.queue, camera_motion })
    }

    /// Runs to the end of the sequence, to the first error, or until `token` is cancelled. An error on the way is part of
    /// the [`RunSummary`].
    pub fn run(
        self,
        associator: Box<dyn Associator>,
        sinks: Vec<Box<dyn Sink>>,
        token: &CancellationToken,
    ) -> RunSummary {
        let start = std::time::Instant::now();
        let Self { sources, clock, workers, queue, camera_motion } = self;
        let expected = sources.iter().map(FrameSource::expected).max().unwrap_or(0);
        let progress = Progress::new(expected, "frame sets");

        let shared = Shared::new(token, sources.len());
        let sink_times: Vec<_> = sinks.iter().map(|s| (s.name(), StageTimer::default())).collect();

        let (frame_sets, people) = thread::scope(|scope| {
            let mut cameras = Vec::new();
            for (source, counters) in sources.into_iter().zip(&shared.cameras) {
                let (send, receive) = bounded(queue);
                let shared = &shared;
                let estimator = camera_motion.then(CameraMotionEstimator::default);
                scope.spawn(move || {
                    token.guard("a reader", || stages::read(source, estimator, &send, counters, shared));
                });
                cameras.push(receive);
            }
            let (to_infer, infer) = bounded(queue);
            // So many frame sets may be between the clock and the association: where one worker is slow, the others do
            // not run far ahead of it.
            let (under_way, done) = bounded(2 * workers.len() + queue);
            let reading = &shared;
            scope.spawn(move || {
                token.guard("the clock", || {
                    stages::synchronize(clock, cameras, &to_infer, &under_way, reading);
                });
            });

            let (to_associate, associate) = bounded(queue);
            for worker in workers {
                let (infer, to_associate, shared) = (infer.clone(), to_associate.clone(), &shared);
                scope.spawn(move || {
                    token.guard("a network", || inference::infer(worker, &infer, &to_associate, shared));
                });
            }
            // The channels end when their last user does.
            drop((infer, to_associate));

            let mut to_sinks = Vec::new();
            for (sink, (_, time)) in sinks.into_iter().zip(&sink_times) {
                let (send, receive) = bounded(queue);
                scope
                    .spawn(move || token.guard("an output", || stages::deliver(sink, &receive, time, token)));
                to_sinks.push(send);
            }
            token.guard("the association", || {
                stages::associate(associator, (&associate, &done), &to_sinks, &progress, &shared)
            })
        });
        progress.finish();

        let seconds = start.elapsed().as_secs_f64();
        let mut summary = shared.into_summary(seconds, sink_times);
        (summary.frame_sets, summary.people) = (frame_sets, people);
        // A stage that there was not is no stage that took no time.
        summary.stages.retain(|(name, _)| camera_motion || name != "camera_motion");
        summary
    }
}
