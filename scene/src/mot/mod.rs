//! MOT text: one box a line, `frame,id,x,y,w,h,score,...`; in it come detections, ground truth and tracks.
//!
//! What is read, since everybody writes it a little differently: LF or CRLF, with or without a byte order mark;
//! commas, spaces or tabs; plain or `%e` numbers; rows in any order; frames counted from 0 or 1; blank lines and
//! comments (`#`, `%`); six columns or more. Of the columns after the sixth
//!
//! | column | ground truth (7 to 9 columns) | detections and tracks (7 or 10 columns) |
//! |---|---|---|
//! | 7 | whether the box counts (0: ignore it) | score |
//! | 8 | class (1: pedestrian) | -1, or a world position nobody uses |
//! | 9 | visible share, 0 to 1 | as 8 |
//! | 10 and on | | as 8 |
//!
//! What is written: `frame,id,x,y,w,h,score,-1,-1,-1`, or the nine columns of ground truth for a row with a class;
//! boxes with two decimals, scores with up to four, sorted by frame and id.

mod writer;

use std::path::Path;

use crate::fields::for_each_line;
use crate::read_error::{ParseError, ReadError, read_bytes};
use crate::{BBox, FrameNumber, TrackedBox};

pub use writer::{Writer, write};

/// One line of MOT text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Row {
    /// The frame, as the source numbers it.
    pub frame: FrameNumber,
    /// Who it is; -1 for nobody known, as in detections.
    pub id: i64,
    /// Where, in pixels.
    pub bbox: BBox,
    /// Seventh column: the score, or in ground truth whether the box counts; 1 where there is no such column.
    pub score: f64,
    /// Eighth column of ground truth; `None` where there is none or it says -1.
    pub class: Option<i32>,
    /// Ninth column of ground truth, the visible share; `None` where there is none or it says -1.
    pub visibility: Option<f64>,
}

impl Row {
    /// The line of a box with an identity.
    pub fn tracked(frame: FrameNumber, tracked: &TrackedBox) -> Self {
        Self {
            frame,
            id: i64::from(tracked.person.0),
            bbox: tracked.bbox,
            score: f64::from(tracked.score),
            class: None,
            visibility: None,
        }
    }
}

/// The rows of a file, in its order.
///
/// # Errors
/// Where the file cannot be read, or is not MOT text: with line and column.
pub fn read(path: &Path) -> Result<Vec<Row>, ReadError> {
    parse(&read_bytes(path)?).map_err(ReadError::text(path))
}

/// The rows of a text, in its order.
///
/// # Errors
/// At the first field that is missing, no number or not finite.
pub fn parse(text: &[u8]) -> Result<Vec<Row>, ParseError> {
    // 24 bytes are a short line: one or two reallocations at most, and never more room than a few times the text.
    let mut rows = Vec::with_capacity(text.len() / 24);
    for_each_line(text, |fields| {
        let frame = fields.frame()?;
        let id = fields.id()?;
        let x = fields.number("left edge")?;
        let y = fields.number("top edge")?;
        let w = fields.number("width")?;
        let h = fields.number("height")?;
        let score = if fields.is_over() { 1.0 } else { fields.number("score")? };
        let mut row = Row { frame, id, bbox: BBox::new(x, y, w, h), score, class: None, visibility: None };
        // A tenth column means that the eighth and ninth are not those of ground truth.
        if (1..=2).contains(&fields.remaining()) {
            let class = fields.number("class")?;
            row.class = (class >= 0.0 && class.fract() == 0.0).then_some(class as i32);
            if !fields.is_over() {
                row.visibility = Some(fields.number("visibility")?).filter(|v| *v >= 0.0);
            }
        }
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

/// The (frame, id) pairs that stand in more than one row, sorted; rows of nobody (id -1) may repeat.
pub fn duplicates(rows: &[Row]) -> Vec<(FrameNumber, i64)> {
    let mut keys: Vec<_> = rows.iter().filter(|r| r.id != -1).map(|r| (r.frame, r.id)).collect();
    keys.sort_unstable();
    let mut twice: Vec<_> = keys.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect();
    twice.dedup();
    twice
}

#[cfg(test)]
mod tests;
