//! The pictures of a recording once more, for the sinks that show them: no picture crosses the association.

use detectors::Picture;
use scene::{Camera, FrameNumber, Recording, Source};

use super::mosaic::Size;
use crate::source::Reader;

/// After so many pictures in a row that cannot be decoded a camera counts as one without pictures.
const PROBED: usize = 100;

/// The pictures of one camera, asked for by frame number in ascending order.
pub(crate) struct Footage {
    reader: Option<Reader>,
    started: bool,
    /// What was read beyond the frame asked for last.
    ahead: Option<(FrameNumber, Option<Picture>)>,
}

impl Footage {
    /// Opens the pictures of a camera. Where that fails the camera is one without pictures: what cannot be shown
    /// must not end a run that can be tracked.
    pub(crate) fn open(camera: &Camera) -> Self {
        let reader = match camera.source {
            Source::Detections => None,
            _ => Reader::open(camera)
                .inspect_err(|e| tracing::warn!("camera {} is shown without pictures: {e}", camera.name))
                .ok(),
        };
        Self { reader, started: false, ahead: None }
    }

    /// The picture of a frame, `None` where there is none that can be read. Frames before it are passed over and
    /// cannot be asked for any more.
    pub(crate) fn picture(&mut self, number: FrameNumber) -> Option<Picture> {
        if !self.started {
            // Frames before the first one wanted are passed over more cheaply by the reader itself.
            self.reader = self.reader.take().map(|reader| reader.between(number, FrameNumber(u32::MAX)));
            self.started = true;
        }
        loop {
            let (read, picture) = match self.ahead.take() {
                Some(ahead) => ahead,
                None => self.reader.as_mut()?.next().map(|(read, picture)| (read, picture.ok()))?,
            };
            if read == number {
                return picture;
            }
            if read > number {
                self.ahead = Some((read, picture));
                return None;
            }
        }
    }
}

/// The size of a camera's pictures, turned upright: that of the first one that can be read.
pub(crate) fn picture_size(camera: &Camera) -> Option<Size> {
    if matches!(camera.source, Source::Detections) {
        return None;
    }
    let mut pictures = Reader::open(camera).ok()?.take(PROBED).filter_map(|(_, picture)| picture.ok());
    let picture = pictures.next()?;
    Some(Size { width: picture.width().try_into().ok()?, height: picture.height().try_into().ok()? })
}

/// Instants per second of a recording: its clock ticks at the rate of the fastest camera.
pub(crate) fn rate(recording: &Recording) -> Option<f64> {
    let rate = |camera: &Camera| camera.fps.or_else(|| Reader::open(camera).ok().map(|reader| reader.fps()));
    recording.cameras.iter().filter_map(rate).reduce(f64::max)
}
