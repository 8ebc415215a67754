//! The common clock of cameras with different rates and starts.

use thiserror::Error;

use crate::{CameraId, FrameIndex, FrameNumber};

/// When the frames of one camera were filmed: frame `n` at `start + n / fps`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    /// Frames per second.
    pub fps: f64,
    /// The timestep of frame number 0, in seconds; any origin will do if it is the same for all cameras.
    pub start: f64,
}

/// Why there is no clock for these cameras.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ClockError {
    /// No camera, no clock.
    #[error("a clock needs at least one camera")]
    NoCamera,
    /// A rate that is no rate.
    #[error("camera {camera} has {fps} frames per second: the rate must lie between {MIN_FPS} and {MAX_FPS}")]
    Rate {
        /// Place of the camera in the list.
        camera: usize,
        /// What it was given as frames per second.
        fps: f64,
    },
    /// A start that is no time.
    #[error("camera {camera} starts at {start} seconds: the start must be within {MAX_START} seconds of 0")]
    Start {
        /// Place of the camera in the list.
        camera: usize,
        /// What it was given as its start.
        start: f64,
    },
}

/// One frame in a quarter of an hour: time lapses are not tracked.
const MIN_FPS: f64 = 1e-3;
/// Ten times the rate of the fastest cameras of this field.
const MAX_FPS: f64 = 1e4;
/// Three hundred years: seconds since 1970 are a fine origin, and an index stays exact in `f64`.
const MAX_START: f64 = 1e10;

/// Part of a tick that rounding may cost: frames half a tick away from two timesteps all go to the later one.
const ROUNDING: f64 = 1e-6;

/// The clock on which all cameras of a recording meet.
///
/// It ticks at the rate of the fastest camera, from the earliest frame number 0 on. A frame belongs to the tick that
/// is nearest to it, never more than half a period away, so that two frames of one camera never share a tick. Where
/// all cameras share rate and start, the index of a timestep is the number of its frames.
///
/// ```
/// use mvmhat_scene::{CameraId, Clock, FrameIndex, FrameNumber, Timeline};
///
/// let fast = Timeline { fps: 50.0, start: 0.0 };
/// let slow = Timeline { fps: 25.0, start: 0.1 };
/// let clock = Clock::new(vec![fast, slow])?;
/// assert_eq!(clock.index(CameraId(0), FrameNumber(7)), FrameIndex(7));
/// assert_eq!(clock.index(CameraId(1), FrameNumber(1)), FrameIndex(7)); // 0.1 s + 1/25 s
/// # Ok::<(), mvmhat_scene::ClockError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    fps: f64,
    origin: f64,
    cameras: Vec<Ticks>,
}

/// Frame `n` of a camera lies `offset + n * step` ticks after the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ticks {
    offset: f64,
    step: f64,
}

impl Clock {
    /// The clock of `cameras`, one timeline each, in the order of [`CameraId`].
    ///
    /// # Errors
    /// Where there is no camera, or a rate or a start is not a sensible number.
    pub fn new(cameras: Vec<Timeline>) -> Result<Self, ClockError> {
        for (camera, &Timeline { fps, start }) in cameras.iter().enumerate() {
            if !(MIN_FPS..=MAX_FPS).contains(&fps) {
                return Err(ClockError::Rate { camera, fps });
            }
            if !(-MAX_START..=MAX_START).contains(&start) {
                return Err(ClockError::Start { camera, start });
            }
        }
        let fps = cameras.iter().map(|c| c.fps).reduce(f64::max).ok_or(ClockError::NoCamera)?;
        let origin = cameras.iter().map(|c| c.start).fold(f64::INFINITY, f64::min);
        let ticks = |c: Timeline| Ticks { offset: (c.start - origin) * fps, step: fps / c.fps };
        Ok(Self { fps, origin, cameras: cameras.into_iter().map(ticks).collect() })
    }

    /// Ticks per second: the rate of the fastest camera.
    pub fn fps(&self) -> f64 {
        self.fps
    }

