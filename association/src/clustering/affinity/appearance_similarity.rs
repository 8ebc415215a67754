//! How similar the appearances of tracklets are, each with each.

use nalgebra::DMatrix;

use super::csls::apply_csls;
use super::pair_matrix::PairMatrix;
use crate::clustering::detections_to_tracklets::TrackletDescriptor;

/// The mean cosine of each two tracklets, with CSLS where `csls` is set; unknown where either has no appearance.
///
/// All of them at once, as one product of matrices: that is where the time of a decision goes.
pub(crate) fn appearance_similarities(descriptors: &[&mut TrackletDescriptor], csls: bool) -> PairMatrix {
    let n = descriptors.len();
    let dimension = descriptors.iter().map(|d| d.appearance.mean().len()).max().unwrap_or(0);
    let value =
        |row: usize, column: usize| descriptors[column].appearance.mean().get(row).copied().unwrap_or(0.0);
    let means = DMatrix::from_fn(dimension, n, value);
    let cosines = means.tr_mul(&means);
    let known = |i: usize| descriptors[i].appearance.is_known();
    let cosine = |i, j| (known(i) && known(j)).then(|| f64::from(cosines[(i, j)]));
    let mut similarities = PairMatrix::from_fn(n, cosine);
    if csls {
        let view_of: Vec<usize> = descriptors.iter().map(|d| d.view).collect();
        apply_csls(&mut similarities, &view_of);
    }
    similarities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(view: usize, embedding: &[f32]) -> TrackletDescriptor {
        let mut descriptor = TrackletDescriptor::new(view, 0);
        if !embedding.is_empty() {
            descriptor.appearance.add(embedding, 1.0);
        }
        descriptor
    }

    #[test]
    fn it_is_the_mean_cosine() {
        let mut descriptors = [descriptor(0, &[1.0, 0.0]), descriptor(1, &[0.6, 0.8]), descriptor(1, &[])];
        let similarities = appearance_similarities(&descriptors.each_mut(), true);
        let cosine = similarities.get(0, 1).unwrap();
        assert!((cosine - 0.6).abs() < 1e-6, "CSLS changes nothing where there is one pair only");
        assert_eq!(similarities.get(0, 2), None, "the third has no appearance");
    }
}
