//! Cross-view assignment probabilities at one timestep, by a model that looks at everybody at once.

use serde::{Deserialize, Serialize};

use crate::adaptive_temperature;
use crate::similarity::dot;

/// Predicts, for all people whom the views see at one timestep, how probably each two of different views are one person.
///
/// The seam for assignment networks (Feng et al., *Unveiling the Power of Self-supervision for Multi-view Multi-human
/// Association and Tracking*, 2024): they are given embeddings and nothing else, so that they can live where networks do.
pub trait AssignmentModel: Send {
    /// `views` has one entry per view: the embeddings of its people, unit vectors of one length. People are numbered
    /// through all views; the result has `n` x `n` probabilities, row after row. Entries of two people of one view are
    /// not used.
    fn probabilities(&mut self, views: &[Vec<&[f32]>]) -> Vec<f32>;
}

/// Where the assignment matrices come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentSource {
    /// There are none: appearance gathered over time decides.
    #[default]
    None,
    /// The soft assignment of MvMHAT, see [`SoftAssignment`].
    Softmax,
    /// A network: the one in the [`Evidence`](crate::Evidence).
    Network,
}

/// The soft assignment of MvMHAT: between each two views the softmax of the cosines with the adaptive temperature, once
/// over the rows and once over the columns, and the mean of the two (Gan et al., *Self-supervised Multi-view Multi-Human Association
/// and Tracking*, ACM MM 2021, equations 2 and 3).
#[derive(Clone, Copy, Debug)]
pub struct SoftAssignment {
    /// `delta` of the adaptive temperature.
    pub delta: f64,
    /// `epsilon` of the adaptive temperature.
    pub epsilon: f64,
}

impl Default for SoftAssignment {
    /// The constants of the published training.
    fn default() -> Self {
        Self { delta: 0.5, epsilon: 0.1 }
    }
}

impl AssignmentModel for SoftAssignment {
    fn probabilities(&mut self, views: &[Vec<&[f32]>]) -> Vec<f32> {
        let n: usize = views.iter().map(Vec::len).sum();
        let mut probabilities = vec![0.0; n * n];
        let mut rows = 0;
        for (a, view) in views.iter().enumerate() {
            let mut columns = 0;
            for (b, other) in views.iter().enumerate() {
                if a != b {
                    let temperature = adaptive_temperature(other.len(), self.delta, self.epsilon) as f32;
                    for (row, embedding) in view.iter().enumerate() {
                        let cosines: Vec<f32> =
                            other.iter().map(|o| temperature * dot(embedding, o)).collect();
                        let highest = cosines.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                        let sum: f32 = cosines.iter().map(|c| (c - highest).exp()).sum();
                        for (column, cosine) in cosines.iter().enumerate() {
                            let half = 0.5 * (cosine - highest).exp() / sum;
                            let (i, j) = (rows + row, columns + column);
                            probabilities[i * n + j] += half;
                            probabilities[j * n + i] += half;
                        }
                    }
                }
                columns += other.len();
            }
            rows += view.len();
        }
        probabilities
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_both_directions_by_hand() {
        let (red, blue): ([f32; 2], [f32; 2]) = ([1.0, 0.0], [0.0, 1.0]);
        let mut model = SoftAssignment { delta: 0.5, epsilon: 1.0 };
        let n = 3;
        let p = model.probabilities(&[vec![&red], vec![&red, &blue], vec![]]);
        // From the first view: temperature ln 2, so 2 : 1. Back: one candidate, so 1.
        assert!((p[1] - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-6, "{p:?}");
        assert!((p[2] - (1.0 / 3.0 + 1.0) / 2.0).abs() < 1e-6, "{p:?}");
        assert_eq!((p[n], p[2 * n]), (p[1], p[2]), "symmetric");
        assert_eq!(p[n + 2], 0.0, "nothing within a view");
    }
}
