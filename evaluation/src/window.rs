//! The frames that are scored.

use mvmhat_scene::FrameNumber;

/// The frames that are scored, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first frame.
    pub first: FrameNumber,
    /// The last frame.
    pub last: FrameNumber,
}

impl Window {
    /// The frames from `first` to `last`, both included.
    pub const fn new(first: u32, last: u32) -> Self {
        Self { first: FrameNumber(first), last: FrameNumber(last) }
    }

    /// How many frames there are.
    pub fn frames(&self) -> u64 {
        (u64::from(self.last.0) + 1).saturating_sub(u64::from(self.first.0))
    }

    pub(crate) fn contains(&self, frame: FrameNumber) -> bool {
        (self.first..=self.last).contains(&frame)
    }
}
