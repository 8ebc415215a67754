//! MOT text out.

use std::io::{self, Write};
use std::path::PathBuf;

use super::Row;
use crate::{AtomicFile, BBox, FrameNumber};

/// Writes MOT text frame by frame; the file appears, complete, with [`finish`](Self::finish).
#[derive(Debug)]
pub struct Writer {
    file: AtomicFile,
    /// The rows of the frame that is being written, to be sorted by id when it is complete.
    frame: Vec<Row>,
    line: Vec<u8>,
}

impl Writer {
    /// Starts the file that will be `path`; its folder must exist.
    ///
    /// # Errors
    /// Where the folder does not exist or cannot be written.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self { file: AtomicFile::create(path)?, frame: Vec::new(), line: Vec::new() })
    }

    /// Adds a row. Frames come in order; within a frame any order will do.
    ///
    /// # Errors
    /// Where the frame lies before the last one, a number is not finite, or the disk is full.
    pub fn push(&mut self, row: &Row) -> io::Result<()> {
        let invalid = |problem| Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        let Row { frame, id, bbox, score, .. } = row;
        if ![bbox.x, bbox.y, bbox.w, bbox.h, *score].iter().all(|v| v.is_finite()) {
            return invalid(format!("frame {frame}, id {id}: a box or score that is not finite"));
        }
        if let Some(FrameNumber(last)) = self.frame.first().map(|r| r.frame) {
            if frame.0 < last {
                return invalid(format!("frame {frame} comes after frame {last}: frames must be in order"));
            }
            if frame.0 > last {
                self.write_frame()?;
            }
        }
        self.frame.push(*row);
        Ok(())
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// Where the disk is full; the file then has its name and the rows that could be written, see also
    /// [`give_up`](Self::give_up).
    pub fn finish(mut self) -> io::Result<()> {
        match self.write_frame().and_then(|()| self.file.flush()) {
            Ok(()) => self.file.commit(),
            Err(error) => self.give_up().and(Err(error)),
        }
    }

    /// Ends the file where writing failed: the whole rows that reached the disk get its name.
    ///
    /// # Errors
    /// Where not even that is possible; nothing is left behind then.
    pub fn give_up(self) -> io::Result<()> {
        self.file.commit_whole_lines()
    }

    fn write_frame(&mut self) -> io::Result<()> {
        self.frame.sort_by_key(|r| r.id);
        for row in self.frame.drain(..) {
            self.line.clear();
            write_row(&mut self.line, &row)?;
            self.file.write_all(&self.line)?;
        }
        Ok(())
    }
}

/// Writes a whole file of rows given in any order.
///
/// # Errors
/// As [`Writer`].
pub fn write(path: impl Into<PathBuf>, rows: &[Row]) -> io::Result<()> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|r| r.frame);
    let mut writer = Writer::create(path)?;
    sorted.into_iter().try_for_each(|row| writer.push(row))?;
    writer.finish()
}

fn write_row(line: &mut Vec<u8>, row: &Row) -> io::Result<()> {
    let BBox { x, y, w, h } = row.bbox;
    write!(line, "{},{},{x:.2},{y:.2},{w:.2},{h:.2},", row.frame, row.id)?;
    write_trimmed(line, row.score)?;
    match row.class {
        Some(class) => {
            write!(line, ",{class},")?;
            write_trimmed(line, row.visibility.unwrap_or(-1.0))?;
        }
        None => line.extend_from_slice(b",-1,-1,-1"),
    }
    line.push(b'\n');
    Ok(())
}

/// Up to four decimals, none that is a trailing zero.
fn write_trimmed(line: &mut Vec<u8>, value: f64) -> io::Result<()> {
    write!(line, "{value:.4}")?;
    while line.last() == Some(&b'0') {
        line.pop();
    }
    if line.last() == Some(&b'.') {
        line.pop();
    }
    Ok(())
}
