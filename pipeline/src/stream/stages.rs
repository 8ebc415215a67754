//! What each thread of a run does. A stage ends when its input does; its output then ends with it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Error};
use crossbeam::channel::{Receiver, SendTimeoutError, Sender};
use mvmhat_association::Associator;
use mvmhat_console::{CancellationToken, Progress};
use mvmhat_detectors::Image;
use mvmhat_scene::{
    CameraId, CameraMotion, Clock, FrameNumber, FrameSet, FrameSets, TrackedBox, ViewDetections,
};

use super::counters::{CameraCounters, Gap, StageTimer};
use super::shared::Shared;
use crate::sinks::Sink;
use crate::source::{CameraMotionEstimator, FrameError, FrameSource};

/// A frame as the reader of its camera passes it on.
pub(super) struct DecodedFrame {
    /// `None` where no network needs images.
    pub(super) image: Option<Image>,
    /// How the image has moved since the camera's frame before, where that is estimated and known.
    pub(super) camera_motion: Option<CameraMotion>,
}

/// What all cameras see at one timestep, on their way back into order.
pub(super) type Numbered = (u64, FrameSet<ViewDetections>);
/// What sinks are given; shared, since each has its own thread.
type Tracked = Arc<FrameSet<Vec<TrackedBox>>>;

/// Reads the images of one camera, and estimates how they move where there is an `estimator`: here the images of
/// a camera are in order.
pub(super) fn read(
    mut source: FrameSource,
    mut estimator: Option<CameraMotionEstimator>,
    send: &Sender<(FrameNumber, DecodedFrame)>,
    counters: &CameraCounters,
    shared: &Shared<'_>,
) {
    loop {
        let start = Instant::now();
        let next = source.next();
        let images = usize::from(matches!(next, Some((_, Ok(_)))));
        shared.decode.add(images, start.elapsed());
        let Some((number, image)) = next else { break };
        if shared.token.is_cancelled() {
            shared.cut_short.store(true, Ordering::Relaxed);
            break;
        }
        match image {
            Ok(image) => {
                counters.count_in();
                let camera_motion = match (&mut estimator, &image) {
                    (Some(estimator), Some(image)) => {
                        let moved = shared.camera_motion.measure(1, || estimator.estimate(image));
                        let error = || format!("the camera's motion cannot be estimated in frame {number}");
                        let moved = moved.with_context(error).inspect(|moved| counters.count_motion(*moved));
                        match moved {
                            Ok(moved) => moved.motion(),
                            Err(error) => return shared.token.fail(error),
                        }
                    }
                    _ => None,
                };
                if send.send((number, DecodedFrame { image, camera_motion })).is_err() {
                    break;
                }
            }
            Err(FrameError::Frame(reason)) => {
                tracing::warn!("{reason}: the camera is absent at this timestep");
                counters.lose(Gap { frame: Some(number), frames: 1, reason });
            }
            Err(error @ FrameError::EndsEarly { lost, .. }) => {
                let mut incomplete =
                    shared.incomplete.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                incomplete.push(error.to_string());
                counters.lose(Gap { frame: Some(number), frames: lost, reason: error.to_string() });
            }
            Err(error @ FrameError::Source(_)) => shared.token.fail(Error::new(error)),
        }
    }
}

/// Brings the images of all cameras together, one frame set per timestep.
pub(super) fn synchronize(
    clock: Clock,
    cameras: Vec<Receiver<(FrameNumber, DecodedFrame)>>,
    send: &Sender<(u64, FrameSet<DecodedFrame>)>,
    under_way: &Sender<()>,
    shared: &Shared<'_>,
) {
    let mut sets = FrameSets::new(clock, cameras.into_iter().map(Receiver::into_iter).collect());
    for (order, set) in sets.by_ref().enumerate() {
        // After a cancellation the cameras end one by one: a timestep that lacks some of them for that reason is not real.
        if shared.token.is_cancelled() {
            shared.cut_short.store(true, Ordering::Relaxed);
            return;
        }
        if !enter(under_way, shared.token) {
            shared.cut_short.store(true, Ordering::Relaxed);
            return;
        }
        if send.send((order as u64, set)).is_err() {
            return;
        }
    }
    for (camera, counters) in shared.cameras.iter().enumerate() {
        let frames = sets.skipped(CameraId(camera as u16));
        if frames > 0 {
            let reason = "the frame falls on the same timestep as the one before it".to_owned();
            counters.leave_out(Gap { frame: None, frames, reason });
        }
    }
}

/// Waits for room between the clock and the association; false when there will be none. A timestep that a worker failed at
/// never reaches the association, which then makes no more room.
fn enter(under_way: &Sender<()>, token: &CancellationToken) -> bool {
    loop {
        match under_way.send_timeout((), Duration::from_millis(100)) {
            Ok(()) => return true,
            Err(SendTimeoutError::Timeout(())) if !token.is_cancelled() => {}
            Err(_) => return false,
        }
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
pub(super) fn deliver(
    mut sink: Box<dyn Sink>,
    receive: &Receiver<Tracked>,
    time: &StageTimer,
    token: &CancellationToken,
) {
    let mut failed = false;
    for set in receive {
        if let Err(error) = time.measure(1, || sink.write(&set)) {
            token.fail(error.context(format!("the {} output cannot be written", sink.name())));
            failed = true;
            break;
        }
    }
    let finished = time.measure(0, || sink.finish());
    // After a failed write the same file usually fails again: the first error says more.
    if let (Err(error), false) = (finished, failed) {
        token.fail(error.context(format!("the {} output cannot be completed", sink.name())));
    }
}

#[cfg(test)]
mod tests {
    use crossbeam::channel::bounded;

    use super::*;

    #[test]
    fn the_clock_does_not_wait_for_what_never_arrives() {
        let (token, (under_way, done)) = (CancellationToken::default(), bounded(1));
        assert!(enter(&under_way, &token));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| enter(&under_way, &token));
            token.cancel();
            assert!(!waiting.join().unwrap(), "nobody makes room any more");
        });
        done.recv().unwrap();
        assert!(enter(&under_way, &token), "what there is room for is taken along");
    }
}
