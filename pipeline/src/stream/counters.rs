//! What went in, what came out and how long each stage took: the numbers of `run.json`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mvmhat_scene::FrameNumber;
use serde::Serialize;

use crate::source::ImageMotion;

/// Working time of one stage, added up over its threads.
#[derive(Debug, Default)]
pub(super) struct StageTimer {
    nanoseconds: AtomicU64,
    frames: AtomicU64,
}

impl StageTimer {
    /// Runs `work` on `frames` frames and adds its duration.
    pub(super) fn measure<T>(&self, frames: usize, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(frames, start.elapsed());
        result
    }

    /// Adds a duration that was measured elsewhere.
    pub(super) fn add(&self, frames: usize, time: Duration) {
        self.nanoseconds.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
        self.frames.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// The sums so far.
    pub(super) fn report(&self) -> StageReport {
        let seconds = self.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9;
        let frames = self.frames.load(Ordering::Relaxed);
        let rate = if seconds > 0.0 { frames as f64 / seconds } else { 0.0 };
        StageReport { seconds, frames, frames_per_second: rate }
    }
}

/// What a stage did in all.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StageReport {
    /// Working seconds, added up over the threads of the stage.
    pub seconds: f64,
    /// Images of single cameras, or frame sets for stages that take all cameras at once.
    pub frames: u64,
    /// Frames per working second.
    pub frames_per_second: f64,
}

/// Frames of a source that reached no output, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// First frame that is missing, as the source numbers it; `null` where only their number is known.
    pub frame: Option<FrameNumber>,
    /// How many frames in a row.
    pub frames: u64,
    /// What was wrong.
    pub reason: String,
}

/// The counters of one camera: `frames_in` = `frames_out` + all gaps.
#[derive(Debug, Default)]
pub(super) struct CameraCounters {
    frames_in: AtomicU64,
    frames_out: AtomicU64,
    gaps: Mutex<Vec<Gap>>,
    motion_known: AtomicU64,
    motion_unknown: AtomicU64,
}

impl CameraCounters {
    /// A frame was read.
    pub(super) fn count_in(&self) {
        self.frames_in.fetch_add(1, Ordering::Relaxed);
    }

    /// A frame was tracked.
    pub(super) fn count_out(&self) {
        self.frames_out.fetch_add(1, Ordering::Relaxed);
    }

    /// Frames that the source should have had, but that gave no image.
    pub(super) fn lose(&self, gap: Gap) {
        self.frames_in.fetch_add(gap.frames, Ordering::Relaxed);
        self.gaps().push(gap);
    }

    /// A frame that was read, and then not used.
    pub(super) fn leave_out(&self, gap: Gap) {
        self.gaps().push(gap);
    }

    /// The motion of an image since the one before was estimated.
    pub(super) fn count_motion(&self, moved: ImageMotion) {
        match moved {
            ImageMotion::First => {}
            ImageMotion::By(_) => _ = self.motion_known.fetch_add(1, Ordering::Relaxed),
            ImageMotion::Unknown => _ = self.motion_unknown.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn gaps(&self) -> std::sync::MutexGuard<'_, Vec<Gap>> {
        self.gaps.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The counts at the end of a run. What was read and is neither out nor accounted for was under way when the
    /// run was cut short; `cut_short` is the reason given for it.
    pub(super) fn report(&self, cut_short: &str) -> CameraReport {
        let (frames_in, frames_out) =
            (self.frames_in.load(Ordering::Relaxed), self.frames_out.load(Ordering::Relaxed));
        let mut gaps = self.gaps().clone();
        let lost: u64 = gaps.iter().map(|g| g.frames).sum();
        let under_way = frames_in.saturating_sub(frames_out + lost);
        let known = self.motion_known.load(Ordering::Relaxed);
        let unknown = self.motion_unknown.load(Ordering::Relaxed);
        gaps.sort_by_key(|g| g.frame);
        CameraReport {
            frames_in,
            frames_out,
            gaps,
            camera_motion: (known + unknown > 0).then_some(MotionReport { known, unknown }),
            discarded: (under_way > 0).then(|| Discarded { frames: under_way, reason: cut_short.to_owned() }),
        }
    }
}

/// The frames of one camera at the end of a run.
#[derive(Clone, Debug, Serialize)]
pub struct CameraReport {
    /// Frames that the source held, within the range asked for.
    pub frames_in: u64,
    /// Frames that were tracked.
    pub frames_out: u64,
    /// The difference, with reasons.
    pub gaps: Vec<Gap>,
    /// Where the motion of the camera was estimated: in how many images it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera_motion: Option<MotionReport>,
    /// Frames that had been read but not yet tracked when the run was cut short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discarded: Option<Discarded>,
}

/// In how many images the motion since the one before was found, and in how many not: there the camera was taken to
/// stand still.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MotionReport {
    /// Images whose motion was found.
    pub known: u64,
    /// Images whose motion was not found.
    pub unknown: u64,
}

/// Frames that a run which was cut short had read and did not track.
#[derive(Clone, Debug, Serialize)]
pub struct Discarded {
    /// How many.
    pub frames: u64,
    /// Why.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_in_are_frames_out_and_gaps() {
        let counters = CameraCounters::default();
        for _ in 0..5 {
            counters.count_in();
        }
        for _ in 0..4 {
            counters.count_out();
        }
        counters.lose(Gap { frame: Some(FrameNumber(6)), frames: 2, reason: "cut off".into() });
        let report = counters.report("interrupted");
        assert_eq!((report.frames_in, report.frames_out), (7, 4));
        assert_eq!(report.gaps.len(), 1);
        assert_eq!(report.discarded.unwrap().frames, 1);
        assert_eq!(report.camera_motion, None, "nothing was estimated");
    }

    #[test]
    fn motions_are_counted_from_the_second_image_on() {
        let counters = CameraCounters::default();
        for moved in [
            ImageMotion::First,
            ImageMotion::By(mvmhat_scene::CameraMotion::STILL),
            ImageMotion::Unknown,
            ImageMotion::Unknown,
        ] {
            counters.count_motion(moved);
        }
        assert_eq!(counters.report("interrupted").camera_motion, Some(MotionReport { known: 1, unknown: 2 }));
    }
}
