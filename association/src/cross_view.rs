//! Matching across views: which detection of another view at the same instant is the same person.

use crate::gallery::dot;
use crate::observations::Observations;
use crate::{CostMatrix, LinearAssignment, MvmhatConfig};

/// The adaptive temperature `tau(n) = ln(delta / (1 - delta) * n) / epsilon` (Gan et al., equation 3): the more
/// candidates, the sharper the softmax.
pub fn adaptive_temperature(candidates: usize, delta: f32, epsilon: f32) -> f32 {
    (delta / (1.0 - delta) * candidates as f32).ln() / epsilon
}

/// Matches the detections of one view with those of another. It keeps nothing but its workspace.
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
        partner_of: &mut Vec<Option<usize>>,
    ) {
        partner_of.clear();
        partner_of.resize(view.len(), None);
        self.candidates.clear();
        self.candidates.extend((0..other.len()).filter(|&i| other.embedding(i).is_some()));
        let columns = self.candidates.len();
        if columns == 0 {
            return;
        }
        let temperature = adaptive_temperature(columns, config.temperature_delta, config.temperature_epsilon);
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
            if probability >= config.min_match_probability { -probability } else { 0.0 }
        });
        // Probabilities are numbers, so there is always an assignment.
        let columns = solver.solve(costs).unwrap_or_default();
        for (row, column) in columns.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
            if costs.get(row, column) < 0.0 {
                partner_of[row] = Some(candidates[column]);
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
