//! Detections that were computed before, as MOT text or with embeddings as `.npy`.

mod writer;

use std::ops::Range;
use std::path::Path;

use crate::npy::Table;
use crate::read_error::{ReadError, read_bytes};
use crate::{BBox, Detection, Embedding, FrameNumber, mot};

/// MOT columns of the DeepSORT layout, in front of the embedding.
const MOT_COLUMNS: usize = 10;

/// The detections of one camera, by frame.
///
/// Two formats are told apart by their first bytes: MOT text (`det.txt`), and the DeepSORT layout (`det.npy`), a table
/// N x (10 + D) of the MOT columns and an embedding of D numbers, scaled to unit length on reading.
#[derive(Clone, Debug, Default)]
pub struct DetectionFile {
    detections: Vec<Detection>,
    /// Where the detections of a frame are, by ascending number.
    frames: Vec<(FrameNumber, Range<usize>)>,
    dimension: Option<usize>,
    empty_boxes: usize,
}

impl DetectionFile {
    /// Reads a file of detections.
    ///
    /// # Errors
    /// Where the file cannot be read, or is neither MOT text nor a table in the DeepSORT layout: with line and column,
    /// or row and column.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let bytes = read_bytes(path)?;
        if bytes.starts_with(b"\x93NUMPY") || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy"))
        {
            Self::parse_npy(&bytes).map_err(|problem| ReadError::content(path, problem))
        } else {
            let rows = mot::parse(&bytes).map_err(ReadError::text(path))?;
            let detection = |r: mot::Row| Detection { bbox: r.bbox, score: r.score as f32, embedding: None };
            Ok(Self::index(rows.into_iter().map(|r| (r.frame, detection(r))).collect(), None))
        }
    }

    /// Reads the bytes of a table in the DeepSORT layout.
    ///
    /// # Errors
    /// Says what is wrong, with row and column where it is a number.
    pub fn parse_npy(bytes: &[u8]) -> Result<Self, String> {
        let table = Table::parse(bytes)?;
        let Some(dimension) = table.columns().checked_sub(MOT_COLUMNS) else {
            return match table.rows().next() {
                None => Ok(Self::default()),
                Some(_) => Err(format!(
                    "{} columns where the DeepSORT layout has 10 and the embedding: frame, id, x, y, w, h, score, \
                     -1, -1, -1, ...",
                    table.columns()
                )),
            };
        };
        let mut rows = Vec::new();
        for (i, mut numbers) in table.rows().enumerate() {
            let mut mot = [0.0; MOT_COLUMNS];
            mot.iter_mut().zip(&mut numbers).for_each(|(to, from)| *to = from);
            let [frame, _, x, y, w, h, score, ..] = mot;
            let row = i + 1;
            if frame.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&frame) {
                return Err(format!("row {row}, column 1: {frame} is not a frame number"));
            }
            if let Some(bad) = [x, y, w, h, score].iter().position(|v| !v.is_finite()) {
                return Err(format!("row {row}, column {}: a number that is not finite", bad + 3));
            }
            let embedding: Vec<f32> = numbers.map(|v| v as f32).collect();
            if let Some(bad) = embedding.iter().position(|v| !v.is_finite()) {
                return Err(format!(
                    "row {row}, column {}: a number that is not finite",
                    MOT_COLUMNS + bad + 1
                ));
            }
            let embedding = (dimension > 0).then(|| Embedding::normalized(embedding));
            let detection = Detection { bbox: BBox::new(x, y, w, h), score: score as f32, embedding };
            rows.push((FrameNumber(frame as u32), detection));
        }
        Ok(Self::index(rows, (dimension > 0).then_some(dimension)))
    }

    fn index(mut rows: Vec<(FrameNumber, Detection)>, dimension: Option<usize>) -> Self {
        let all = rows.len();
        rows.retain(|(_, detection)| detection.bbox.is_valid());
        let empty_boxes = all - rows.len();
        rows.sort_by_key(|(frame, _)| *frame);
        let mut frames: Vec<(FrameNumber, Range<usize>)> = Vec::new();
        for (i, (frame, _)) in rows.iter().enumerate() {
            match frames.last_mut() {
                Some((last, range)) if last == frame => range.end = i + 1,
                _ => frames.push((*frame, i..i + 1)),
            }
        }
        let detections = rows.into_iter().map(|(_, detection)| detection).collect();
        Self { detections, frames, dimension, empty_boxes }
    }

    /// The detections of a frame, in the order of the file; none where the file has none.
    pub fn detections(&self, number: FrameNumber) -> &[Detection] {
        let found = self.frames.binary_search_by_key(&number, |(frame, _)| *frame);
        let range = found.ok().and_then(|i| self.frames.get(i)).map(|(_, range)| range.clone());
        range.and_then(|range| self.detections.get(range)).unwrap_or_default()
    }

    /// The frames that have detections, in order.
    pub fn numbers(&self) -> impl Iterator<Item = FrameNumber> {
        self.frames.iter().map(|(frame, _)| *frame)
    }

    /// The dimensions of an embedding; `None` where the file has no embeddings.
    pub fn dimension(&self) -> Option<usize> {
        self.dimension
    }

    /// How many rows were left out because their box has no area.
    pub fn empty_boxes(&self) -> usize {
        self.empty_boxes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npy::tests::npy;

    fn table(rows: &[[f64; 12]]) -> Vec<u8> {
        let data: Vec<u8> = rows.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
        npy("<f8", &format!("({}, 12)", rows.len()), &data)
    }

    const ROW: [f64; 12] = [7.0, -1.0, 1.0, 2.0, 3.0, 4.0, 0.5, -1.0, -1.0, -1.0, 3.0, 4.0];

    #[test]
    fn rows_are_found_by_frame_in_the_order_of_the_file() {
        let mut other = ROW;
        (other[0], other[6]) = (3.0, 0.25);
        let mut second = ROW;
        second[6] = 0.75;
        let mut flat = ROW;
        flat[4] = 0.0;
        let file = DetectionFile::parse_npy(&table(&[ROW, other, second, flat])).unwrap();
        assert_eq!(file.numbers().collect::<Vec<_>>(), [FrameNumber(3), FrameNumber(7)]);
        assert_eq!(file.detections(FrameNumber(7)).iter().map(|d| d.score).collect::<Vec<_>>(), [0.5, 0.75]);
        assert!(file.detections(FrameNumber(4)).is_empty());
        assert_eq!((file.dimension(), file.empty_boxes()), (Some(2), 1));
        let first = &file.detections(FrameNumber(7))[0];
        assert_eq!(first.bbox, BBox::new(1.0, 2.0, 3.0, 4.0));
        assert_eq!(first.embedding.as_ref().unwrap().as_slice(), [0.6, 0.8]);
    }

    #[test]
    fn a_bad_number_is_named() {
        let error = |column: usize, value| {
            let mut row = ROW;
            row[column] = value;
            DetectionFile::parse_npy(&table(&[ROW, row])).unwrap_err()
        };
        assert_eq!(error(0, 1.5), "row 2, column 1: 1.5 is not a frame number");
        assert_eq!(error(0, -1.0), "row 2, column 1: -1 is not a frame number");
        assert_eq!(error(4, f64::NAN), "row 2, column 5: a number that is not finite");
        assert_eq!(error(11, f64::INFINITY), "row 2, column 12: a number that is not finite");
        let narrow = DetectionFile::parse_npy(&npy("<f4", "(1, 7)", &[0; 28])).unwrap_err();
        assert!(narrow.starts_with("7 columns"), "{narrow}");
    }

    #[test]
    fn text_is_told_from_a_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("det.txt");
        std::fs::write(&path, "2,-1,1,2,3,4,0.5,-1,-1,-1\n1,-1,1,2,3,4,0.9\n").unwrap();
        let file = DetectionFile::read(&path).unwrap();
        assert_eq!(file.detections(FrameNumber(2))[0].score, 0.5);
        assert_eq!(file.dimension(), None);
        std::fs::write(&path, table(&[ROW])).unwrap();
        assert_eq!(DetectionFile::read(&path).unwrap().dimension(), Some(2));
        std::fs::write(&path, "2,-1,x").unwrap();
        let error = DetectionFile::read(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("det.txt, line 1, column 6: the left edge is not a number: \"x\""),
            "{error}"
        );
    }

    #[test]
    fn an_empty_file_has_no_detections() {
        assert_eq!(DetectionFile::parse_npy(&npy("<f8", "(0,)", &[])).unwrap().numbers().count(), 0);
        assert_eq!(DetectionFile::parse_npy(&npy("<f4", "(0, 74)", &[])).unwrap().dimension(), Some(64));
    }
}
