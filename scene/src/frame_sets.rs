//! The streams of all cameras merged into one stream of timesteps.

use crate::{CameraId, Clock, FrameIndex, FrameNumber, FrameSet, ViewFrame};

/// Merges one in-order stream of frames a camera into [`FrameSet`]s, timestep by timestep.
///
/// Of every camera at most one frame is held at a time. Only timesteps at which some camera has a frame come out, in
/// order; a camera without a frame at a timestep is absent there. Every frame that goes in comes out, with one
/// exception: a frame that does not come after its predecessor on the clock (a number twice, or out of order) is left
/// out and counted, see [`skipped`](Self::skipped).
///
/// ```
/// use mvmhat_scene::{Clock, FrameNumber, FrameSets, Timeline};
///
/// let clock = Clock::new(vec![Timeline { fps: 25.0, start: 0.0 }; 2])?;
/// let frames = |numbers: Vec<u32>| numbers.into_iter().map(|n| (FrameNumber(n), ()));
/// let mut sets = FrameSets::new(clock, vec![frames(vec![1, 3]), frames(vec![1, 2, 3])]);
/// let present: Vec<usize> = sets.by_ref().map(|set| set.present().count()).collect();
/// assert_eq!(present, [2, 1, 2]);
/// # Ok::<(), mvmhat_scene::ClockError>(())
/// ```
pub struct FrameSets<I: Iterator> {
    clock: Clock,
    streams: Vec<Stream<I>>,
}

struct Stream<I: Iterator> {
    frames: std::iter::Fuse<I>,
    head: Option<(FrameIndex, I::Item)>,
    last: Option<FrameIndex>,
    skipped: u64,
}

impl<I, T> FrameSets<I>
where
    I: Iterator<Item = (FrameNumber, T)>,
{
    /// The streams of all cameras in the order of [`CameraId`], as `clock` has them. Nothing is pulled before the
    /// first timestep is asked for.
    pub fn new(clock: Clock, streams: Vec<I>) -> Self {
        let stream = |frames: I| Stream { frames: frames.fuse(), head: None, last: None, skipped: 0 };
        Self { clock, streams: streams.into_iter().map(stream).collect() }
    }

    /// How many frames of `camera` were left out so far because they did not come after their predecessor.
    pub fn skipped(&self, camera: CameraId) -> u64 {
        self.streams.get(camera.index()).map_or(0, |s| s.skipped)
    }

    /// The clock the streams meet on.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

impl<I, T> Stream<I>
where
    I: Iterator<Item = (FrameNumber, T)>,
{
    /// The timestep of the next frame of this camera, pulled from its stream where it is not known yet.
    fn peek(&mut self, clock: &Clock, camera: CameraId) -> Option<FrameIndex> {
        while self.head.is_none() {
            let frame = self.frames.next()?;
            let index = clock.index(camera, frame.0);
            if self.last.is_some_and(|last| index <= last) {
                self.skipped += 1;
            } else {
                self.last = Some(index);
                self.head = Some((index, frame));
            }
        }
        self.head.as_ref().map(|(index, _)| *index)
    }
}

impl<I, T> Iterator for FrameSets<I>
where
    I: Iterator<Item = (FrameNumber, T)>,
{
    type Item = FrameSet<T>;

    fn next(&mut self) -> Option<FrameSet<T>> {
        let clock = &self.clock;
        let heads = self.streams.iter_mut().enumerate();
        let index = heads.filter_map(|(c, stream)| stream.peek(clock, CameraId(c as u16))).min()?;
        let view = |stream: &mut Stream<I>| {
            let (_, (number, content)) = stream.head.take_if(|(at, _)| *at == index)?;
            Some(ViewFrame { number, content })
        };
        let views = self.streams.iter_mut().map(view).collect();
        Some(FrameSet { index, seconds: clock.seconds(index), views })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Timeline;

    type Frames = std::vec::IntoIter<(FrameNumber, u32)>;

    /// One camera a list of numbers, the content of a frame being its number.
    fn merge(cameras: &[(f64, f64, Vec<u32>)]) -> FrameSets<Frames> {
        let clock = cameras.iter().map(|&(fps, start, _)| Timeline { fps, start }).collect();
        let stream =
            |numbers: &Vec<u32>| numbers.iter().map(|&n| (FrameNumber(n), n)).collect::<Vec<_>>().into_iter();
        FrameSets::new(Clock::new(clock).unwrap(), cameras.iter().map(|(_, _, n)| stream(n)).collect())
    }

    fn numbers(set: &FrameSet<u32>) -> Vec<Option<u32>> {
        set.views.iter().map(|v| v.as_ref().map(|v| v.content)).collect()
    }

    #[test]
    fn gaps_and_unequal_lengths() {
        let mut sets = merge(&[(25.0, 0.0, vec![1, 2, 5]), (25.0, 0.0, vec![2, 3])]);
        let seen: Vec<_> = sets.by_ref().map(|s| (s.index.0, numbers(&s))).collect();
        let expected = [
            (1, vec![Some(1), None]),
            (2, vec![Some(2), Some(2)]),
            (3, vec![None, Some(3)]),
            (5, vec![Some(5), None]),
        ];
        assert_eq!(seen, expected);
        assert!(sets.next().is_none(), "it stays over");
    }

    #[test]
    fn frames_that_go_back_are_counted_not_lost() {
        let mut sets = merge(&[(25.0, 0.0, vec![4, 4, 5, 2, 6]), (25.0, 0.0, vec![4])]);
        assert_eq!(sets.by_ref().count(), 3);
        assert_eq!((sets.skipped(CameraId(0)), sets.skipped(CameraId(1))), (2, 0));
    }

    #[test]
    fn no_stream_is_pulled_ahead() {
        let pulled = std::cell::Cell::new(0);
        let stream = (1..100).map(|n| {
            pulled.set(pulled.get() + 1);
            (FrameNumber(n), ())
        });
        let clock = Clock::new(vec![Timeline { fps: 25.0, start: 0.0 }]).unwrap();
        let mut sets = FrameSets::new(clock, vec![stream]);
        assert_eq!(pulled.get(), 0);
        sets.next();
        assert_eq!(pulled.get(), 1);
    }

    proptest! {
        #[test]
        fn frames_in_are_frames_out_and_counted(
            cameras in prop::collection::vec(
                (1.0..100.0_f64, -3.0..3.0_f64, prop::collection::vec(0..200_u32, 0..60)), 1..5),
        ) {
            let mut sets = merge(&cameras);
            let mut out = vec![0; cameras.len()];
            let mut last = None;
            while let Some(set) = sets.next() {
                prop_assert!(last < Some(set.index), "timesteps come in order");
                last = Some(set.index);
                prop_assert!(set.present().count() > 0);
                for (camera, view) in set.present() {
                    prop_assert_eq!(sets.clock().index(camera, view.number), set.index);
                    out[camera.index()] += 1;
                }
            }
            for (c, (_, _, numbers)) in cameras.iter().enumerate() {
                let counted = sets.skipped(CameraId(c as u16));
                prop_assert_eq!(out[c] + counted, numbers.len() as u64);
            }
        }
    }
}
