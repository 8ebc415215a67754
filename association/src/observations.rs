//! The detections of one view that an associator works with.

use mvmhat_scene::{BBox, Detection, FrameSet, ViewDetections};

use crate::BoxMeasurement;
use crate::similarity::dot;

/// The usable detections of one view at one timestep, as a structure of arrays with all embeddings in one piece of memory.
/// Reused from frame to frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observations {
    pub(crate) boxes: Vec<BBox>,
    pub(crate) measurements: Vec<BoxMeasurement>,
    pub(crate) scores: Vec<f32>,
    /// One embedding per detection, zeros where there is none.
    embeddings: Vec<f32>,
    has_embedding: Vec<bool>,
    dimension: usize,
}

impl Observations {
    /// Takes the detections of at least `track_low_thresh` whose box has an area. `dimension` is that of the sequence's
    /// embeddings; an embedding of another one, or without a direction, counts as none.
    pub(crate) fn take(&mut self, detections: &[Detection], track_low_thresh: f32, dimension: usize) {
        self.clear();
        self.dimension = dimension;
        for detection in detections.iter().filter(|d| d.score >= track_low_thresh && d.bbox.is_valid()) {
            self.boxes.push(detection.bbox);
            self.measurements.push(BoxMeasurement::from(&detection.bbox));
            self.scores.push(detection.score);
            let embedding =
                detection.embedding.as_ref().map(|e| e.as_slice()).filter(|e| e.len() == dimension);
            let length = embedding.map_or(0.0, |e| dot(e, e));
            let directed = length > 0.0 && length.is_finite();
            self.has_embedding.push(directed);
            match embedding {
                Some(embedding) if directed => self.embeddings.extend_from_slice(embedding),
                _ => self.embeddings.resize(self.embeddings.len() + dimension, 0.0),
            }
        }
    }

    /// Forgets all detections.
    pub(crate) fn clear(&mut self) {
        self.boxes.clear();
        self.measurements.clear();
        self.scores.clear();
        self.embeddings.clear();
        self.has_embedding.clear();
    }

    /// Number of detections.
    pub(crate) fn len(&self) -> usize {
        self.boxes.len()
    }

    /// The embedding of detection `i`, if it has one.
    pub(crate) fn embedding(&self, i: usize) -> Option<&[f32]> {
        self.has_embedding[i].then(|| &self.embeddings[i * self.dimension..][..self.dimension])
    }
}

/// The dimension of the first embedding in a frame set that has any.
pub(crate) fn embedding_dimension(detections: &FrameSet<ViewDetections>) -> Option<usize> {
    let detections = detections.present().flat_map(|(_, view)| &view.content.detections);
    detections.filter_map(|d| d.embedding.as_ref()).map(|e| e.len()).find(|&dimension| dimension > 0)
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::Embedding;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_left_out() {
        let detection = |w, score, embedding: Option<Vec<f32>>| Detection {
            bbox: BBox::new(0.0, 0.0, w, 2.0),
            score,
            embedding: embedding.map(Embedding::normalized),
        };
        let mut observations = Observations::default();
        let detections = [
            detection(1.0, 0.9, Some(vec![0.0, 2.0])),
            detection(1.0, 0.4, None),
            detection(0.0, 0.9, None),
            detection(f64::NAN, 0.9, None),
            detection(2.0, f32::NAN, None),
            detection(3.0, 0.5, None),
            detection(4.0, 0.5, Some(vec![0.0, 0.0])),
            detection(5.0, 0.5, Some(vec![1.0])),
            detection(6.0, 0.5, Some(vec![1.0, 0.0])),
        ];
        observations.take(&detections, 0.5, 2);
        assert_eq!(observations.boxes.iter().map(|b| b.w).collect::<Vec<_>>(), [1.0, 3.0, 4.0, 5.0, 6.0]);
        let known: Vec<_> = (0..5).map(|i| observations.embedding(i)).collect();
        assert_eq!(known, [Some(&[0.0, 1.0][..]), None, None, None, Some(&[1.0, 0.0][..])]);
    }
}
