//! How cached images are compressed.

use anyhow::Result;
use mvmhat_detectors::Image;
use opencv::core::{Mat, Vector};
use opencv::imgcodecs::{IMREAD_COLOR, IMWRITE_JPEG_QUALITY, imdecode, imencode};

/// What JPEG loses at this quality is far below the noise of a camera.
const QUALITY: i32 = 95;

/// The bytes of an image: blue, green, red.
///
/// # Errors
/// If OpenCV cannot encode it.
pub(crate) fn encode(image: &Mat) -> Result<Vector<u8>> {
    let mut bytes = Vector::<u8>::new();
    imencode(".jpg", image, &mut bytes, &Vector::from_slice(&[IMWRITE_JPEG_QUALITY, QUALITY]))?;
    Ok(bytes)
}

/// The image of these bytes: blue, green, red.
///
/// # Errors
/// If OpenCV cannot decode them.
pub(crate) fn decode(bytes: &[u8]) -> Result<Image> {
    Ok(Image::new(imdecode(&Mat::from_slice(bytes)?, IMREAD_COLOR)?)?)
}
