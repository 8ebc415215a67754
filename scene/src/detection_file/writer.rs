//! Detections out, in the DeepSORT layout.

use std::io::{self, Write};
use std::path::Path;

use super::{DetectionFile, MOT_COLUMNS};
use crate::{Detection, FrameNumber, npy, write_atomically_with};

impl DetectionFile {
    /// Writes detections of one camera and their embeddings as `.npy`, for [`read`](Self::read): boxes and scores come
    /// back as they were. Where only some detections have an embedding, the others get one without a direction.
    ///
    /// # Errors
    /// Where the disk is full, a number is not finite, or embeddings differ in length.
    pub fn write_npy<'a>(
        path: &Path,
        detections: impl Iterator<Item = (FrameNumber, &'a Detection)> + Clone,
    ) -> io::Result<()> {
        let dimension = |d: &Detection| d.embedding.as_ref().map(|e| e.len());
        let embedded = detections.clone().find_map(|(_, d)| dimension(d)).unwrap_or(0);
        let invalid =
            |frame, problem| io::Error::new(io::ErrorKind::InvalidInput, format!("frame {frame}: {problem}"));
        write_atomically_with(path, |file| {
            file.write_all(&npy::header(detections.clone().count(), MOT_COLUMNS + embedded))?;
            for (frame, detection) in detections {
                if dimension(detection).is_some_and(|d| d != embedded) {
                    return Err(invalid(frame, "an embedding of another length than those before"));
                }
                let b = &detection.bbox;
                let mot = [f64::from(frame.0), -1.0, b.x, b.y, b.w, b.h, f64::from(detection.score)];
                if !mot.iter().all(|v| v.is_finite()) {
                    return Err(invalid(frame, "a box or score that is not finite"));
                }
                let embedding = detection.embedding.as_ref().map_or(&[][..], |e| e.as_slice());
                let numbers = mot.into_iter().chain([-1.0; 3]).chain(embedding.iter().map(|v| f64::from(*v)));
                let padded = numbers.chain(std::iter::repeat(0.0)).take(MOT_COLUMNS + embedded);
                for number in padded {
                    file.write_all(&number.to_le_bytes())?;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BBox, Embedding};

    fn detection(x: f64, embedding: Option<Vec<f32>>) -> Detection {
        Detection {
            bbox: BBox::new(x, 0.1, 1.0 / 3.0, 2.0),
            score: 0.7,
            embedding: embedding.map(Embedding::normalized),
        }
    }

    fn round_trip(rows: &[(FrameNumber, Detection)]) -> io::Result<DetectionFile> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("det.npy");
        DetectionFile::write_npy(&path, rows.iter().map(|(frame, detection)| (*frame, detection)))?;
        Ok(DetectionFile::read(&path).unwrap())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let rows = [
            (FrameNumber(3), detection(0.1, Some(vec![0.0, 1.0]))),
            (FrameNumber(3), detection(-5.25, Some(vec![3.0, 4.0]))),
            (FrameNumber(4_000_000_000), detection(1e-9, Some(vec![1.0, 0.0]))),
        ];
        let file = round_trip(&rows).unwrap();
        assert_eq!(file.detections(FrameNumber(3)), [rows[0].1.clone(), rows[1].1.clone()]);
        assert_eq!(file.detections(FrameNumber(4_000_000_000)), [rows[2].1.clone()]);
        assert_eq!(file.numbers().count(), 2);
    }

    #[test]
    fn embeddings_may_be_missing() {
        let none = round_trip(&[(FrameNumber(1), detection(0.0, None))]).unwrap();
        assert_eq!(none.detections(FrameNumber(1)), [detection(0.0, None)]);
        let some =
            [(FrameNumber(1), detection(0.0, None)), (FrameNumber(1), detection(0.0, Some(vec![1.0])))];
        let embedding = |i: usize| round_trip(&some).unwrap().detections(FrameNumber(1))[i].embedding.clone();
        assert_eq!(embedding(0), Some(Embedding::normalized(vec![0.0])));
        assert_eq!(embedding(1), some[1].1.embedding);
        assert_eq!(round_trip(&[]).unwrap().numbers().count(), 0);
    }

    #[test]
    fn what_could_not_be_read_is_not_written() {
        let error =
            |d| round_trip(&[(FrameNumber(1), detection(0.0, Some(vec![1.0, 0.0]))), (FrameNumber(2), d)]);
        let length = error(detection(0.0, Some(vec![1.0]))).unwrap_err().to_string();
        assert_eq!(length, "frame 2: an embedding of another length than those before");
        let finite = error(detection(f64::NAN, None)).unwrap_err().to_string();
        assert_eq!(finite, "frame 2: a box or score that is not finite");
    }
}
