//! The images of a recording once more, for the sinks that show them: no image crosses the association.

use mvmhat_detectors::Image;
use mvmhat_scene::{Camera, FrameNumber, FrameRange, Sequence, Source};

use super::mosaic::Size;
use crate::source::FrameReader;

/// After so many images in a row that cannot be decoded a camera counts as one without images.
const PROBED: usize = 100;

/// The images of one camera, asked for by frame number in ascending order.
pub(crate) struct Replay {
    reader: Option<FrameReader>,
    started: bool,
    /// What was read beyond the frame asked for last.
    ahead: Option<(FrameNumber, Option<Image>)>,
}

impl Replay {
    /// Opens the images of a camera. Where that fails the camera is one without images: what cannot be shown
    /// must not end a run that can be tracked.
    pub(crate) fn open(camera: &Camera) -> Self {
        let reader = match camera.source {
            Source::Detections => None,
            _ => FrameReader::open(camera)
                .inspect_err(|e| tracing::warn!("camera {} is shown without images: {e}", camera.name))
                .ok(),
        };
        Self { reader, started: false, ahead: None }
    }

    /// The image of a frame, `None` where there is none that can be read. Frames before it are passed over and
    /// cannot be asked for any more.
    pub(crate) fn image(&mut self, number: FrameNumber) -> Option<Image> {
        if !self.started {
            // Frames before the first one wanted are passed over more cheaply by the reader itself.
            self.reader = self
                .reader
                .take()
                .map(|reader| reader.in_range(FrameRange { first: number, ..FrameRange::default() }));
            self.started = true;
        }
        loop {
            let (read, image) = match self.ahead.take() {
                Some(ahead) => ahead,
                None => self.reader.as_mut()?.next().map(|(read, image)| (read, image.ok()))?,
            };
            if read == number {
                return image;
            }
            if read > number {
                self.ahead = Some((read, image));
                return None;
            }
        }
    }
}

/// The size of a camera's images, turned upright: that of the first one that can be read.
pub(crate) fn image_size(camera: &Camera) -> Option<Size> {
    if matches!(camera.source, Source::Detections) {
        return None;
    }
    let mut images = FrameReader::open(camera).ok()?.take(PROBED).filter_map(|(_, image)| image.ok());
    let image = images.next()?;
    Some(Size { width: image.width().try_into().ok()?, height: image.height().try_into().ok()? })
}

/// Timesteps per second of a recording: its clock ticks at the rate of the fastest camera.
pub(crate) fn rate(sequence: &Sequence) -> Option<f64> {
    let rate =
        |camera: &Camera| camera.fps.or_else(|| FrameReader::open(camera).ok().map(|reader| reader.fps()));
    sequence.cameras.iter().filter_map(rate).reduce(f64::max)
}
