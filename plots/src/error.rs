//! Why a figure cannot be drawn or written.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use plotters::drawing::DrawingAreaErrorKind;

/// Why a figure cannot be drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The font that is part of the program cannot be read.
    #[error("the built-in font cannot be read")]
    Font,
    /// The drawing library refuses.
    #[error("cannot draw the figure: {0}")]
    Drawing(String),
    /// The pixels cannot be encoded as PNG.
    #[error("cannot encode the figure as PNG")]
    Png(#[from] png::EncodingError),
    /// The system refuses to write.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl<E: Error + Send + Sync> From<DrawingAreaErrorKind<E>> for PlotError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing(error.to_string())
    }
}
