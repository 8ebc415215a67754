//! Thumbnails side by side, each in a frame and with words below it.

use anyhow::Result;
use opencv::core::{CV_8UC3, Mat, Point, Rect};
use opencv::imgproc::{self, FILLED, FONT_HERSHEY_SIMPLEX, LINE_8, LINE_AA};
use opencv::prelude::*;

use crate::sinks::overlay::scalar;
use crate::sinks::palette::Rgb;
use crate::sinks::thumbnail::{SIZE, decoded, jpeg};

/// The frame of the right person.
pub(super) const RIGHT: Rgb = Rgb { r: 40, g: 200, b: 90 };
/// The frame of somebody else.
pub(super) const WRONG: Rgb = Rgb { r: 255, g: 40, b: 40 };
const GROUND: Rgb = Rgb { r: 28, g: 28, b: 32 };
const FRAME: i32 = 4;
const GAP: i32 = 6;
const LINE: i32 = 14;
/// Words of a dozen letters are as wide as a thumbnail.
const FONT_SCALE: f64 = 0.33;

/// A thumbnail with its frame and words.
pub(super) struct Cell<'a> {
    /// A JPEG of [`SIZE`].
    pub(super) thumbnail: &'a [u8],
    pub(super) frame: Rgb,
    pub(super) lines: [String; 3],
}

/// The cells from left to right, as JPEG; the first one stands apart.
pub(super) fn contact_sheet(cells: &[Cell<'_>]) -> Result<Vec<u8>> {
    let (width, height) = (SIZE.0 + 2 * FRAME, SIZE.1 + 2 * FRAME);
    let columns = cells.len() as i32;
    let size = (columns * (width + GAP) + 3 * GAP, height + 3 * LINE + 3 * GAP);
    let mut sheet = Mat::new_rows_cols_with_default(size.1, size.0, CV_8UC3, scalar(GROUND))?;
    for (column, cell) in (0..).zip(cells) {
        let x = GAP + column * (width + GAP) + if column > 0 { GAP } else { 0 };
        let outline = Rect::new(x, GAP, width, height);
        imgproc::rectangle(&mut sheet, outline, scalar(cell.frame), FILLED, LINE_8, 0)?;
        let inside = Rect::new(x + FRAME, GAP + FRAME, SIZE.0, SIZE.1);
        decoded(cell.thumbnail)?.copy_to(&mut sheet.roi_mut(inside)?)?;
        for (row, line) in (1..).zip(&cell.lines) {
            let origin = Point::new(x, GAP + height + row * LINE);
            let ink = scalar(super::TEXT);
            imgproc::put_text(
                &mut sheet,
                line,
                origin,
                FONT_HERSHEY_SIMPLEX,
                FONT_SCALE,
                ink,
                1,
                LINE_AA,
                false,
            )?;
        }
    }
    jpeg(&sheet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{Scalar, Vec3b};

    #[test]
    fn every_cell_has_its_frame_image_and_words() {
        let white =
            jpeg(&Mat::new_rows_cols_with_default(SIZE.1, SIZE.0, CV_8UC3, Scalar::all(255.0)).unwrap());
        let white = white.unwrap();
        let cell = |frame| Cell { thumbnail: &white, frame, lines: ["1", "cam 7", "0.5"].map(str::to_owned) };
        let sheet = decoded(&contact_sheet(&[cell(RIGHT), cell(WRONG)]).unwrap()).unwrap();
        let (width, height) = (SIZE.0 + 2 * FRAME, SIZE.1 + 2 * FRAME);
        assert_eq!((sheet.cols(), sheet.rows()), (2 * (width + GAP) + 3 * GAP, height + 3 * LINE + 3 * GAP));
        let at = |x, y| sheet.at_2d::<Vec3b>(y, x).unwrap().0;
        let second = width + 3 * GAP;
        let is_near = |pixel: [u8; 3], Rgb { r, g, b }: Rgb| {
            pixel.iter().zip([b, g, r]).all(|(a, b)| a.abs_diff(b) < 40)
        };
        assert!(is_near(at(GAP + 1, GAP + height / 2), RIGHT), "{:?}", at(GAP + 1, GAP + height / 2));
        assert!(is_near(at(second + 1, GAP + height / 2), WRONG), "{:?}", at(second + 1, GAP + height / 2));
        let middle = at(second + width / 2, GAP + height / 2);
        assert!(middle.iter().all(|v| *v > 240), "{middle:?}");
        let words = (GAP..GAP + width).any(|x| at(x, GAP + height + LINE - 4)[0] > 150);
        assert!(words, "there are words below the first cell");
    }
}
