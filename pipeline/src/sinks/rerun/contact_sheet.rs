//! Thumbnails side by side, each in a frame and with words below it.

use anyhow::Result;
use opencv::core::{CV_8UC3, Mat, Point, Rect, Size};
use opencv::imgproc::{self, FILLED, FONT_HERSHEY_SIMPLEX, INTER_CUBIC, LINE_8, LINE_AA};
use opencv::prelude::*;

use crate::sinks::overlay::scalar;
use crate::sinks::palette::Rgb;
use crate::sinks::thumbnail::{SIZE, decoded, jpeg};

/// The frame of the right person.
pub(super) const RIGHT: Rgb = Rgb { r: 40, g: 200, b: 90 };
/// The frame of somebody else.
pub(super) const WRONG: Rgb = Rgb { r: 255, g: 40, b: 40 };
const GROUND: Rgb = Rgb { r: 28, g: 28, b: 32 };
/// Thumbnails are shown larger than they are kept, so that there is room for the words.
const SHOWN: Size = Size { width: SIZE.0 * 3 / 2, height: SIZE.1 * 3 / 2 };
const FRAME: i32 = 4;
const GAP: i32 = 6;
const LINE: i32 = 17;
const FONT_SCALE: f64 = 0.42;

/// A thumbnail with its frame and words.
pub(super) struct Cell<'a> {
    /// A JPEG of [`SIZE`].
    pub(super) thumbnail: &'a [u8],
    pub(super) frame: Rgb,
    pub(super) lines: [String; 3],
}

/// The cells from left to right, as JPEG; the first one stands apart.
pub(super) fn contact_sheet(cells: &[Cell<'_>]) -> Result<Vec<u8>> {
    let (width, height) = (SHOWN.width + 2 * FRAME, SHOWN.height + 2 * FRAME);
    let columns = cells.len() as i32;
    let size = (columns * (width + GAP) + 3 * GAP, height + 3 * LINE + 3 * GAP);
    let mut sheet = Mat::new_rows_cols_with_default(size.1, size.0, CV_8UC3, scalar(GROUND))?;
    for (column, cell) in (0..).zip(cells) {
        let x = GAP + column * (width + GAP) + if column > 0 { GAP } else { 0 };
        let outline = Rect::new(x, GAP, width, height);
        imgproc::rectangle(&mut sheet, outline, scalar(cell.frame), FILLED, LINE_8, 0)?;
        let mut shown = Mat::default();
        imgproc::resize(&decoded(cell.thumbnail)?, &mut shown, SHOWN, 0.0, 0.0, INTER_CUBIC)?;
        let inside = Rect::new(x + FRAME, GAP + FRAME, SHOWN.width, SHOWN.height);
        shown.copy_to(&mut sheet.roi_mut(inside)?)?;
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
