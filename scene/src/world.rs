//! Where people stand: CSV of positions on the ground, `frame,id,x,y` in metres.

use std::io::{self, Write};
use std::path::Path;

use crate::fields::for_each_line;
use crate::read_error::{ParseError, ReadError, read_bytes};
use crate::{FrameNumber, write_atomically_with};

/// Where one person stands at one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// The frame, numbered as the frames of the cameras are.
    pub frame: FrameNumber,
    /// Who it is.
    pub id: i64,
    /// First coordinate on the ground, in metres.
    pub x: f64,
    /// Second coordinate on the ground, in metres.
    pub y: f64,
}

/// The positions of a file, in its order.
///
/// # Errors
/// Where the file cannot be read, or is no table of positions: with line and column.
pub fn read(path: &Path) -> Result<Vec<Position>, ReadError> {
    parse(&read_bytes(path)?).map_err(ReadError::text(path))
}

/// The positions of a text, in its order. A first line of names is passed over; further columns are ignored.
///
/// # Errors
/// At the first field that is missing, no number or not finite.
pub fn parse(text: &[u8]) -> Result<Vec<Position>, ParseError> {
    let mut positions = Vec::new();
    let mut first = true;
    for_each_line(text, |fields| {
        if std::mem::take(&mut first) && fields.is_name("frame") {
            return Ok(());
        }
        let (frame, id) = (fields.frame()?, fields.id()?);
        let (x, y) = (fields.number("first coordinate")?, fields.number("second coordinate")?);
        positions.push(Position { frame, id, x, y });
        Ok(())
    })?;
    Ok(positions)
}

/// Writes a table of positions, in the order given, to the tenth of a millimetre.
///
/// # Errors
/// Where the file cannot be written; what had its name before then stays as it was.
pub fn write(path: &Path, positions: &[Position]) -> io::Result<()> {
    write_atomically_with(path, |file| {
        writeln!(file, "frame,id,x,y")?;
        positions
            .iter()
            .try_for_each(|Position { frame, id, x, y }| writeln!(file, "{frame},{id},{x:.4},{y:.4}"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn with_and_without_a_header() {
        let expected = [Position { frame: FrameNumber(1), id: 2, x: -1.435, y: 0.014 }];
        assert_eq!(parse(b"frame,id,x,y\r\n1,2,-1.435,0.014\r\n").unwrap(), expected);
        assert_eq!(parse(b"1 2 -1.435 0.014 0.9").unwrap(), expected);
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.csv");
        let positions = [(1, 7, -1.25, 0.5), (2, 7, -1.2, 0.5625)];
        let positions = positions.map(|(frame, id, x, y)| Position { frame: FrameNumber(frame), id, x, y });
        write(&path, &positions).unwrap();
        assert_eq!(read(&path).unwrap(), positions);
    }

    #[test]
    fn errors_say_where() {
        let error = |text: &[u8]| parse(text).unwrap_err().to_string();
        assert_eq!(
            error(b"frame,id,x,y\n1,2,a,0"),
            "line 2, column 5: the first coordinate is not a number: \"a\""
        );
        assert_eq!(error(b"time,id"), "line 1, column 1: the frame number is not a number: \"time\"");
        assert!(error(b"1,2,0,0\nframe,id,x,y").starts_with("line 2"), "a header stands at the top only");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
