//! A map of embeddings: their two principal components.
//!
//! PCA rotates the cloud of embeddings so that its first axis has as much of their variance as one axis can, the second as
//! much of the rest. Distances on the map are never greater than those between embeddings: who is apart on the map is apart,
//! who is together may not be.

use nalgebra::{DMatrix, DVector};

use super::Crops;

/// The locations of crops on a map.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalComponents {
    /// Of each crop in the order of [`Crops::as_slice`], from the mean of all.
    pub points: Vec<[f64; 2]>,
    /// Fraction of the variance that each axis shows, 0 to 1; 0 where nothing varies.
    pub explained: [f64; 2],
}

impl PrincipalComponents {
    /// Makes the map of all crops. An axis points to where its largest component is positive.
    pub fn new(crops: &Crops) -> Self {
        let embeddings = crops.embeddings();
        let count = embeddings.ncols().max(1) as f64;
        let mean = embeddings.column_sum() / count as f32;
        let mut centered = embeddings.clone();
        centered.column_iter_mut().for_each(|mut column| column -= &mean);
        let covariance = (&centered * centered.transpose()).cast::<f64>() / count;
        let variance = covariance.trace();
        let (axes, values) = leading(covariance);
        let explained = values.map(|value| if variance > 0.0 { value / variance } else { 0.0 });
        let points = axes.transpose() * centered.cast::<f64>();
        Self { points: points.column_iter().map(|point| [point[0], point[1]]).collect(), explained }
    }
}

/// The two leading eigenvectors, D x 2, and their eigenvalues; zeros for axes there are not.
fn leading(covariance: DMatrix<f64>) -> (DMatrix<f64>, [f64; 2]) {
    let dimensions = covariance.nrows();
    let (mut axes, mut values) = (DMatrix::zeros(dimensions, 2), [0.0; 2]);
    if dimensions == 0 {
        return (axes, values);
    }
    let eigen = covariance.symmetric_eigen();
    let mut order: Vec<usize> = (0..dimensions).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    for (axis, index) in order.into_iter().take(2).enumerate() {
        values[axis] = eigen.eigenvalues[index].max(0.0);
        axes.set_column(axis, &with_positive_maximum(eigen.eigenvectors.column(index).into_owned()));
    }
    (axes, values)
}

/// An eigenvector and its opposite are equally good: the one whose largest component is positive.
fn with_positive_maximum(axis: DVector<f64>) -> DVector<f64> {
    let largest = axis[axis.iamax()];
    if largest < 0.0 { -axis } else { axis }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::crops::tests::crop;

    #[test]
    fn the_axes_of_a_small_covariance_by_hand() {
        // Eigenvalues 3 and 1 with the diagonals as axes, and 0.5.
        let covariance = DMatrix::from_row_slice(3, 3, &[2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.5]);
        let (axes, values) = leading(covariance);
        assert!((values[0] - 3.0).abs() < 1e-9 && (values[1] - 1.0).abs() < 1e-9, "{values:?}");
        let diagonal = 0.5f64.sqrt();
        let expected = DMatrix::from_row_slice(3, 2, &[diagonal, diagonal, diagonal, -diagonal, 0.0, 0.0]);
        assert!((axes.map(f64::abs) - expected.map(f64::abs)).amax() < 1e-6, "{axes}");
        assert!(axes[(0, 0)] > 0.0 && axes[(0, 1)] * axes[(1, 1)] < 0.0);
    }

    #[test]
    fn an_axis_points_to_where_its_largest_component_is_positive() {
        // Eigenvalue 25 along (3, -4) / 5 and 4 along (4, 3) / 5, by hand: 25 v v' + 4 w w'.
        let covariance = DMatrix::from_row_slice(2, 2, &[11.56, -10.08, -10.08, 17.44]);
        let (axes, values) = leading(covariance);
        assert!((values[0] - 25.0).abs() < 1e-9 && (values[1] - 4.0).abs() < 1e-9, "{values:?}");
        let expected = DMatrix::from_row_slice(2, 2, &[-0.6, 0.8, 0.8, 0.6]);
        assert!((axes - expected).amax() < 1e-9);
        for axis in [[0.6, -0.8], [-0.6, 0.8]] {
            assert_eq!(with_positive_maximum(DVector::from_row_slice(&axis)).as_slice(), [-0.6, 0.8]);
        }
    }

    #[test]
    fn axes_are_orthonormal_eigenvectors_of_the_largest_eigenvalues() {
        // A covariance of 40 dimensions whose eigenvalues fall slowly.
        let mixed =
            DMatrix::from_fn(40, 60, |r, c| ((r * 31 + c * 17) as f64).sin() * 0.97f64.powi(r as i32));
        let covariance = &mixed * mixed.transpose();
        let (axes, values) = leading(covariance.clone());
        let all = covariance.symmetric_eigenvalues();
        assert!(values[0] >= values[1]);
        assert_eq!(all.iter().filter(|value| **value > values[1] * (1.0 + 1e-9)).count(), 1);
        assert!((axes.transpose() * &axes - DMatrix::identity(2, 2)).amax() < 1e-9);
        for (axis, value) in axes.column_iter().zip(values) {
            assert!((&covariance * axis - axis * value).norm() < 1e-9 * values[0]);
        }
    }

    #[test]
    fn a_map_of_crops() {
        let crops = Crops::new(vec![
            crop(0, 1, 1, &[1.0, 0.0, 0.0]),
            crop(1, 1, 1, &[1.0, 0.0, 0.0]),
            crop(0, 1, 2, &[0.0, 1.0, 0.0]),
            crop(1, 1, 2, &[0.0, 1.0, 0.0]),
        ]);
        let map = PrincipalComponents::new(&crops.unwrap());
        // Two locations sqrt(2) apart, all variance on one axis.
        assert!((map.explained[0] - 1.0).abs() < 1e-6 && map.explained[1] < 1e-6, "{map:?}");
        let [a, b, c, d] = map.points[..] else { panic!("four points") };
        assert!((a[0] - c[0]).abs() < 1e-6 && (b[0] - d[0]).abs() < 1e-6, "sorted by camera: {map:?}");
        assert!(((a[0] - b[0]).abs() - 2f64.sqrt()).abs() < 1e-6, "{map:?}");
    }

    #[test]
    fn nothing_to_show_is_a_point() {
        for embedding in [&[0.0, 0.0][..], &[1.0], &[]] {
            let crops = Crops::new(vec![crop(0, 1, 1, embedding), crop(1, 1, 1, embedding)]).unwrap();
            let map = PrincipalComponents::new(&crops);
            assert_eq!((map.points.as_slice(), map.explained), (&[[0.0; 2]; 2][..], [0.0; 2]));
        }
    }
}
