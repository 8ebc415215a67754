//! Small images of people, all of one size.

use anyhow::Result;
use mvmhat_detectors::Image;
use mvmhat_scene::BBox;
use opencv::core::{CV_8UC3, Mat, Rect, Scalar, Size, Vector};
use opencv::imgcodecs;
use opencv::imgproc::{INTER_AREA, resize};
use opencv::prelude::*;

/// Width and height in pixels; people are about half as wide as high.
pub(super) const SIZE: (i32, i32) = (64, 128);
const JPEG_QUALITY: i32 = 80;

/// The part of an image inside a box as JPEG of 64 x 128 pixels, in its own proportions on a black ground; all black for a box
/// that lies outside.
pub fn thumbnail(image: &Image, bbox: &BBox) -> Result<Vec<u8>> {
    let mut small = Mat::new_rows_cols_with_default(SIZE.1, SIZE.0, CV_8UC3, Scalar::all(0.0))?;
    if let Some(inside) = bbox.clipped(f64::from(image.width()), f64::from(image.height())) {
        let (x, y) = (inside.x as i32, inside.y as i32);
        let (right, bottom) = (inside.right().ceil() as i32, inside.bottom().ceil() as i32);
        let part = image.mat().roi(Rect::new(x, y, right - x, bottom - y))?;
        let scale = (f64::from(SIZE.0) / f64::from(right - x)).min(f64::from(SIZE.1) / f64::from(bottom - y));
        let side = |length: i32, most: i32| ((f64::from(length) * scale).round() as i32).clamp(1, most);
        let (width, height) = (side(right - x, SIZE.0), side(bottom - y, SIZE.1));
        let place = Rect::new((SIZE.0 - width) / 2, (SIZE.1 - height) / 2, width, height);
        let mut resized = Mat::default();
        resize(&part, &mut resized, Size::new(width, height), 0.0, 0.0, INTER_AREA)?;
        resized.copy_to(&mut small.roi_mut(place)?)?;
    }
    jpeg(&small)
}

/// An image as JPEG.
pub(super) fn jpeg(image: &Mat) -> Result<Vec<u8>> {
    let mut bytes = Vector::new();
    let quality = Vector::from_slice(&[imgcodecs::IMWRITE_JPEG_QUALITY, JPEG_QUALITY]);
    imgcodecs::imencode(".jpg", image, &mut bytes, &quality)?;
    Ok(bytes.to_vec())
}

/// The image in a JPEG of ours.
pub(super) fn decoded(jpeg: &[u8]) -> Result<Mat> {
    Ok(imgcodecs::imdecode(&Vector::from_slice(jpeg), imgcodecs::IMREAD_COLOR)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_keeps_its_proportions() {
        let white = Mat::new_rows_cols_with_default(100, 200, CV_8UC3, Scalar::all(255.0)).unwrap();
        let image = Image::new(white).unwrap();
        let at = |bbox, x, y| {
            let small = decoded(&thumbnail(&image, &bbox).unwrap()).unwrap();
            assert_eq!((small.cols(), small.rows()), SIZE);
            small.at_2d::<opencv::core::Vec3b>(y, x).unwrap()[0]
        };
        // Four times as high as wide: 32 of 64 columns in the middle are used.
        let tall = BBox::new(10.0, 10.0, 20.0, 80.0);
        assert!(at(tall, 4, 64) < 50 && at(tall, 32, 64) > 200 && at(tall, 60, 64) < 50);
        // Twice as wide as high, half of it outside: a square is left, and a stripe above and below it stays black.
        let wide = BBox::new(160.0, 20.0, 80.0, 40.0);
        assert!(at(wide, 32, 10) < 50 && at(wide, 32, 64) > 200 && at(wide, 2, 64) > 200);
        assert!(at(BBox::new(500.0, 0.0, 10.0, 10.0), 32, 64) < 50, "outside");
    }
}
