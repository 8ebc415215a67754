//! Errors as CSV.

use std::io::Write;

use crate::TrackingError;

/// The columns, after the name of the sequence.
const COLUMNS: [&str; 12] = [
    "frame",
    "camera",
    "kind",
    "truth",
    "track",
    "x",
    "y",
    "w",
    "h",
    "other_camera",
    "other_truth",
    "other_track",
];

/// Writes errors as CSV with a header line:
/// `frame,camera,kind,truth,track,x,y,w,h,other_camera,other_truth,other_track`, and `recording` before them where
/// there are several. What an error does not have is empty.
#[derive(Debug)]
pub struct ErrorWriter<W: Write> {
    csv: csv::Writer<W>,
    names_sequence: bool,
}

impl<W: Write> ErrorWriter<W> {
    /// For the errors of one sequence.
    ///
    /// # Errors
    /// Where `to` cannot be written.
    pub fn for_sequence(to: W) -> Result<Self, csv::Error> {
        Self::new(to, false)
    }

    /// For the errors of several sequences.
    ///
    /// # Errors
    /// Where `to` cannot be written.
    pub fn for_dataset(to: W) -> Result<Self, csv::Error> {
        Self::new(to, true)
    }

    fn new(to: W, names_sequence: bool) -> Result<Self, csv::Error> {
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(to);
        csv.write_record(names_sequence.then_some("recording").into_iter().chain(COLUMNS))?;
        Ok(Self { csv, names_sequence })
    }

    /// Writes the errors of a sequence, with its name where there are several.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write<'a>(
        &mut self,
        sequence: &str,
        errors: impl IntoIterator<Item = TrackingError<'a>>,
    ) -> Result<(), csv::Error> {
        for e in errors {
            let other = (e.other.map(|o| o.camera), e.other.map(|o| o.gt), e.other.map(|o| o.track));
            let error = (e.frame, e.camera, e.kind, e.gt, e.track, e.bbox, other);
            match self.names_sequence {
                true => self.csv.serialize((sequence, error))?,
                false => self.csv.serialize(error)?,
            }
        }
        Ok(())
    }

    /// Flushes the CSV, and returns the writer.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(self) -> Result<W, std::io::Error> {
        self.csv.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}
