//! The appearance of one person in one view: the running mean of their embeddings.

use crate::similarity::dot;

/// A running mean of unit embeddings.
///
/// The mean is *not* scaled to unit length: the inner product of two such means is the mean cosine over all pairs of
/// their embeddings, so its expectation does not depend on how many there are, only its variance does. That is what
/// makes new and old tracklets comparable on one scale. The squared length is likewise the mean cosine of the
/// embeddings with each other, the self-similarity.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Appearance {
    mean: Vec<f32>,
    weight: f32,
}

impl Appearance {
    /// Observations after which the oldest begin to fade.
    const HORIZON: f32 = 200.0;

    /// Adds `embedding` as `weight` observations, 0 to 1. The first embedding sets the dimension.
    pub(crate) fn add(&mut self, embedding: &[f32], weight: f32) {
        if self.mean.is_empty() {
            self.mean = vec![0.0; embedding.len()];
        }
        self.blend(embedding, weight);
    }

    /// Adds all observations of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.mean.is_empty() {
            *self = other.clone();
        } else if !other.mean.is_empty() {
            self.blend(&other.mean, other.weight);
        }
    }

    fn blend(&mut self, values: &[f32], weight: f32) {
        if weight > 0.0 {
            let fraction = weight / (self.weight + weight);
            self.mean.iter_mut().zip(values).for_each(|(mean, value)| *mean += fraction * (value - *mean));
            self.weight = (self.weight + weight).min(Self::HORIZON);
        }
    }

    /// Mean cosine with an embedding, or `None` where nothing is known.
    pub(super) fn similarity_to(&self, embedding: &[f32]) -> Option<f32> {
        self.is_known().then(|| dot(&self.mean, embedding))
    }

    /// Mean cosine of the embeddings with each other, 1 after one observation.
    pub(crate) fn self_similarity(&self) -> f32 {
        dot(&self.mean, &self.mean)
    }

    /// The mean of the embeddings; empty where nothing is known.
    pub(crate) fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// How many observations were added, those that faded not counted.
    pub(crate) fn weight(&self) -> f32 {
        self.weight
    }

    /// Whether there were any observations.
    pub(crate) fn is_known(&self) -> bool {
        self.weight > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appearance(embeddings: &[([f32; 2], f32)]) -> Appearance {
        let mut appearance = Appearance::default();
        embeddings.iter().for_each(|(embedding, weight)| appearance.add(embedding, *weight));
        appearance
    }

    #[test]
    fn similarity_is_the_mean_cosine_of_all_pairs() {
        let (red, blue, between) = ([1.0, 0.0], [0.0, 1.0], [0.6, 0.8]);
        let a = appearance(&[(red, 1.0), (between, 1.0)]);
        let b = appearance(&[(blue, 1.0), (between, 1.0), (red, 1.0)]);
        // Cosines of red: 0, 0.6, 1; of between: 0.8, 1, 0.6.
        assert!((a.similarity_to(b.mean()).unwrap() - 4.0 / 6.0).abs() < 1e-6);
        assert!((a.similarity_to(&blue).unwrap() - 0.4).abs() < 1e-6);
        // With itself: 1, 0.6, 0.6, 1.
        assert!((a.self_similarity() - 0.8).abs() < 1e-6);
    }

    #[test]
    fn an_occluded_person_counts_less() {
        let appearance = appearance(&[([1.0, 0.0], 1e-3), ([0.0, 1.0], 1.0)]);
        assert!(appearance.similarity_to(&[0.0, 1.0]).unwrap() > 0.99);
    }

    #[test]
    fn an_unknown_appearance_is_not_compared() {
        let (known, unknown) = (appearance(&[([1.0, 0.0], 1.0)]), Appearance::default());
        assert_eq!(unknown.similarity_to(known.mean()), None);
        let mut merged = unknown;
        merged.merge(&known);
        assert_eq!(merged, known);
    }

    #[test]
    fn the_oldest_fades() {
        let mut appearance = appearance(&[([1.0, 0.0], 1.0)]);
        (0..2000).for_each(|_| appearance.add(&[0.0, 1.0], 1.0));
        assert!(appearance.similarity_to(&[1.0, 0.0]).unwrap() < 1e-3);
        assert_eq!(appearance.weight(), Appearance::HORIZON);
    }
}
