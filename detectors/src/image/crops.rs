//! Boxes cut out of images.

use mvmhat_scene::BBox;
use opencv::core::{Mat, Rect, Size};
use opencv::imgproc::{INTER_AREA, INTER_LINEAR, resize};
use opencv::prelude::*;

use super::Image;
use crate::Error;

/// The part of an image inside a box, in whole pixels, resized to `width` x `height`. Boxes that reach outside are cut at
/// the edges; of one that lies outside altogether the nearest pixel is taken.
///
/// # Errors
/// If OpenCV cannot resize it.
pub fn crop(image: &Image, bbox: BBox, width: i32, height: i32) -> Result<Mat, Error> {
    let span = |from: f64, to: f64, size: i32| {
        let from = (from.round() as i32).clamp(0, size - 1);
        let to = (to.round() as i32).clamp(from + 1, size);
        (from, to - from)
    };
    let (x, w) = span(bbox.x, bbox.right(), image.width());
    let (y, h) = span(bbox.y, bbox.bottom(), image.height());
    // Interpolation reads the nearest pixels only, so it would skip most of a large crop. Blocks of whole pixels are
    // averaged first, which is several times faster than averaging over fractions of pixels.
    let block = (w / width).min(h / height).max(1);
    let (columns, rows) = (w / block, h / block);
    let inside = image.mat().roi(Rect::new(x, y, columns * block, rows * block))?;
    let mut resized = Mat::default();
    let size = Size::new(width, height);
    if block > 1 {
        let mut shrunk = Mat::default();
        resize(&inside, &mut shrunk, Size::new(columns, rows), 0.0, 0.0, INTER_AREA)?;
        resize(&shrunk, &mut resized, size, 0.0, 0.0, INTER_LINEAR)?;
    } else {
        resize(&inside, &mut resized, size, 0.0, 0.0, INTER_LINEAR)?;
    }
    Ok(resized)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC3, Scalar};

    #[test]
    fn boxes_are_cut_at_the_edges() {
        let mut mat = Mat::new_rows_cols_with_default(10, 20, CV_8UC3, Scalar::all(0.0)).unwrap();
        let white = Scalar::all(255.0);
        opencv::imgproc::rectangle(&mut mat, Rect::new(10, 0, 10, 10), white, -1, 8, 0).unwrap();
        let image = Image::new(mat).unwrap();
        let mean = |bbox| {
            let crop = crop(&image, bbox, 4, 8).unwrap();
            assert_eq!((crop.cols(), crop.rows()), (4, 8));
            let bytes = crop.data_bytes().unwrap();
            bytes.iter().map(|b| f64::from(*b)).sum::<f64>() / bytes.len() as f64
        };
        assert_eq!(mean(BBox::new(10.0, -5.0, 30.0, 30.0)), 255.0);
        assert_eq!(mean(BBox::new(-5.0, 2.0, 15.0, 4.0)), 0.0);
        assert_eq!(mean(BBox::new(100.0, 100.0, 5.0, 5.0)), 255.0, "the nearest pixel");
        assert_eq!(mean(BBox::new(-1e300, 0.0, 2e300, f64::NAN)), mean(BBox::new(0.0, 0.0, 20.0, 1.0)));
    }
}
