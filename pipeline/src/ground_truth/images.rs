//! The images of labelled frames.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use mvmhat_detectors::Image;
use mvmhat_scene::{Camera, FrameNumber};

use crate::source::FrameReader;

/// The images of chosen frames of a camera, asked for in ascending order. Only these are decoded.
pub struct LabelledImages {
    reader: Option<FrameReader>,
    required: bool,
}

impl LabelledImages {
    /// Opens a camera whose every frame of `numbers` must have an image.
    ///
    /// # Errors
    /// A camera without images, or one that cannot be read.
    pub fn required(camera: &Camera, numbers: BTreeSet<FrameNumber>) -> Result<Self> {
        Ok(Self { reader: Some(FrameReader::open(camera)?.only(numbers)), required: true })
    }

    /// Opens a camera whose images are extras: where one is missing there are no more.
    pub fn optional(camera: &Camera, numbers: BTreeSet<FrameNumber>) -> Self {
        Self { reader: FrameReader::open(camera).ok().map(|reader| reader.only(numbers)), required: false }
    }

    /// No images at all, where nobody needs them.
    pub fn none() -> Self {
        Self { reader: None, required: false }
    }

    /// The image of the next of the chosen frames, which is `number`.
    ///
    /// # Errors
    /// A required image that is not there, and one that cannot be read.
    pub fn image(&mut self, number: FrameNumber) -> Result<Option<Image>> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        match reader.next() {
            Some((read, image)) if read == number => Ok(Some(image?)),
            _ if self.required => {
                bail!("there is ground truth of frame {number}, but no image; leave it out with --frames")
            }
            _ => {
                self.reader = None;
                Ok(None)
            }
        }
    }
}
