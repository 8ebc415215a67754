//! The letterbox: an image of any size into the input of a detector, proportions kept, and boxes back into the image.

use mvmhat_scene::BBox;
use opencv::core::{CV_8UC3, Mat, Scalar, Size};
use opencv::imgproc::{INTER_LINEAR, resize};
use opencv::prelude::*;

use super::Image;
use crate::Error;

/// Gray of the part that an image leaves empty, as the published networks were trained.
const PADDING: f64 = 114.0;

/// The coarsest stride of a detector, pixels: input sides are multiples of it.
const COARSEST_STRIDE: i32 = 32;

/// How an image lies in the input of a network: shrunk (or enlarged) as a whole, at the top left, gray elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Letterbox {
    /// Width and height of the image.
    image: [i32; 2],
    /// Width and height of the image in the input.
    scaled: [i32; 2],
    /// Width and height of the input.
    pub(crate) input: [i32; 2],
    /// Pixels of the input per pixel of the image.
    scale: f64,
}

impl Letterbox {
    /// How an image of size `image` (width, height) lies in at most `input`. A `rectangular` input keeps of the gray part
    /// only what completes a multiple of 32 pixels.
    pub(crate) fn new(image: [i32; 2], input: [i32; 2], rectangular: bool) -> Self {
        let scale =
            (f64::from(input[0]) / f64::from(image[0])).min(f64::from(input[1]) / f64::from(image[1]));
        // Rounded down, as published.
        let scaled = [0, 1].map(|i| ((f64::from(image[i]) * scale) as i32).clamp(1, input[i]));
        let side = |i: usize| {
            if rectangular {
                (scaled[i] + COARSEST_STRIDE - 1) / COARSEST_STRIDE * COARSEST_STRIDE
            } else {
                input[i]
            }
        };
        Self { image, scaled, input: [side(0), side(1)], scale }
    }

    /// The pixels of the input, row by row, blue, green, red, appended to `batch`.
    pub(crate) fn append(&self, image: &Image, batch: &mut Vec<u8>) -> Result<(), Error> {
        let [width, height] = self.input;
        let mut canvas = Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(PADDING))?;
        let [w, h] = self.scaled;
        let mut inside = canvas.roi_mut(opencv::core::Rect::new(0, 0, w, h))?;
        resize(image.mat(), &mut inside, Size::new(w, h), 0.0, 0.0, INTER_LINEAR)?;
        drop(inside);
        batch.extend_from_slice(canvas.data_bytes()?);
        Ok(())
    }

    /// A box in the input as a box in the image, clipped to the image; `None` where nothing of it is inside.
    pub(crate) fn to_image(self, bbox: BBox) -> Option<BBox> {
        let s = self.scale;
        let bbox = BBox::new(bbox.x / s, bbox.y / s, bbox.w / s, bbox.h / s);
        bbox.clipped(f64::from(self.image[0]), f64::from(self.image[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_by_hand() {
        // Portrait: 416 / 1920 = 0.21666, 1088 * 0.21666 = 235.7.
        let square = Letterbox::new([1088, 1920], [416, 416], false);
        assert_eq!((square.scaled, square.input), ([235, 416], [416, 416]));
        let cropped = Letterbox::new([1088, 1920], [416, 416], true);
        assert_eq!((cropped.scaled, cropped.input), ([235, 416], [256, 416]));
        // An image that is smaller is enlarged.
        let enlarged = Letterbox::new([100, 50], [416, 416], true);
        assert_eq!((enlarged.scaled, enlarged.input, enlarged.scale), ([416, 208], [416, 224], 4.16));
        // A line of pixels stays at least one pixel wide.
        assert_eq!(Letterbox::new([1, 5000], [416, 416], true).scaled, [1, 416]);
    }

    #[test]
    fn boxes_come_back() {
        let letterbox = Letterbox::new([832, 416], [416, 416], true);
        assert_eq!(
            letterbox.to_image(BBox::new(10.0, 20.0, 30.0, 40.0)),
            Some(BBox::new(20.0, 40.0, 60.0, 80.0))
        );
        let edge = letterbox.to_image(BBox::new(-5.0, 200.0, 30.0, 40.0)).unwrap();
        assert_eq!(edge, BBox::new(0.0, 400.0, 50.0, 16.0));
        assert_eq!(letterbox.to_image(BBox::new(0.0, 208.0, 30.0, 40.0)), None, "in the gray part");
    }

    #[test]
    fn pixels_lie_at_the_top_left_and_gray_elsewhere() {
        let red = Scalar::new(1.0, 2.0, 200.0, 0.0);
        let image = Image::new(Mat::new_rows_cols_with_default(8, 16, CV_8UC3, red).unwrap()).unwrap();
        let letterbox = Letterbox::new([16, 8], [32, 32], false);
        let mut batch = vec![7];
        letterbox.append(&image, &mut batch).unwrap();
        assert_eq!(batch.len(), 1 + 32 * 32 * 3);
        let pixel = |x: usize, y: usize| &batch[1 + 3 * (32 * y + x)..][..3];
        assert_eq!(pixel(0, 0), [1, 2, 200]);
        assert_eq!(pixel(31, 15), [1, 2, 200]);
        assert_eq!(pixel(31, 16), [114, 114, 114]);
    }
}
