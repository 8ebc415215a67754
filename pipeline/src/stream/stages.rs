//! What each thread of a run does. A stage ends when its input does; its output then ends with it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Error};
use mvmhat_association::Associator;
use crossbeam::channel::{Receiver, SendTimeoutError, Sender};
use mvmhat_detectors::{Detector, Embedder, Frame, Image};
use mvmhat_scene::{CameraId, CameraMotion, Clock, Detection, FrameNumber, FrameSet, FrameSets, ViewDetections, TrackedBox};

use super::tally::{CameraTally, Gap, StageTime};
use super::{Shared, Stop};
use crate::progress::Progress;
use crate::sinks::Sink;
use crate::source::{FrameSource, MotionFinder, ReadError};
use crate::threads;

/// What the reader of a camera gives of a frame.
pub(super) struct Shot {
    /// `None` where nobody needs images.
    image: Option<Image>,
    /// How the image has moved since the camera's frame before, where that is looked for and known.
    camera_motion: Option<CameraMotion>,
}

/// What all cameras see at one timestep, on their way back into order.
type Numbered = (u64, FrameSet<ViewDetections>);
/// What sinks are given; shared, since each has its own thread.
type Tracked = Arc<FrameSet<Vec<TrackedBox>>>;

/// One pair of networks. Every inference thread has its own.
pub(crate) struct Worker {
    pub(crate) detector: Box<dyn Detector>,
    pub(crate) embedder: Box<dyn Embedder>,
    /// Threads that libtorch may use inside one operation.
    pub(crate) threads: usize,
}

impl Worker {
    /// Whether anyone looks at images at all.
    pub(crate) fn needs_images(&self) -> bool {
        self.detector.needs_images() || self.embedder.needs_images()
    }
}

/// Reads the images of one camera, and looks how they move where there is a `finder`. That is done here because here
/// the images of a camera are in order.
pub(super) fn read(
    mut source: FrameSource,
    mut finder: Option<MotionFinder>,
    send: &Sender<(FrameNumber, Shot)>,
    tally: &CameraTally,
    shared: &Shared<'_>,
) {
    loop {
        let start = Instant::now();
        let next = source.next();
        let images = usize::from(matches!(next, Some((_, Ok(_)))));
        shared.decode.add(images, start.elapsed());
        let Some((number, image)) = next else { break };
        if shared.stop.is_requested() {
            shared.cut_short.store(true, Ordering::Relaxed);
            break;
        }
        match image {
            Ok(image) => {
                tally.count_in();
                let camera_motion = match (&mut finder, &image) {
                    (Some(finder), Some(image)) => {
                        let moved = shared.camera_motion.measure(1, || finder.look(image));
                        let error = || format!("the camera's motion cannot be looked for in frame {number}");
                        let moved = moved.with_context(error).inspect(|moved| tally.count_motion(*moved));
                        match moved {
                            Ok(moved) => moved.motion(),
                            Err(error) => return shared.stop.fail(error),
                        }
                    }
                    _ => None,
                };
                if send.send((number, Shot { image, camera_motion })).is_err() {
                    break;
                }
            }
            Err(ReadError::Frame(reason)) => {
                tracing::warn!("{reason}: the camera is absent at this timestep");
                tally.lose(Gap { frame: Some(number), frames: 1, reason });
            }
            Err(error @ ReadError::EndsEarly { lost, .. }) => {
                let mut incomplete =
                    shared.incomplete.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                incomplete.push(error.to_string());
                tally.lose(Gap { frame: Some(number), frames: lost, reason: error.to_string() });
            }
            Err(error @ ReadError::Source(_)) => shared.stop.fail(Error::new(error)),
        }
    }
}

/// Brings the images of all cameras together, one frame set a timestep.
pub(super) fn synchronize(
    clock: Clock,
    cameras: Vec<Receiver<(FrameNumber, Shot)>>,
    send: &Sender<(u64, FrameSet<Shot>)>,
    under_way: &Sender<()>,
    shared: &Shared<'_>,
) {
    let mut sets = FrameSets::new(clock, cameras.into_iter().map(Receiver::into_iter).collect());
    for (order, set) in sets.by_ref().enumerate() {
        // After a stop the cameras end one by one: a timestep that lacks some of them for that reason is not real.
        if shared.stop.is_requested() {
            shared.cut_short.store(true, Ordering::Relaxed);
            return;
        }
        if !enter(under_way, shared.stop) {
            shared.cut_short.store(true, Ordering::Relaxed);
            return;
        }
        if send.send((order as u64, set)).is_err() {
            return;
        }
    }
    for (camera, tally) in shared.cameras.iter().enumerate() {
        let frames = sets.skipped(CameraId(camera as u16));
        if frames > 0 {
            let reason = "the frame falls on the same timestep as the one before it".to_owned();
            tally.leave_out(Gap { frame: None, frames, reason });
        }
    }
}

