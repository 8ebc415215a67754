//! What a person has looked like.

/// Inner product of two vectors of one length.
///
/// Sixteen partial sums, so that the compiler can keep them in vector registers whatever the instruction set.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

/// The newest embeddings of one person, at most a given number, in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gallery {
    capacity: usize,
    /// Up to `capacity` embeddings one after the other; once full, `next` is the oldest.
    values: Vec<f32>,
    dimension: usize,
    next: usize,
}

impl Gallery {
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

    /// Cosine distance (1 - cosine, 0 to 2) of a unit vector to the embedding most like it (DeepSORT, equation 2).
    /// `None` where nothing can be said: an empty gallery, or another dimension.
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_nearest_of_the_newest_counts() {
        let mut gallery = Gallery::new(2);
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
    fn another_dimension_says_nothing() {
        let mut gallery = Gallery::new(4);
        gallery.add(&[]);
        assert!(gallery.is_empty());
        gallery.add(&[1.0, 0.0]);
        gallery.add(&[1.0, 0.0, 0.0]);
        assert_eq!(gallery.len(), 1);
        assert_eq!(gallery.distance(&[1.0, 0.0, 0.0]), None);
    }

    proptest! {
        #[test]
        fn an_inner_product_is_the_sum_of_products(pairs in prop::collection::vec((-4i8..4, -4i8..4), 0..100)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().map(|&(a, b)| (f32::from(a), f32::from(b))).unzip();
            let expected: i32 = pairs.iter().map(|&(a, b)| i32::from(a) * i32::from(b)).sum();
            prop_assert_eq!(dot(&a, &b), expected as f32);
        }
    }
}
