//! How alike the sightings are, each with each.

use nalgebra::DMatrix;

use super::local_scaling::scale_locally;
use super::pairs::Pairs;
use super::tracklet::Sighting;

/// The mean cosine of each two sightings, where `local_scaling` is asked for relative to how alike either is to everybody; not
/// known where the looks of one are not.
///
/// All of them at once, as one product of matrices: that is where the time of a decision goes.
pub(crate) fn likeness(sightings: &[&mut Sighting], local_scaling: bool) -> Pairs {
    let n = sightings.len();
    let dimension = sightings.iter().map(|s| s.looks.mean().len()).max().unwrap_or(0);
    let value = |row: usize, column: usize| sightings[column].looks.mean().get(row).copied().unwrap_or(0.0);
    let means = DMatrix::from_fn(dimension, n, value);
    let cosines = means.tr_mul(&means);
    let known = |i: usize| sightings[i].looks.is_known();
    let mut likeness = Pairs::from_fn(n, |i, j| (known(i) && known(j)).then(|| f64::from(cosines[(i, j)])));
    if local_scaling {
        let view_of: Vec<usize> = sightings.iter().map(|s| s.view).collect();
        scale_locally(&mut likeness, &view_of);
    }
    likeness
}

#[cfg(test)]
mod tests {
    use super::super::looks::Looks;
    use super::*;

    fn sighting(view: usize, looks: &[f32]) -> Sighting {
        let mut sighting = Sighting::new(view, 0);
        if !looks.is_empty() {
            sighting.looks = Looks::default();
            sighting.looks.learn(looks, 1.0);
        }
        sighting
    }

    #[test]
    fn it_is_the_mean_cosine() {
        let mut sightings = [sighting(0, &[1.0, 0.0]), sighting(1, &[0.6, 0.8]), sighting(1, &[])];
        let likeness = likeness(&sightings.each_mut(), true);
        assert!((likeness.get(0, 1).unwrap() - 0.6).abs() < 1e-6, "one pair stands out from nobody");
        assert_eq!(likeness.get(0, 2), None, "nothing is known of the third");
    }
}
