//! Down-up sampling: an image with the detail of a smaller one, as of somebody far away or a cheap camera.

use opencv::core::{Mat, Size};
use opencv::imgproc::{INTER_AREA, INTER_LINEAR, resize};
use opencv::prelude::*;

/// The image made `factor` times smaller and as large as before again.
///
/// # Errors
/// If OpenCV cannot resize it.
pub(crate) fn down_up_sampled(image: &Mat, factor: f64) -> opencv::Result<Mat> {
    let size = image.size()?;
    let shrunk = |side: i32| ((f64::from(side) / factor).round() as i32).max(1);
    let (mut small, mut restored) = (Mat::default(), Mat::default());
    resize(image, &mut small, Size::new(shrunk(size.width), shrunk(size.height)), 0.0, 0.0, INTER_AREA)?;
    resize(&small, &mut restored, size, 0.0, 0.0, INTER_LINEAR)?;
    Ok(restored)
}
