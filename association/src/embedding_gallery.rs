//! The newest embeddings of one person.

use crate::similarity::dot;

/// The newest embeddings of one person, at most a given number, in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmbeddingGallery {
    capacity: usize,
    /// Up to `capacity` embeddings one after the other; once full, `next` is the oldest.
    values: Vec<f32>,
    dimension: usize,
    next: usize,
}

impl EmbeddingGallery {
    /// An empty gallery for the newest `capacity` embeddings, at least 1.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), ..Self::default() }
    }

    /// Adds an embedding of unit length, in place of the oldest where the gallery is full. The first one sets the
    /// dimension; others of another dimension, and empty ones, are left out.
    pub fn add(&mut self, embedding: &[f32]) {
        if self.values.is_empty() {
            self.dimension = embedding.len();
        }
        if embedding.is_empty() || embedding.len() != self.dimension {
            return;
        }
        if self.len() < self.capacity {
            self.values.extend_from_slice(embedding);
        } else {
            self.values[self.next * self.dimension..][..self.dimension].copy_from_slice(embedding);
            self.next = (self.next + 1) % self.capacity;
        }
    }

    /// Cosine distance (1 - cosine, 0 to 2) of a unit vector to its nearest neighbor in the gallery (DeepSORT, equation 2).
    /// `None` where there is nothing to compare with: an empty gallery, or another dimension.
    pub fn distance(&self, embedding: &[f32]) -> Option<f32> {
        if self.values.is_empty() || embedding.len() != self.dimension {
            return None;
        }
        let cosines = self.values.chunks_exact(self.dimension).map(|kept| dot(kept, embedding));
        Some(1.0 - cosines.fold(f32::NEG_INFINITY, f32::max))
    }

    /// Number of embeddings.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.dimension).unwrap_or(0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_the_newest_counts() {
        let mut gallery = EmbeddingGallery::new(2);
        assert_eq!(gallery.distance(&[1.0, 0.0]), None);
        gallery.add(&[1.0, 0.0]);
        gallery.add(&[0.6, 0.8]);
        assert_eq!(gallery.distance(&[1.0, 0.0]), Some(0.0));
        gallery.add(&[0.0, 1.0]);
        assert_eq!(gallery.len(), 2);
        assert!((gallery.distance(&[1.0, 0.0]).unwrap() - 0.4).abs() < 1e-6, "the oldest is forgotten");
        gallery.add(&[-1.0, 0.0]);
        gallery.add(&[-1.0, 0.0]);
        assert_eq!(gallery.distance(&[1.0, 0.0]), Some(2.0));
    }

    #[test]
    fn an_embedding_of_another_dimension_is_not_compared() {
        let mut gallery = EmbeddingGallery::new(4);
        gallery.add(&[]);
        assert!(gallery.is_empty());
        gallery.add(&[1.0, 0.0]);
        gallery.add(&[1.0, 0.0, 0.0]);
        assert_eq!(gallery.len(), 1);
        assert_eq!(gallery.distance(&[1.0, 0.0, 0.0]), None);
    }
}
