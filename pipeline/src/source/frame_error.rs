//! What can be wrong with a frame or with the source it comes from.

/// Why there is no image.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FrameError {
    /// This one frame cannot be read; the camera is absent at that timestep and goes on afterwards.
    #[error("{0}")]
    Frame(String),
    /// A video that announces more frames than it holds: all that it holds has been read.
    #[error(
        "{path}: the video ends after frame {read} of the {announced} it announces; is the file complete?"
    )]
    EndsEarly {
        /// The file.
        path: String,
        /// Frames that could be read.
        read: u64,
        /// Frames that the file's header announces.
        announced: u64,
        /// How many of those that were asked for are missing.
        lost: u64,
    },
    /// The camera cannot go on.
    #[error("{0}")]
    Source(String),
}