/// Waits for room between the clock and the association; false when there will be none. A timestep that a worker failed at
/// never reaches the association, which then makes no more room.
fn enter(under_way: &Sender<()>, stop: &Stop) -> bool {
    loop {
        match under_way.send_timeout((), Duration::from_millis(100)) {
            Ok(()) => return true,
            Err(SendTimeoutError::Timeout(())) if !stop.is_requested() => {}
            Err(_) => return false,
        }
    }
}

/// Detects and describes people, all cameras of a timestep in one batch.
pub(super) fn infer(
    mut worker: Worker,
    receive: &Receiver<(u64, FrameSet<Shot>)>,
    send: &Sender<Numbered>,
    shared: &Shared<'_>,
) {
    threads::of_libtorch(worker.threads);
    for (order, set) in receive {
        let (index, seconds, cameras) = (set.index, set.seconds, set.views.len());
        let (mut frames, mut motions) = (Vec::with_capacity(cameras), Vec::with_capacity(cameras));
        for (camera, view) in set.views.into_iter().enumerate() {
            if let Some(view) = view {
                frames.push(Frame {
                    camera: CameraId(camera as u16),
                    number: view.number,
                    image: view.content.image,
                });
                motions.push(view.content.camera_motion);
            }
        }
        match worker.run(&frames, shared) {
            Ok(detections) => {
                let mut views = vec![None; cameras];
                for ((frame, camera_motion), detections) in frames.iter().zip(motions).zip(detections) {
                    let content = ViewDetections { detections, camera_motion };
                    views[frame.camera.index()] = Some(mvmhat_scene::ViewFrame { number: frame.number, content });
                }
                if send.send((order, FrameSet { index, seconds, views })).is_err() {
                    return;
                }
            }
            Err(error) => {
                shared.stop.fail(error.context(format!("at {seconds:.2} s of the recording")));
                return;
            }
        }
    }
}

impl Worker {
    fn run(&mut self, frames: &[Frame], shared: &Shared<'_>) -> anyhow::Result<Vec<Vec<Detection>>> {
        let forward = |worker: &Self| worker.detector.forward_time() + worker.embedder.forward_time();
        let before = forward(self);
        let detect = || self.detector.detect(frames);
        let mut detections = shared.detect.measure(frames.len(), detect).context("the detector failed")?;
        let embed = || self.embedder.embed(frames, &mut detections);
        shared.embed.measure(frames.len(), embed).context("the embedder failed")?;
        shared.forward.add(frames.len(), forward(self) - before);
        Ok(detections)
    }
}

/// Gives identities, in order. Returns how many timesteps were given to the sinks, and how many identities.
pub(super) fn associate(
    mut associator: Box<dyn Associator>,
    (receive, done): (&Receiver<Numbered>, &Receiver<()>),
    sinks: &[Sender<Tracked>],
    progress: &Progress,
    shared: &Shared<'_>,
) -> (u64, usize) {
    let mut waiting = BTreeMap::new();
    let (mut next, mut finished, mut people) = (0, 0, HashSet::new());
    let mut hand_on = |decided: Vec<FrameSet<Vec<TrackedBox>>>| {
        for set in decided {
            for (camera, view) in set.present() {
                shared.cameras[camera.index()].count_out();
                people.extend(view.content.iter().map(|tracked| tracked.person));
            }
            finished += 1;
            progress.advance();
            let set = Arc::new(set);
            for sink in sinks {
                // A sink that has gone has said why; the others still get what is finished.
                let _ = sink.send(Arc::clone(&set));
            }
        }
    };
    for (order, set) in receive {
        waiting.insert(order, set);
        while let Some(set) = waiting.remove(&next) {
            next += 1;
            let _ = done.try_recv();
            hand_on(shared.associate.measure(1, || associator.associate(set)));
        }
    }
    hand_on(shared.associate.measure(0, || associator.finish()));
    (finished, people.len())
}

/// Feeds one sink, and lets it complete its files however the run ends.
pub(super) fn deliver(mut sink: Box<dyn Sink>, receive: &Receiver<Tracked>, time: &StageTime, stop: &Stop) {
    let mut failed = false;
    for set in receive {
        if let Err(error) = time.measure(1, || sink.write(&set)) {
            stop.fail(error.context(format!("the {} output cannot be written", sink.name())));
            failed = true;
            break;
        }
    }
    let finished = time.measure(0, || sink.finish());
    // After a failed write the same file usually fails again: the first error says more.
    if let (Err(error), false) = (finished, failed) {
        stop.fail(error.context(format!("the {} output cannot be completed", sink.name())));
    }
}

#[cfg(test)]
mod tests {
    use crossbeam::channel::bounded;

    use super::*;

    #[test]
    fn the_clock_does_not_wait_for_what_never_arrives() {
        let (stop, (under_way, done)) = (Stop::default(), bounded(1));
        assert!(enter(&under_way, &stop));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| enter(&under_way, &stop));
            stop.request();
            assert!(!waiting.join().unwrap(), "nobody makes room any more");
        });
        done.recv().unwrap();
        assert!(enter(&under_way, &stop), "what there is room for is taken along");
    }
}
