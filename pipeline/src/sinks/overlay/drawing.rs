//! Boxes, trails and texts on one camera's tile of the mosaic.

use mvmhat_scene::{BBox, PersonId};
use opencv::core::{Mat, Point, Rect, Scalar, Vector};
use opencv::imgproc::{self, FILLED, FONT_HERSHEY_SIMPLEX, LINE_8, LINE_AA};
use opencv::prelude::*;

use crate::sinks::palette::{Rgb, color};

/// Behind the caption, and all of a tile without an image.
pub(super) const DARK: Rgb = Rgb { r: 28, g: 28, b: 32 };
const MUTED: Rgb = Rgb { r: 160, g: 160, b: 160 };
/// Pixels between a text and the edge of its label.
const PADDING: i32 = 3;

/// Draws on tiles of one size, all coordinates in pixels of the tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    font_scale: f64,
    font_thickness: i32,
    line_thickness: i32,
}

impl Pen {
    /// For a tile of this height in pixels: letters of about a fortieth of it, within what can be read.
    pub(super) fn new(tile_height: u32) -> Self {
        let font_scale = (f64::from(tile_height) / 900.0).clamp(0.4, 1.0);
        let font_thickness = if font_scale > 0.7 { 2 } else { 1 };
        Self { font_scale, font_thickness, line_thickness: if tile_height < 240 { 1 } else { 2 } }
    }

    /// A person's box, with the identity on its upper left corner.
    pub(super) fn person(self, tile: &mut Mat, person: PersonId, bbox: &BBox) -> opencv::Result<()> {
        let Some(bbox) = bbox.clipped(f64::from(tile.cols()), f64::from(tile.rows())) else { return Ok(()) };
        let [x, y, right, bottom] = [bbox.x, bbox.y, bbox.right(), bbox.bottom()].map(|v| v.round() as i32);
        let color = color(person);
        let outline = Rect::new(x, y, (right - x).max(1), (bottom - y).max(1));
        imgproc::rectangle(tile, outline, scalar(color), self.line_thickness, LINE_8, 0)?;
        self.label(tile, &person.to_string(), (x, y), color, color.text_color())
    }

    /// Where a person went, the oldest point first.
    pub(super) fn trail(
        self,
        tile: &mut Mat,
        person: PersonId,
        points: impl Iterator<Item = (f64, f64)>,
    ) -> opencv::Result<()> {
        let points: Vector<Point> =
            points.map(|(x, y)| Point::new(x.round() as i32, y.round() as i32)).collect();
        imgproc::polylines(tile, &points, false, scalar(color(person)), self.line_thickness, LINE_AA, 0)
    }

    /// What camera, frame and time this is, in the upper left corner.
    pub(super) fn caption(self, tile: &mut Mat, text: &str) -> opencv::Result<()> {
        self.label(tile, text, (0, 0), DARK, DARK.text_color())
    }

    /// That there is nothing to see, in the middle.
    pub(super) fn no_image(self, tile: &mut Mat) -> opencv::Result<()> {
        let text = "no image";
        let (size, _) = self.text_size(text)?;
        let origin = Point::new((tile.cols() - size.width) / 2, (tile.rows() + size.height) / 2);
        self.text(tile, text, origin, MUTED)
    }

    /// A text on a filled background whose lower left corner is at (x, y) where there is room above, else just inside the tile.
    fn label(
        self,
        tile: &mut Mat,
        text: &str,
        (x, y): (i32, i32),
        background: Rgb,
        ink: Rgb,
    ) -> opencv::Result<()> {
        let (size, below) = self.text_size(text)?;
        let (width, height) = (size.width + 2 * PADDING, size.height + below + 2 * PADDING);
        let left = x.min(tile.cols() - width).max(0);
        let top = (y - height).max(0);
        imgproc::rectangle(tile, Rect::new(left, top, width, height), scalar(background), FILLED, LINE_8, 0)?;
        self.text(tile, text, Point::new(left + PADDING, top + PADDING + size.height), ink)
    }

    fn text(self, tile: &mut Mat, text: &str, origin: Point, ink: Rgb) -> opencv::Result<()> {
        let (scale, thickness) = (self.font_scale, self.font_thickness);
        imgproc::put_text(
            tile,
            text,
            origin,
            FONT_HERSHEY_SIMPLEX,
            scale,
            scalar(ink),
            thickness,
            LINE_AA,
            false,
        )
    }

    /// Size of a text above its baseline, and how far it reaches below.
    fn text_size(self, text: &str) -> opencv::Result<(opencv::core::Size, i32)> {
        let mut below = 0;
        let size = imgproc::get_text_size(
            text,
            FONT_HERSHEY_SIMPLEX,
            self.font_scale,
            self.font_thickness,
            &mut below,
        )?;
        Ok((size, below))
    }
}

/// A color as OpenCV orders it: blue, green, red.
pub(in crate::sinks) fn scalar(color: Rgb) -> Scalar {
    Scalar::new(f64::from(color.b), f64::from(color.g), f64::from(color.r), 0.0)
}
