//! How one person looks in one view: the mean of what was seen.

use crate::gallery::dot;

/// A running mean of unit embeddings.
///
/// The mean is *not* scaled to unit length: the inner product of two such means is the mean cosine over all pairs of
/// their embeddings, so its expectation does not depend on how many there are, only its scatter does. That is what
/// makes young and old tracklets comparable on one scale. The squared length is likewise the mean cosine of the
/// person with itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Looks {
    mean: Vec<f32>,
    weight: f32,
}

impl Looks {
    /// Observations after which the oldest begin to fade.
    const HORIZON: f32 = 200.0;

    /// Learns `embedding` as `weight` observations, 0 to 1. The first embedding sets the dimension.
    pub(crate) fn learn(&mut self, embedding: &[f32], weight: f32) {
        if self.mean.is_empty() {
            self.mean = vec![0.0; embedding.len()];
        }
        self.blend(embedding, weight);
    }

    /// Learns all that `other` knows.
    pub(crate) fn absorb(&mut self, other: &Self) {
        if self.mean.is_empty() {
            *self = other.clone();
        } else if !other.mean.is_empty() {
            self.blend(&other.mean, other.weight);
        }
    }

    fn blend(&mut self, values: &[f32], weight: f32) {
        if weight > 0.0 {
            let share = weight / (self.weight + weight);
            self.mean.iter_mut().zip(values).for_each(|(mean, value)| *mean += share * (value - *mean));
            self.weight = (self.weight + weight).min(Self::HORIZON);
        }
    }

    /// Mean cosine with an embedding, or `None` where nothing is known.
    pub(crate) fn likeness_to(&self, embedding: &[f32]) -> Option<f32> {
        self.is_known().then(|| dot(&self.mean, embedding))
    }

    /// Mean cosine of the person with itself, 1 after one observation.
    pub(crate) fn constancy(&self) -> f32 {
        dot(&self.mean, &self.mean)
    }

    /// The mean of the embeddings; empty where nothing is known.
    pub(crate) fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// How many observations were learned, those that faded not counted.
    pub(crate) fn weight(&self) -> f32 {
        self.weight
    }

    /// Whether anything was learned.
    pub(crate) fn is_known(&self) -> bool {
        self.weight > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(embeddings: &[([f32; 2], f32)]) -> Looks {
        let mut looks = Looks::default();
        embeddings.iter().for_each(|(embedding, weight)| looks.learn(embedding, *weight));
        looks
    }

    #[test]
    fn likeness_is_the_mean_cosine_of_all_pairs() {
        let (red, blue, between) = ([1.0, 0.0], [0.0, 1.0], [0.6, 0.8]);
        let a = looks(&[(red, 1.0), (between, 1.0)]);
        let b = looks(&[(blue, 1.0), (between, 1.0), (red, 1.0)]);
        // Cosines of red: 0, 0.6, 1; of between: 0.8, 1, 0.6.
        assert!((a.likeness_to(b.mean()).unwrap() - 4.0 / 6.0).abs() < 1e-6);
        assert!((a.likeness_to(&blue).unwrap() - 0.4).abs() < 1e-6);
        // With itself: 1, 0.6, 0.6, 1.
        assert!((a.constancy() - 0.8).abs() < 1e-6);
    }

    #[test]
    fn what_is_hidden_counts_less() {
        let looks = looks(&[([1.0, 0.0], 1e-3), ([0.0, 1.0], 1.0)]);
        assert!(looks.likeness_to(&[0.0, 1.0]).unwrap() > 0.99);
    }

    #[test]
    fn nothing_known_says_nothing() {
        let (known, unknown) = (looks(&[([1.0, 0.0], 1.0)]), Looks::default());
        assert_eq!(unknown.likeness_to(known.mean()), None);
        let mut heir = unknown;
        heir.absorb(&known);
        assert_eq!(heir, known);
    }

    #[test]
    fn the_oldest_fades() {
        let mut looks = looks(&[([1.0, 0.0], 1.0)]);
        (0..2000).for_each(|_| looks.learn(&[0.0, 1.0], 1.0));
        assert!(looks.likeness_to(&[1.0, 0.0]).unwrap() < 1e-3);
        assert_eq!(looks.weight(), Looks::HORIZON);
    }
}
