//! Newtypes, so that a camera is never taken for a person nor a timestep for a file's frame number.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A camera of a recording: its place in [`FrameSet::views`](crate::FrameSet::views) and in the list of cameras.
    CameraId(u16)
}

impl CameraId {
    /// The index of this camera in any list that has one entry per camera.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

number! {
    /// A timestep on the common clock of a recording, counted from 0: the [`Clock`](crate::Clock)'s origin.
    FrameIndex(u64)
}

number! {
    /// What the source itself calls a frame: the number in an image's name, else counted from 1.
    FrameNumber(u32)
}

number! {
    /// One person, everywhere: in all views and for the whole recording. Counted from 1.
    PersonId(u32)
}
