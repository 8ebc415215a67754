//! Decoded images and frames.

use mvmhat_scene::{CameraId, FrameNumber};
use opencv::core::{CV_8UC3, Mat};
use opencv::prelude::*;

use crate::Error;

/// One decoded image: blue, green, red, 8 bits each.
#[derive(Debug)]
pub struct Image(Mat);

impl Image {
    /// Wraps an image of OpenCV's.
    ///
    /// # Errors
    /// If it is empty or not of three channels of 8 bits.
    pub fn new(mat: Mat) -> Result<Self, Error> {
        if mat.typ() != CV_8UC3 || mat.rows() < 1 || mat.cols() < 1 {
            let found = format!(
                "{} x {} pixels, {} channels, depth {}",
                mat.cols(),
                mat.rows(),
                mat.channels(),
                mat.elem_size1() * 8
            );
            return Err(Error::Image { found });
        }
        Ok(Self(mat))
    }

    /// Width in pixels.
    pub fn width(&self) -> i32 {
        self.0.cols()
    }

    /// Height in pixels.
    pub fn height(&self) -> i32 {
        self.0.rows()
    }

    /// The pixels.
    pub fn mat(&self) -> &Mat {
        &self.0
    }
}

/// One frame of one camera.
#[derive(Debug)]
pub struct Frame {
    /// The camera.
    pub camera: CameraId,
    /// Its number in the source.
    pub number: FrameNumber,
    /// The image; `None` where neither detector nor embedder needs images.
    pub image: Option<Image>,
}

impl Frame {
    /// The image of a frame, for a network that needs one.
    pub(crate) fn needed_image(&self) -> Result<&Image, Error> {
        self.image.as_ref().ok_or(Error::NoImage { camera: self.camera, number: self.number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC1, Scalar};

    #[test]
    fn only_color_images_of_8_bits() {
        let mat = |rows, kind| Mat::new_rows_cols_with_default(rows, 4, kind, Scalar::all(0.0)).unwrap();
        let image = Image::new(mat(3, CV_8UC3)).unwrap();
        assert_eq!((image.width(), image.height()), (4, 3));
        assert!(Image::new(mat(3, CV_8UC1)).unwrap_err().to_string().contains("1 channels"));
        assert!(Image::new(Mat::default()).is_err());
    }
}
