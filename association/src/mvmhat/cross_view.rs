//! Data association across views: which detection of another view at the same timestep is the same person.

use mvmhat_assignment::{CostMatrix, LinearAssignment};

use crate::observations::Observations;
use crate::similarity::dot;
use crate::{MvmhatConfig, adaptive_temperature};

/// Matches the detections of one view with those of another. Nothing but its workspace is kept between calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrossViewMatcher {
    /// Detections of the other view that have an embedding.
    candidates: Vec<usize>,
    probabilities: Vec<f32>,
    costs: CostMatrix,
    solver: LinearAssignment,
}

impl CrossViewMatcher {
    /// For each detection of `view` the detection of `other` that is the same person, where there is one: row-wise
    /// softmax of the cosines, at least `min_match_probability`, one to one by linear assignment.
    ///
    /// The direction matters: probabilities of a detection of `view` sum to 1 over those of `other`.
    pub(crate) fn match_views(
        &mut self,
        view: &Observations,
        other: &Observations,
        config: &MvmhatConfig,
        match_of: &mut Vec<Option<usize>>,
    ) {
        match_of.clear();
        match_of.resize(view.len(), None);
        self.candidates.clear();
        self.candidates.extend((0..other.len()).filter(|&i| other.embedding(i).is_some()));
        let columns = self.candidates.len();
        if columns == 0 {
            return;
        }
        let temperature =
            adaptive_temperature(columns, config.temperature_delta, config.temperature_epsilon) as f32;
        let likely = config.min_match_probability as f32;
        self.probabilities.clear();
        for row in 0..view.len() {
            let start = self.probabilities.len();
            let Some(embedding) = view.embedding(row) else {
                self.probabilities.resize(start + columns, 0.0);
                continue;
            };
            let others = self.candidates.iter().filter_map(|&i| other.embedding(i));
            self.probabilities.extend(others.map(|other| temperature * dot(embedding, other)));
            softmax(&mut self.probabilities[start..]);
        }
        let Self { candidates, probabilities, costs, solver } = self;
        costs.fill(view.len(), columns, |row, column| {
            let probability = probabilities[row * columns + column];
            if probability >= likely { -probability } else { 0.0 }
        });
        // Probabilities are finite, so there is always an assignment.
        let columns = solver.solve(costs).unwrap_or_default();
        for (row, column) in columns.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
            if costs.get(row, column) < 0.0 {
                match_of[row] = Some(candidates[column]);
            }
        }
    }
}

/// Softmax in place.
fn softmax(logits: &mut [f32]) {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for logit in logits.iter_mut() {
        *logit = (*logit - highest).exp();
    }
    let sum: f32 = logits.iter().sum();
    for value in logits {
        *value /= sum;
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_scene::{BBox, Detection, Embedding};

    use super::*;

    fn observations(embeddings: &[&[f32]]) -> Observations {
        let detection = |e: &&[f32]| Detection {
            bbox: BBox::new(0.0, 0.0, 1.0, 1.0),
            score: 1.0,
            embedding: (!e.is_empty()).then(|| Embedding::normalized(e.to_vec())),
        };
        let mut observations = Observations::default();
        observations.take(&embeddings.iter().map(detection).collect::<Vec<_>>(), 0.5, 2);
        observations
    }

    fn matches(view: &[&[f32]], other: &[&[f32]]) -> Vec<Option<usize>> {
        let mut match_of = Vec::new();
        let config = MvmhatConfig::default();
        let (view, other) = (observations(view), observations(other));
        CrossViewMatcher::default().match_views(&view, &other, &config, &mut match_of);
        match_of
    }

    #[test]
    fn a_softmax_by_hand() {
        let mut values = [0.0, 3.0f32.ln(), 0.0];
        softmax(&mut values);
        for (value, expected) in values.into_iter().zip([0.2, 0.6, 0.2]) {
            assert!((value - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn people_are_matched_by_appearance() {
        assert_eq!(matches(&[&[1.0, 0.0], &[0.0, 1.0]], &[&[0.1, 1.0], &[1.0, 0.1]]), [Some(1), Some(0)]);
    }

    #[test]
    fn a_detection_of_another_view_is_matched_once() {
        // Both are most similar to the second one; the more similar of them gets it.
        let other: [&[f32]; 2] = [&[0.0, 1.0], &[1.0, 0.0]];
        assert_eq!(matches(&[&[1.0, 0.3], &[1.0, 0.1]], &other), [None, Some(1)]);
    }

    #[test]
    fn an_unlikely_match_is_none() {
        // Three candidates at one angle have a third each; two of one direction and one opposite 0.49 at best.
        assert_eq!(matches(&[&[1.0, 0.0]], &[&[1.0, 0.0], &[1.0, 0.0], &[1.0, 0.0]]), [None]);
        assert_eq!(matches(&[&[1.0, 0.0]], &[&[1.0, 0.0], &[1.0, 0.0], &[-1.0, 0.0]]), [None]);
    }

    #[test]
    fn without_embedding_nobody_is_matched() {
        assert_eq!(matches(&[&[], &[1.0, 0.0]], &[&[], &[1.0, 0.0]]), [None, Some(1)]);
        assert_eq!(matches(&[&[]], &[&[1.0, 0.0]]), [None], "not even with the only candidate");
        assert_eq!(matches(&[&[1.0, 0.0]], &[]), [None]);
    }
}
