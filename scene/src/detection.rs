//! What is seen in one image, and what is known of it afterwards.

use serde::{Deserialize, Serialize};

use crate::{BBox, PersonId};

/// The appearance of a person: a unit vector, compared with others by its inner product (the cosine).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Embedding(Box<[f32]>);

impl Embedding {
    /// Scales `values` to unit length. A vector without a direction (all zero, or not finite) becomes all zero: its
    /// cosine with everything is 0.
    pub fn normalized(mut values: Vec<f32>) -> Self {
        let norm = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        let scale = if norm.is_finite() && norm > 1e-12 { 1.0 / norm } else { 0.0 };
        for v in &mut values {
            *v = if scale > 0.0 { (f64::from(*v) * scale) as f32 } else { 0.0 };
        }
        Self(values.into_boxed_slice())
    }

    /// The numbers, unit length together.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no number at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A person found in one image. It carries everything the association may know of it: no image goes further.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Where, in pixels of the image.
    pub bbox: BBox,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// The appearance of the person; `None` before the embedder has run.
    pub embedding: Option<Embedding>,
}

/// A box that has been given an identity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedBox {
    /// Who it is, over time and in all views.
    pub person: PersonId,
    /// Where, in pixels of the image.
    pub bbox: BBox,
    /// Score of the detection behind it, 0 to 1.
    pub score: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedding_has_unit_length_or_none() {
        assert_eq!(Embedding::normalized(vec![3.0, 4.0]).as_slice(), [0.6, 0.8]);
        assert_eq!(Embedding::normalized(vec![0.0; 3]).as_slice(), [0.0; 3]);
        assert_eq!(Embedding::normalized(vec![f32::NAN, 1.0]).as_slice(), [0.0; 2]);
    }
}