    /// How many cameras meet on this clock.
    pub fn cameras(&self) -> usize {
        self.cameras.len()
    }

    /// The timestep a frame belongs to. A camera this clock does not know is taken to be in step with it.
    pub fn index(&self, camera: CameraId, number: FrameNumber) -> FrameIndex {
        let ticks = self.cameras.get(camera.index()).copied().unwrap_or(Ticks { offset: 0.0, step: 1.0 });
        let position = ticks.offset + f64::from(number.0) * ticks.step;
        FrameIndex((position + 0.5 + ROUNDING).floor() as u64)
    }

    /// The time of a timestep in seconds, counted as the starts of the cameras are.
    pub fn seconds(&self, index: FrameIndex) -> f64 {
        self.origin + index.0 as f64 / self.fps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clock(cameras: &[(f64, f64)]) -> Clock {
        Clock::new(cameras.iter().map(|&(fps, start)| Timeline { fps, start }).collect()).unwrap()
    }

    #[test]
    fn cameras_in_step_keep_their_numbers() {
        let clock = clock(&[(29.97, 3.5), (29.97, 3.5)]);
        for n in [0, 1, 881, 107_892, u32::MAX] {
            assert_eq!(clock.index(CameraId(1), FrameNumber(n)), FrameIndex(u64::from(n)));
        }
        assert!((clock.seconds(FrameIndex(2997)) - 103.5).abs() < 1e-9);
    }

    #[test]
    fn a_slow_camera_meets_every_other_tick() {
        let clock = clock(&[(25.0, 0.0), (50.0, 0.0)]);
        assert_eq!(clock.fps(), 50.0);
        let slow: Vec<_> = (0..4).map(|n| clock.index(CameraId(0), FrameNumber(n)).0).collect();
        assert_eq!(slow, [0, 2, 4, 6]);
    }

    #[test]
    fn a_late_camera_is_moved_to_the_nearest_tick() {
        // 0.07 s are 1.75 ticks of 25 fps: the second one is nearest.
        let clock = clock(&[(25.0, 10.0), (25.0, 10.07)]);
        assert_eq!(clock.index(CameraId(1), FrameNumber(5)), FrameIndex(7));
        assert_eq!(clock.seconds(FrameIndex(0)), 10.0);
    }

    #[test]
    fn frames_halfway_between_ticks_all_go_the_same_way() {
        let clock = clock(&[(30.0, 0.0), (30.0, 0.5 / 30.0)]);
        for n in 0..10_000 {
            assert_eq!(clock.index(CameraId(1), FrameNumber(n)), FrameIndex(u64::from(n) + 1));
        }
    }

    #[test]
    fn what_is_no_timeline_is_refused() {
        let error = |fps, start| Clock::new(vec![Timeline { fps, start }]).unwrap_err().to_string();
        assert_eq!(Clock::new(vec![]), Err(ClockError::NoCamera));
        for fps in [0.0, -25.0, f64::NAN, f64::INFINITY, 1e9] {
            assert!(error(fps, 0.0).contains("frames per second"), "{fps}");
        }
        assert!(error(25.0, f64::NAN).contains("camera 0 starts at NaN"));
    }

    proptest! {
        #[test]
        fn a_frame_is_within_half_a_period_of_its_tick_and_alone_there(
            timelines in prop::collection::vec((1.0..120.0_f64, -50.0..50.0_f64), 1..5),
            number in 0..1_000_000_u32,
        ) {
            let clock = clock(&timelines);
            for (c, &(fps, start)) in timelines.iter().enumerate() {
                let camera = CameraId(c as u16);
                let index = clock.index(camera, FrameNumber(number));
                let filmed = start + f64::from(number) / fps;
                let ticks_away = (clock.seconds(index) - filmed).abs() * clock.fps();
                prop_assert!(ticks_away <= 0.5 + 1e-5, "{ticks_away}");
                prop_assert!(clock.index(camera, FrameNumber(number + 1)) > index);
            }
        }
    }
}
